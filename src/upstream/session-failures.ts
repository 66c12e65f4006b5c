import { PosternError } from '../errors.ts'
import type { UpstreamErrorCode } from './errors.ts'

/** What differs from one protocol to another. */
export interface SessionWords {
  /** As people call it: `IMAP`. */
  readonly protocol: string
  /** The scheme of its URLs with TLS from the start: `imaps`. */
  readonly tlsScheme: string
  /** Who tries again, in a sentence. */
  readonly again: string
}

/** Makes the failures that keep a session from going on, the same with every protocol; `where` is host:port. */
export function sessionFailures({ protocol, tlsScheme, again }: SessionWords) {
  return {
    lost: (where: string, cause?: unknown): PosternError =>
      new PosternError<UpstreamErrorCode>('UPSTREAM_LOST', `${where} closed the connection.`, {
        remedy: 'retry',
        advice: again,
        cause,
      }),

    silent: (where: string, timeoutMs: number): PosternError =>
      new PosternError<UpstreamErrorCode>('UPSTREAM_SILENT', `${where} said nothing for ${timeoutMs / 1000} s.`, {
        remedy: 'retry',
        advice: `The network or a virus scanner may hold the connection back. ${again}`,
      }),

    /** Connected to, but not signed in to in time; a server that drips is one as well. */
    tooSlow: (where: string, timeoutMs?: number, cause?: unknown): PosternError =>
      new PosternError<UpstreamErrorCode>(
        'UPSTREAM_SILENT',
        `${where} was connected to, but no session came about ${timeoutMs === undefined ? 'in time' : `within ${timeoutMs / 1000} s`}.`,
        {
          remedy: 'retry',
          advice: `Check that the port speaks ${protocol} with the chosen encryption; a firewall or a virus scanner may swallow it.`,
          cause,
        },
      ),

    /** What came before TLS must not count as if it had come through it (CVE-2011-0411). */
    injection: (where: string): PosternError =>
      new PosternError<UpstreamErrorCode>(
        'UPSTREAM_STARTTLS_INJECTION',
        `${where} sent plain text that nobody had asked for before TLS began.`,
        {
          remedy: 'retry',
          advice: `Somebody may be tampering with the connection: use another network, or ${tlsScheme}.`,
        },
      ),

    noStartTls: (where: string): PosternError =>
      new PosternError<UpstreamErrorCode>(
        'UPSTREAM_NO_STARTTLS',
        `${where} does not offer STARTTLS, which the profile asks for.`,
        {
          remedy: 'user',
          advice: `Use ${tlsScheme}:// if the server has implicit TLS. Postern does not go on without encryption.`,
        },
      ),
  }
}

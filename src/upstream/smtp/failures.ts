import { PosternError } from '../../errors.ts'
import type { UpstreamErrorCode } from '../errors.ts'

const TRIES_AGAIN = 'Postern tries again by itself.'

/** The failures of a conversation with the submission server at `where` (host:port). */
export const failures = {
  lost: (where: string, cause?: Error): PosternError =>
    new PosternError<UpstreamErrorCode>('UPSTREAM_LOST', `${where} closed the connection.`, {
      remedy: 'retry',
      advice: TRIES_AGAIN,
      cause,
    }),

  silent: (where: string, timeoutMs: number): PosternError =>
    new PosternError<UpstreamErrorCode>('UPSTREAM_SILENT', `${where} said nothing for ${timeoutMs / 1000} s.`, {
      remedy: 'retry',
      advice: `The network may hold the connection back. ${TRIES_AGAIN}`,
    }),

  tooSlow: (where: string, cause: unknown): PosternError =>
    new PosternError<UpstreamErrorCode>('UPSTREAM_SILENT', `${where} did not open a session in time.`, {
      remedy: 'retry',
      advice: `The network or a virus scanner may hold the connection back. ${TRIES_AGAIN}`,
      cause,
    }),

  malformed: (where: string): PosternError =>
    new PosternError<UpstreamErrorCode>('UPSTREAM_PROTOCOL', `${where} does not speak SMTP.`, {
      remedy: 'user',
      advice: 'Check host, port and connection type of the profile.',
    }),

  injection: (where: string): PosternError =>
    new PosternError<UpstreamErrorCode>(
      'UPSTREAM_STARTTLS_INJECTION',
      `${where} sent plain text that nobody had asked for before TLS began.`,
      { remedy: 'retry', advice: 'Somebody may be tampering with the connection: use another network, or smtps.' },
    ),

  noStartTls: (where: string): PosternError =>
    new PosternError<UpstreamErrorCode>(
      'UPSTREAM_NO_STARTTLS',
      `${where} does not offer STARTTLS, which the profile asks for.`,
      {
        remedy: 'user',
        advice: 'Use smtps:// if the server has implicit TLS. Postern does not go on without encryption.',
      },
    ),
}

import { PosternError } from '../../../errors.ts'
import type { UpstreamErrorCode } from '../../errors.ts'
import { sessionFailures } from '../../session-failures.ts'

const MAX_WORDS_LENGTH = 300 // they are stored, logged and shown

const TRIES_AGAIN = 'Postern tries again by itself.'
const { lost, silent } = sessionFailures({ protocol: 'DAV', tlsScheme: 'https', again: TRIES_AGAIN })

/** What the server refused; the `cause` of UPSTREAM_REFUSED. */
export interface DavRefusal {
  /** Of HTTP. */
  readonly status: number
  /** The preconditions that it names (RFC 4918 section 16), as local names: `no-uid-conflict`. */
  readonly conditions: readonly string[]
  /** The same in the words of RFC 5530, where it has some. */
  readonly code?: { readonly name: 'NOPERM' | 'OVERQUOTA' }
}

/** The failures of a conversation with the server at `where` (host:port). */
export const failures = {
  lost,

  ended: (): PosternError =>
    new PosternError<UpstreamErrorCode>('UPSTREAM_LOST', 'The connections to the server were ended here.', {
      remedy: 'retry',
      advice: TRIES_AGAIN,
    }),

  silent,

  tooSlow: (where: string, timeoutMs: number): PosternError =>
    new PosternError<UpstreamErrorCode>(
      'UPSTREAM_SILENT',
      `${where} did not complete an answer within ${timeoutMs / 60_000} minutes.`,
      { remedy: 'retry', advice: `The network may hold the connection back. ${TRIES_AGAIN}` },
    ),

  malformed: (where: string, why: string, cause?: unknown): PosternError =>
    new PosternError<UpstreamErrorCode>('UPSTREAM_PROTOCOL', `${where} gave no proper answer: ${why}.`, {
      remedy: 'user',
      advice: 'Check the URL of the profile; if it is right, tell who runs the server.',
      cause,
    }),

  noService: (where: string, what: string, cause: unknown): PosternError =>
    new PosternError<UpstreamErrorCode>('UPSTREAM_PROTOCOL', `${where} has no ${what} for this account.`, {
      remedy: 'user',
      advice: 'Check the URL: many servers want a path in it, such as /remote.php/dav/ or /dav/.',
      cause,
    }),

  redirected: (from: URL, to: string, why: string): PosternError =>
    new PosternError<UpstreamErrorCode>(
      'UPSTREAM_REDIRECT_REFUSED',
      `${from.host} leads to ${brief(to)}, where Postern does not follow: ${why}. Nothing was sent there.`,
      {
        remedy: 'user',
        advice: 'If you know that place and trust it, set it as the URL in the profile; else tell who runs the server.',
      },
    ),

  unavailable: (where: string, status: number, words: string): PosternError =>
    new PosternError<UpstreamErrorCode>(
      'UPSTREAM_UNAVAILABLE',
      `${where} cannot serve us now: HTTP status ${status}${words === '' ? '' : `, ${words}`}.`,
      { remedy: 'retry', advice: 'Postern tries again by itself, after a while.' },
    ),

  refused: (where: string, what: string, says: string, cause: DavRefusal): PosternError =>
    new PosternError<UpstreamErrorCode>('UPSTREAM_REFUSED', `${where} refused ${what}: ${says}.`, {
      remedy: 'retry',
      advice: 'Postern tries again by itself; if it stays, ask who runs the server.',
      cause,
    }),

  noMechanism: (where: string, offered: readonly string[]): PosternError =>
    new PosternError<UpstreamErrorCode>(
      'UPSTREAM_NO_MECHANISM',
      `${where} offers no way to sign in that Postern knows for this account${
        offered.length === 0 ? '' : ` (it has ${brief(offered.join(', '))})`
      }.`,
      {
        remedy: 'user',
        advice: 'A password needs Basic or Digest, OAuth2 needs Bearer: see `auth` of `postern profile show NAME`.',
      },
    ),

  tokenNeedsTls: (where: string): PosternError =>
    new PosternError<UpstreamErrorCode>(
      'UPSTREAM_TOKEN_NEEDS_TLS',
      `The connection to ${where} is not encrypted: whoever listens could use the access token.`,
      { remedy: 'user', advice: 'Use https in the profile’s URL.' },
    ),
}

/** Cuts what a server says to one line that a person reads. */
export function brief(text: string): string {
  const line = text.replace(/[\x00-\x1f\x7f-\x9f\s]+/g, ' ').trim()
  return line.length > MAX_WORDS_LENGTH ? `${line.slice(0, MAX_WORDS_LENGTH)}…` : line
}

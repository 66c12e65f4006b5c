import { PosternError } from '../../../errors.ts'
import type { ImapResponse } from '../../../formats/imap/response.ts'
import type { UpstreamErrorCode } from '../../errors.ts'

/** NO or BAD to a command. */
export type Refusal = ImapResponse & { readonly kind: 'tagged' }

/** What the server says untagged; BYE has the reason of its goodbye. */
export type StatusResponse = ImapResponse & { readonly kind: 'status' }

const MAX_TEXT_LENGTH = 500 // it is stored, logged and shown; servers say a sentence

const ABOUT_CONNECTIONS = /\bconnections?\b/i // "Maximum number of connections from user+IP exceeded" (Dovecot)
const TOO_MANY = /\b(too many|maximum|limit|exceed)/i // "Too many simultaneous connections" (Gmail, with the code ALERT)
const TOO_FAST = /\b(rate|throttl|bandwidth|too many (commands|requests))/i // Gmail's and Yahoo's limits per time

/**
 * Makes an error of a refused command; `cause` is the response. What concerns the session, not the command, has a code
 * of its own (RFC 5530): there is no use in asking for the next folder.
 */
export function refusedCommand(where: string, response: Refusal): PosternError {
  const { status, code } = response
  const text = brief(response.text)
  if (tellsTooMany(text)) return tooMany(where, text, response)
  if (code?.name === 'UNAVAILABLE' || (code?.name === 'LIMIT' && TOO_FAST.test(text))) {
    return new PosternError<UpstreamErrorCode>(
      'UPSTREAM_UNAVAILABLE',
      `${where} cannot serve us now: [${code.name}] ${text}`,
      { remedy: 'retry', advice: 'Postern tries again by itself, after a while.', cause: response },
    )
  }
  return new PosternError<UpstreamErrorCode>(
    'UPSTREAM_REFUSED',
    `${where} refused a command: ${status} ${code ? `[${code.name}] ` : ''}${text}`,
    {
      remedy: 'retry',
      advice: 'Postern tries again by itself; if it stays, ask who runs the server.',
      cause: response,
    },
  )
}

/** Makes an error of a connection that the server has ended with a reason. */
export function endedBy(where: string, bye: StatusResponse): PosternError {
  const text = brief(bye.text)
  if (tellsTooMany(text)) return tooMany(where, text, bye)
  return new PosternError<UpstreamErrorCode>('UPSTREAM_BYE', `${where} ended the connection: ${text}.`, {
    remedy: 'retry',
    advice: 'Postern tries again by itself.',
    cause: bye,
  })
}

/** Cuts what a server says to what a person reads. */
export function brief(text: string): string {
  return text.length > MAX_TEXT_LENGTH ? `${text.slice(0, MAX_TEXT_LENGTH)}…` : text
}

function tellsTooMany(text: string): boolean {
  return ABOUT_CONNECTIONS.test(text) && TOO_MANY.test(text)
}

function tooMany(where: string, text: string, cause: unknown): PosternError {
  return new PosternError<UpstreamErrorCode>(
    'UPSTREAM_TOO_MANY_CONNECTIONS',
    `${where} allows no more connections of this user: ${text}`,
    {
      remedy: 'retry',
      advice: 'Postern makes do with fewer by itself. Other mail programs of yours use the same allowance.',
      cause,
    },
  )
}

import { PosternError } from '../../errors.ts'
import type { UpstreamErrorCode } from '../errors.ts'
import { sessionFailures } from '../session-failures.ts'
import { type Completion, stringOf } from './response-line.ts'

const TRIES_AGAIN = 'Try again later.'
const MAX_TEXT_LENGTH = 1000 // it is shown and logged; of a script's mistakes, the first are enough

/** The failures of a conversation with the ManageSieve server at `where` (host:port). */
export const failures = {
  ...sessionFailures({ protocol: 'ManageSieve', tlsScheme: 'sieves', again: TRIES_AGAIN }),

  /** Of a whole answer: a server that drips is ended too. */
  noAnswer: (where: string, timeoutMs: number): PosternError =>
    new PosternError<UpstreamErrorCode>('UPSTREAM_SILENT', `${where} gave no answer within ${timeoutMs / 1000} s.`, {
      remedy: 'retry',
      advice: `The network may hold the connection back. ${TRIES_AGAIN}`,
    }),

  malformed: (where: string, cause: Error): PosternError =>
    new PosternError<UpstreamErrorCode>('UPSTREAM_PROTOCOL', `${where} does not speak ManageSieve: ${cause.message}.`, {
      remedy: 'user',
      advice: 'Check host, port and connection type of the profile’s sieve setting.',
      cause,
    }),

  ended: (where: string, bye: Completion): PosternError =>
    concerningSession(where, bye) ??
    new PosternError<UpstreamErrorCode>('UPSTREAM_BYE', `${where} ended the connection: ${wordsOf(bye)}`, {
      remedy: 'retry',
      advice: TRIES_AGAIN,
      cause: bye,
    }),

  refused: (where: string, no: Completion): PosternError =>
    concerningSession(where, no) ??
    new PosternError<UpstreamErrorCode>('UPSTREAM_REFUSED', `${where} refused a command: ${wordsOf(no)}`, {
      remedy: 'retry',
      advice: 'If it stays, ask who runs the server.',
      cause: no,
    }),
}

/** What a server said, in one line; its code where it said no more. */
export function wordsOf({ status, code, text }: Completion): string {
  const line = text.replace(/[\x00-\x1f\x7f-\x9f\s]+/g, ' ').trim()
  const words = line.length > MAX_TEXT_LENGTH ? `${line.slice(0, MAX_TEXT_LENGTH)}…` : line
  const name = code && `[${code.name.slice(0, MAX_TEXT_LENGTH)}]`
  return [name, words].filter(Boolean).join(' ') || status
}

/** A failure that is about the session, not about what was asked; undefined for others. */
function concerningSession(where: string, completion: Completion): PosternError | undefined {
  const says = wordsOf(completion)
  switch (completion.code?.name) {
    case 'TRYLATER':
      return new PosternError<UpstreamErrorCode>('UPSTREAM_UNAVAILABLE', `${where} cannot serve us now: ${says}`, {
        remedy: 'retry',
        advice: TRIES_AGAIN,
        cause: completion,
      })
    case 'REFERRAL':
      return referral(where, completion)
    default:
      return undefined
  }
}

// Not followed: nobody vouches for where the password would go.
function referral(where: string, completion: Completion): PosternError {
  const target = (stringOf(completion.code?.values[0]) ?? '').replace(/[^\x21-\x7e]/g, '').slice(0, MAX_TEXT_LENGTH)
  return new PosternError<UpstreamErrorCode>(
    'UPSTREAM_REDIRECT_REFUSED',
    `${where} sends us to ${target || 'another server'}, and the password was not sent there: ${wordsOf(completion)}`,
    {
      remedy: 'user',
      advice: 'If you trust that server, set it: postern profile set NAME sieve sieve://HOST.',
      cause: completion,
    },
  )
}

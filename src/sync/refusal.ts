import { PosternError } from '../errors.ts'

/** The response code for what the server cannot do; Dovecot's for a message that it cannot read. */
export const SERVER_BUG = 'SERVERBUG'

// Codes that mean "not now" and say nothing of the message (RFC 5530 section 3).
const THROTTLED = new Set(['LIMIT', 'UNAVAILABLE', 'INUSE', SERVER_BUG, 'CONTACTADMIN'])

/** The response code for messages that somebody has removed meanwhile (RFC 5530 section 3). */
export const EXPUNGE_ISSUED = 'EXPUNGEISSUED'

const NO_PERMISSION = /\bpermission denied\b/i // Cyrus gives no code

/** Tells whether the server refused a command, which concerns that command alone; a lost connection concerns the run. */
export function isRefusal(error: unknown): error is PosternError {
  return error instanceof PosternError && error.code === 'UPSTREAM_REFUSED'
}

/** Tells whether something failed that concerns one folder, while the others can go on. */
export function isFolderFailure(error: unknown): error is PosternError {
  return isRefusal(error) || (error instanceof PosternError && error.code === 'UPSTREAM_NO_UIDVALIDITY')
}

/** Tells whether a folder is to be held until a person has said what is right. */
export function isHold(error: unknown): error is PosternError {
  return error instanceof PosternError && (error.code === 'SYNC_MASS_DELETION' || error.code === 'SYNC_UIDS_LOST')
}

// What ends a connection: the server did, the network, or what it sent was no IMAP.
const LOSSES = new Set([
  'UPSTREAM_LOST',
  'UPSTREAM_SILENT',
  'UPSTREAM_BYE',
  'FORMATS_IMAP_SYNTAX',
  'FORMATS_IMAP_TOO_LARGE',
])

/** Tells whether the connection was lost by what came over it, or did not: not by us, nor at its beginning. */
export function isConnectionLoss(error: unknown): error is PosternError {
  return error instanceof PosternError && LOSSES.has(error.code)
}

/** The response code of a refusal, in capitals, such as OVERQUOTA. */
export function refusalCode(error: unknown): string | undefined {
  const response = isRefusal(error) ? error.cause : undefined
  if (typeof response !== 'object' || response === null || !('code' in response)) return undefined
  const code: unknown = response.code
  return typeof code === 'object' && code !== null && 'name' in code ? String(code.name) : undefined
}

/** Tells whether a refusal means that the server has no time now. */
export function isThrottled(error: unknown): boolean {
  return THROTTLED.has(refusalCode(error) ?? '')
}

/** Tells whether the server refused what this user may not do: asking again changes nothing (RFC 5530 section 3). */
export function isDenied(error: unknown): boolean {
  const code = refusalCode(error)
  return code === undefined ? isRefusal(error) && NO_PERMISSION.test(error.message) : code === 'NOPERM'
}

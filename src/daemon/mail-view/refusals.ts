import { PosternError } from '../../errors.ts'
import { ImapRefusal, type RefusalCode } from '../../imap/backend.ts'

const DAMAGED = ['CORRUPTION', 'the message is damaged here: run postern store repair --full'] as const

const REFUSALS: Readonly<Record<string, readonly [code: RefusalCode | undefined, text: string]>> = {
  STORE_FOLDER_EXISTS: ['ALREADYEXISTS', 'there is a mailbox of that name'],
  STORE_FOLDER_ROLE_TAKEN: ['USEATTR', 'another mailbox has this use'],
  STORE_NO_SUCH_FOLDER: ['NONEXISTENT', 'there is no such mailbox'],
  STORE_FOLDER_REFUSED: ['CANNOT', 'this mailbox cannot be changed that way'],
  STORE_FOLDER_EXCLUDED: ['CANNOT', 'this mailbox only holds other mailboxes'],
  STORE_NO_SUCH_ITEM: ['EXPUNGEISSUED', 'the message is gone'],
  STORE_HEADER_ONLY: ['UNAVAILABLE', 'only the header of the message is here, and the rest cannot be fetched now'],
  STORE_DISK_FULL: ['OVERQUOTA', 'the disk of this computer is full'],
  STORE_PACK_DAMAGED: DAMAGED,
  STORE_LOCKED: ['INUSE', 'the local store is being repaired or restored'],
  STORE_SEARCH_TOO_LONG: ['LIMIT', 'the search was given up: it took too long'],
  STORE_NONE: ['UNAVAILABLE', 'nothing has been synchronized yet'],
  SYNC_BAD_FLAG: ['CANNOT', 'a flag has characters that no flag can have, or is too long'],
  SYNC_NOT_A_MESSAGE: ['CANNOT', 'a message with NUL octets cannot be stored'],
  SYNC_BODY_GONE: ['EXPUNGEISSUED', 'the server has this message no more'],
  DAEMON_ENGINE_CRASHED: ['UNAVAILABLE', 'the local store could not be written; try again'],
  DAEMON_STOPPING: ['UNAVAILABLE', 'Postern is stopping'],
  PROFILE_UNBOUND: ['UNAVAILABLE', 'only the header is here, and the profile is bound to no account'],
  PROFILE_MAIL_ELSEWHERE: [
    'UNAVAILABLE',
    'only the header is here, and the mail of this profile is with another account',
  ],
  SYNC_NOT_JOINED: ['UNAVAILABLE', 'only the header is here, and the account is still to be compared'],
  PROFILE_PAUSED: ['UNAVAILABLE', 'only the header is here, and synchronization is paused'],
}

/** What keeps a message from being fetched from the server. */
export function unavailable(error: unknown): unknown {
  if (!(error instanceof PosternError)) return error
  const known = REFUSALS[error.code]
  if (known) return new ImapRefusal(...known)
  return new ImapRefusal('UNAVAILABLE', `only the header is here, and the rest cannot be fetched now (${error.code})`)
}

/** What is told of a message that is damaged here. */
export function damaged(): ImapRefusal {
  return new ImapRefusal(...DAMAGED)
}

/** What a client is told of an expected failure; bugs stay what they are. */
export function refusalOf(error: unknown): unknown {
  if (!(error instanceof PosternError)) return error
  const [code, text] = REFUSALS[error.code] ?? [undefined, `this cannot be done now (${error.code})`]
  return new ImapRefusal(code, text)
}

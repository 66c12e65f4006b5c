import { PosternError } from '../../errors.ts'
import type { FolderLoss } from '../../store/queries/loss-queries.ts'
import type { FolderRow } from '../../store/rows.ts'
import type { Store } from '../../store/store.ts'
import type { SyncErrorCode } from '../errors.ts'

const MASS_DELETION_MIN = 50 // fewer are anybody's daily tidying up
const EMPTY_MIN = 20 // a folder with fewer may well become empty
const MIN_RECOGNISED = 20 // so many prove that a folder with a new UIDVALIDITY is the same one (mbsync's rule)
const MIN_RECOGNISED_SHARE = 0.8
const HOUR_MS = 3_600_000
const EMPTIED_BY_NATURE: readonly (string | undefined)[] = ['trash', 'junk']

/**
 * Guards a collection of objects against the sudden loss of much of it: the server may be lying, or somebody may have
 * made a mistake, so a person decides.
 *
 * @throws {PosternError} SYNC_MASS_DELETION when more than 50 and more than half of `items` are doomed
 */
export function assertFewDeletions({ path, consent }: FolderRow, doomed: number, items: number): void {
  if (consent !== undefined || doomed <= Math.max(MASS_DELETION_MIN, items / 2)) return
  throw massDeletion(path, doomed, items, 'entries')
}

/**
 * Guards a collection on the server against the deletion of much of it here, at once.
 *
 * @throws {PosternError} SYNC_DELETIONS_HELD when more than 50 and more than half of `items` are to be deleted there
 */
export function assertFewDeletionsHere({ path, consent }: FolderRow, doomed: number, items: number): void {
  if (consent !== undefined || doomed <= Math.max(MASS_DELETION_MIN, items / 2)) return
  throw new PosternError<SyncErrorCode>(
    'SYNC_DELETIONS_HELD',
    `${doomed} of the ${items} entries of ${JSON.stringify(path)} were deleted here; the server is not told, and the folder is held.`,
    {
      remedy: 'user',
      advice:
        'If that is right: postern folder resume FOLDER --accept. To have them back: postern folder resume FOLDER --restore.',
    },
  )
}

/** Says that a whole calendar or address book is gone on the server, with much in it. */
export function collectionGone(path: string, items: number): PosternError {
  return new PosternError<SyncErrorCode>(
    'SYNC_MASS_DELETION',
    `${JSON.stringify(path)} with its ${items} entries is gone on the server; the folder is held.`,
    {
      remedy: 'user',
      advice:
        'If that is right: postern folder resume FOLDER --accept. To have a copy: postern item export --folder FOLDER --out DIR.',
    },
  )
}

/** Tells whether so many are more than anybody’s daily tidying up. */
export function isMuch(items: number): boolean {
  return items > MASS_DELETION_MIN
}

/**
 * Tells whether too much of a folder goes at once, or within an hour: more than 50 messages and more than half, or all of
 * 20 and more. What is in the Trash is there to go.
 */
export function isTooMuch({ role, doomed, remaining, recent }: FolderLoss): boolean {
  if (doomed === 0 || EMPTIED_BY_NATURE.includes(role)) return false
  const lost = doomed + recent
  return lost > Math.max(MASS_DELETION_MIN, (lost + remaining) / 2) || (remaining === 0 && doomed >= EMPTY_MIN)
}

/** Finds folders of which too much has vanished on the server, and nobody has said that it is right. */
export function findMassDeletions(store: Store, nowMs: number): readonly FolderLoss[] {
  if (!store.read.hasUnlinked()) return []
  return store.read.losses.onServer(nowMs - HOUR_MS).filter(loss => loss.consent === undefined && isTooMuch(loss))
}

/** Finds out whether the user has deleted too much of a folder at once. */
export function findMassDeletionHere(store: Store, folder: number, nowMs: number): FolderLoss | undefined {
  const loss = store.read.losses.here(folder, nowMs - HOUR_MS)
  return loss && isTooMuch(loss) ? loss : undefined
}

/** Says that much of a folder is gone on the server. */
export function massDeletion(path: string, doomed: number, items: number, what = 'messages'): PosternError {
  return new PosternError<SyncErrorCode>(
    'SYNC_MASS_DELETION',
    `The server no longer has ${doomed} of the ${items} ${what} of ${JSON.stringify(path)}; the folder is held.`,
    {
      remedy: 'user',
      advice:
        'If that is right: postern folder resume FOLDER --accept. To upload them again: postern folder resume FOLDER --restore.',
    },
  )
}

/** Says that much of a folder was deleted here, and the server is not told. */
export function deletionsHeld({ path, doomed, remaining }: FolderLoss): PosternError {
  return new PosternError<SyncErrorCode>(
    'SYNC_DELETIONS_HELD',
    `${doomed} of the ${doomed + remaining} messages of ${JSON.stringify(path)} were deleted here for good; the server is not told.`,
    {
      remedy: 'user',
      advice:
        'If that is right: postern folder resume FOLDER --accept. To have them back: postern folder resume FOLDER --restore.',
    },
  )
}

/**
 * Guards against taking another folder for the one that was here, when the server numbers it anew.
 *
 * @throws {PosternError} SYNC_UIDS_LOST when fewer than 20 and fewer than 80 % of the messages were recognised
 */
export function assertRecognised({ path, consent }: FolderRow, recognised: number, expected: number): void {
  const isEnough = recognised >= MIN_RECOGNISED || recognised >= expected * MIN_RECOGNISED_SHARE
  if (consent !== undefined || isEnough) return
  throw new PosternError<SyncErrorCode>(
    'SYNC_UIDS_LOST',
    `The server numbered ${JSON.stringify(path)} anew, and only ${recognised} of its ${expected} messages were recognised; the folder is held.`,
    {
      remedy: 'user',
      advice:
        'To take what the server has: postern folder resume FOLDER --accept. To upload the others again: postern folder resume FOLDER --restore.',
    },
  )
}

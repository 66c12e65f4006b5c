import { PosternError } from '../errors.ts'
import type { FolderRow } from '../store/rows.ts'
import type { SyncErrorCode } from './errors.ts'

const MASS_DELETION_MIN = 50 // fewer are anybody's daily tidying up

/**
 * Guards against the sudden loss of much of a folder: the server may be lying, or somebody may have made a mistake, so a
 * person decides.
 *
 * @throws {PosternError} SYNC_MASS_DELETION when more than 50 and more than half of `items` are doomed
 */
export function assertFewDeletions({ path, consent }: FolderRow, doomed: number, items: number): void {
  if (consent !== undefined || doomed <= Math.max(MASS_DELETION_MIN, items / 2)) return
  throw new PosternError<SyncErrorCode>(
    'SYNC_MASS_DELETION',
    `The server no longer has ${doomed} of the ${items} messages of ${JSON.stringify(path)}; the folder is held.`,
    {
      remedy: 'user',
      advice:
        'If that is right: postern folder resume FOLDER --accept. To upload them again: postern folder resume FOLDER --restore.',
    },
  )
}

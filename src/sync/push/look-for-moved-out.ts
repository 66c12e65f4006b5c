import { UidSet } from '../../formats/imap/uid-set.ts'
import type { FolderChange, MovedOut } from '../../store/queries/pending-changes.ts'
import { inBlocks } from '../in-blocks.ts'
import { isFolderFailure } from '../refusal.ts'
import type { RemoteMail } from '../remote.ts'
import type { PushContext } from './push-account.ts'

/**
 * Looks, before a folder is deleted, which messages that were moved out of it here are still there. Another client has
 * moved the others as well, or deleted them: as with any move, the server's place for them counts too.
 */
export async function lookForMovedOut(
  { store, remote }: Pick<PushContext, 'store' | 'remote'>,
  change: FolderChange,
): Promise<void> {
  const all = store.read.pending.movedOut(change)
  if (all.length === 0) return
  const found = await uidsIn(
    remote,
    change,
    all.map(({ uid }) => uid),
  )
  const isThere = ({ uid }: MovedOut) => found.has(uid)
  await inBlocks(store, all, ({ deletedFolders }, block) => {
    deletedFolders.present(
      change.folder ?? 0,
      block.filter(isThere).map(({ item }) => item),
    )
    deletedFolders.missing(
      change.folder ?? 0,
      block.filter(each => !isThere(each)).map(({ item }) => item),
    )
  })
}

async function uidsIn(
  remote: RemoteMail,
  { path, uidValidity }: FolderChange,
  uids: readonly number[],
): Promise<ReadonlySet<number>> {
  const status = await remote.status(path)
  if (status?.uidValidity !== uidValidity) return new Set() // another client has deleted or renamed it
  try {
    const folder = await remote.examine(path)
    if (folder.uidValidity !== uidValidity) return new Set()
    const found = await folder.fetchFlagsOf(UidSet.of(uids))
    return new Set(found.map(({ uid }) => uid))
  } catch (error) {
    if (!isFolderFailure(error)) throw error
    return new Set(uids) // nobody may look into it
  }
}

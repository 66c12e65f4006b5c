import { UidSet } from '../../formats/imap/uid-set.ts'
import type { FolderChange } from '../../store/queries/pending-changes.ts'
import { inBlocks } from '../in-blocks.ts'
import { isFolderFailure } from '../refusal.ts'
import type { RemoteMail } from '../remote.ts'
import type { PushContext } from './push-account.ts'

/**
 * Looks, before a folder is deleted, which messages that were moved out of it here are still there. Another client has
 * moved the others as well, or deleted them: as with any move, the server's place for them counts too. May be repeated.
 */
export async function lookForMovedOut(
  { store, remote }: Pick<PushContext, 'store' | 'remote'>,
  { path, folder, uidValidity }: FolderChange,
): Promise<void> {
  if (folder === undefined || uidValidity === undefined) return
  const all = store.read.pending.movedOut(folder, uidValidity)
  if (all.length === 0) return
  const present = await uidsIn(remote, path, uidValidity)
  const missing = present ? all.filter(({ uid }) => !present.has(uid)) : []
  await inBlocks(store, missing, ({ deletedFolders }, block) => {
    deletedFolders.movedOnServer(folder, uidValidity, block)
  })
}

/** The UIDs in a folder, none when it is there no more; undefined when nobody may look into it. */
async function uidsIn(remote: RemoteMail, path: string, uidValidity: number): Promise<UidSet | undefined> {
  // Only the list tells a folder that is gone from one that is refused.
  const listed = await remote.listFolders()
  if (!listed.some(each => each.path === path)) return UidSet.EMPTY
  try {
    const folder = await remote.examine(path)
    return folder.uidValidity === uidValidity ? await folder.searchUids() : UidSet.EMPTY
  } catch (error) {
    if (!isFolderFailure(error)) throw error
    return undefined
  }
}

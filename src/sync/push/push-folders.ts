import type { FolderChange } from '../../store/queries/pending-changes.ts'
import { givenRole } from '../plan/given-roles.ts'
import { isRefusal } from '../refusal.ts'
import type { RemoteMail } from '../remote.ts'
import { deleteSeenFolder } from './delete-folder.ts'
import { lookForMovedOut } from './look-for-moved-out.ts'
import type { PushContext } from './push-account.ts'

const MAX_ATTEMPTS = 3

/**
 * Tells the server of folders that were made, renamed or deleted, in their order. Each may be repeated after a crash. What
 * follows a refused change and has to do with its names waits: under them it would meet another folder.
 */
export async function pushFolders(context: Pick<PushContext, 'store' | 'remote' | 'onRefused'>): Promise<void> {
  const refused: FolderChange[] = []
  for (let last = 0; ; ) {
    // Read anew each time: one that is given up changes those that follow.
    const change = context.store.read.pending.folderAfter(last)
    if (!change) return
    last = change.seq
    const isWaiting = refused.some(before => sharesName(change, before))
    if (isWaiting || !(await push(context, change))) refused.push(change)
  }
}

/** False when the server refuses, and is to be asked again. */
async function push(
  { store, remote, onRefused }: Pick<PushContext, 'store' | 'remote' | 'onRefused'>,
  change: FolderChange,
): Promise<boolean> {
  try {
    if (change.kind === 'delete') await lookForMovedOut({ store, remote }, change)
    const isGone = await pushFolder(remote, change)
    store.transact(transactor => {
      transactor.push.folderDone(change.seq)
      if (isGone) transactor.deletedFolders.goneThere(change.path)
      else if (change.kind === 'delete') transactor.deletedFolders.stays(change)
    })
    return true
  } catch (error) {
    if (!isRefusal(error)) throw error
    onRefused({ folder: change.path, code: error.code, message: error.message })
    const isLast = change.attempts + 1 >= MAX_ATTEMPTS
    store.transact(transactor => {
      if (isLast && change.kind === 'delete') transactor.deletedFolders.stays(change)
      if (isLast) transactor.giveUpFolderChange(change)
      else transactor.push.folderFailed(change.seq, error.message)
    })
    return isLast
  }
}

// Without knowing the delimiter, which may be any character: a folder is taken for one below another too often.
function sharesName(one: FolderChange, other: FolderChange): boolean {
  const names = ({ path, newPath }: FolderChange) => (newPath === undefined ? [path] : [path, newPath])
  return names(one).some(a => names(other).some(b => a.startsWith(b) || b.startsWith(a)))
}

/** True when the folder is not on the server any more. */
async function pushFolder(remote: RemoteMail, change: FolderChange): Promise<boolean> {
  const { kind, path, newPath } = change
  if (kind === 'delete') return await deleteSeenFolder(remote, change)
  if (kind === 'create') await remote.createFolder(path, givenRole(change.role))
  else await remote.renameFolder(path, newPath ?? path)
  return false
}

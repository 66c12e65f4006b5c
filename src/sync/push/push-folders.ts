import type { FolderChange } from '../../store/queries/pending-changes.ts'
import { isRefusal } from '../refusal.ts'
import type { RemoteMail } from '../remote.ts'
import { deleteSeenFolder } from './delete-folder.ts'
import type { PushContext } from './push-account.ts'

const MAX_ATTEMPTS = 3

/** Tells the server of folders that were made, renamed or deleted, in their order. Each may be repeated after a crash. */
export async function pushFolders(context: Pick<PushContext, 'store' | 'remote' | 'onRefused'>): Promise<void> {
  const { store, remote, onRefused } = context
  for (const change of store.read.pending.folders()) {
    try {
      const isGone = await pushFolder(remote, change)
      store.transact(transactor => {
        transactor.push.folderDone(change.seq)
        if (isGone) transactor.folders.goneThere(change.path)
      })
    } catch (error) {
      if (!isRefusal(error)) throw error
      onRefused({ folder: change.path, code: error.code, message: error.message })
      store.transact(transactor => {
        if (change.attempts + 1 < MAX_ATTEMPTS) transactor.push.folderFailed(change.seq, error.message)
        else transactor.folders.giveUp(change)
      })
    }
  }
}

/** True when the folder is not on the server any more. */
async function pushFolder(remote: RemoteMail, change: FolderChange): Promise<boolean> {
  const { kind, path, newPath } = change
  if (kind === 'delete') return await deleteSeenFolder(remote, change)
  if (kind === 'create') await remote.createFolder(path)
  else await remote.renameFolder(path, newPath ?? path)
  return false
}

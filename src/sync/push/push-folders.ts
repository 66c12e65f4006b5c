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
      await pushFolder(remote, change)
      store.transact(transactor => transactor.push.folderDone(change.seq))
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

function pushFolder(remote: RemoteMail, change: FolderChange): Promise<void> {
  const { kind, path, newPath } = change
  if (kind === 'create') return remote.createFolder(path)
  if (kind === 'rename') return remote.renameFolder(path, newPath ?? path)
  return deleteSeenFolder(remote, change)
}

import type { FolderChange } from '../../store/queries/pending-changes.ts'
import { isRefusal } from '../refusal.ts'
import type { RemoteMail } from '../remote.ts'
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

async function pushFolder(remote: RemoteMail, { kind, path, newPath, uidNext }: FolderChange): Promise<void> {
  if (kind === 'create') return remote.createFolder(path)
  if (kind === 'rename') return remote.renameFolder(path, newPath ?? path)
  const status = await remote.status(path)
  // Mail that came since the folder was last read was seen by nobody: the folder stays, and the next PLAN shows it.
  const isUnseen = uidNext === undefined ? status?.messages !== 0 : status?.uidNext !== uidNext
  if (status && isUnseen) return
  await remote.deleteFolder(path)
}

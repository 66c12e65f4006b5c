import type { Resolution } from '../../store/changes/conflicts.ts'
import type { FolderChange } from '../../store/queries/pending-changes.ts'
import type { FolderRow } from '../../store/rows.ts'
import type { Store } from '../../store/store.ts'
import type { RemoteFolder } from '../remote.ts'
import { findRenames } from './find-renames.ts'
import { bringBack } from './held-folders.ts'

interface RenamedHere {
  readonly change: FolderChange
  readonly folder: FolderRow
}

/**
 * Decides what becomes of folders that the user has renamed and that another client has renamed or deleted meanwhile.
 * Renamed on both sides: the winner's name stays. Deleted there: it is gone here as well, or made again under its new name
 * when the client wins. True when the server is to be told of something at once.
 */
export async function settleRenames(
  store: Store,
  listed: readonly RemoteFolder[],
  resolution: Resolution,
): Promise<boolean> {
  const paths = new Set(listed.map(({ path }) => path))
  const known = new Map(store.read.folders().map(folder => [folder.path, folder]))
  const lost = store.read.pending.folders().flatMap((change): readonly RenamedHere[] => {
    const folder = change.kind === 'rename' ? known.get(change.newPath ?? '') : undefined
    const isLost = folder && change.attempts > 0 && !paths.has(change.path) && !paths.has(folder.path)
    return isLost ? [{ change, folder }] : []
  })
  if (lost.length === 0 || !paths.has('INBOX')) return false
  const appeared = listed.filter(({ path }) => !known.has(path))
  const found = findRenames(
    store,
    lost.map(({ folder }) => folder),
    appeared,
  )
  const theirs = new Map(found.map(({ folder, path }) => [folder.id, path]))
  for (const each of lost) {
    settle(store, each, theirs.get(each.folder.id), resolution)
    if (resolution === 'client' && !theirs.has(each.folder.id)) await bringBack(store, each.folder.id)
  }
  return resolution === 'client'
}

function settle(store: Store, { change, folder }: RenamedHere, theirs: string | undefined, resolution: Resolution) {
  store.transact(transactor => {
    if (resolution === 'client' && theirs !== undefined) {
      transactor.folders.renameFrom(change.seq, theirs)
      return
    }
    transactor.push.folderDone(change.seq)
    if (theirs !== undefined) transactor.folders.renamePaths(folder.path, theirs)
    else if (resolution === 'client') {
      transactor.loseFolder(folder)
      transactor.held.remake(folder.id)
    } // else it is missing in the list of folders, which tells the rest
  })
}

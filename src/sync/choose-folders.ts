import type { FolderRow } from '../store/rows.ts'
import type { Store } from '../store/store.ts'
import { pendingFolders } from './plan/plan-structure.ts'
import { folderClass, type SyncSettings } from './settings.ts'

/** Which folders a run is about when it names none: all, those that are synchronized by themselves, or the most urgent. */
export type SyncScope = 'all' | 'automatic' | 'priority'

// INBOX first, since people wait for it; then what they look at most.
const ROLE_ORDER = ['inbox', 'sent', 'archive', 'flagged', undefined, 'trash', 'junk', 'all']

/** The folders that can be synchronized now, in the order in which people wait for them. */
export function synchronizableFolders(store: Store): FolderRow[] {
  const isPending = pendingFolders(store)
  return store.read
    .folders()
    .filter(folder => folder.isSelectable && !folder.isExcluded && folder.state === 'ok' && !isPending(folder))
    .filter(isReadable)
    .sort((left, right) => rank(left) - rank(right))
}

/**
 * Chooses the folders of a run.
 *
 * @throws {PosternError} STORE_NO_SUCH_FOLDER for a named one
 */
export function chooseFolders(
  store: Store,
  settings: SyncSettings,
  { folders, scope }: { readonly folders: readonly string[]; readonly scope: SyncScope },
): FolderRow[] {
  const wanted = new Set(folders.map(path => store.read.getFolder(path).id))
  return synchronizableFolders(store).filter(folder => {
    if (wanted.size > 0) return wanted.has(folder.id)
    const kind = folderClass(folder.path, settings)
    return scope === 'all' || kind === 'priority' || (scope === 'automatic' && kind === 'standard')
  })
}

/** Tells whether the user may look into a folder; else the server only lists it (RFC 4314). */
export function isReadable({ rights }: FolderRow): boolean {
  return rights === undefined || rights.includes('r')
}

function rank({ role }: FolderRow): number {
  const index = ROLE_ORDER.indexOf(role)
  return index === -1 ? ROLE_ORDER.indexOf(undefined) : index
}

import type { FolderRow } from '../store/rows.ts'
import type { Store } from '../store/store.ts'
import { pendingFolders } from './plan/plan-structure.ts'
import { folderClass, type SyncSettings } from './settings.ts'

/** Which folders a run is about when it names none: all, those that are synchronized by themselves, or the most urgent. */
export type SyncScope = 'all' | 'automatic' | 'priority'

/** What a run says of the folders that it is about. */
interface ChosenBy {
  readonly folders: readonly string[]
  readonly scope: SyncScope
}

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
export function chooseFolders(store: Store, settings: SyncSettings, { folders, scope }: ChosenBy): FolderRow[] {
  return choose(synchronizableFolders(store), store, settings, { folders, scope })
}

/**
 * Chooses the calendars and address books of a run, as {@link chooseFolders} does.
 *
 * @throws {PosternError} STORE_NO_SUCH_FOLDER for a named one
 */
export function chooseCollections(store: Store, settings: SyncSettings, run: ChosenBy): FolderRow[] {
  return choose(
    store.read.collections().filter(({ state, joining }) => state === 'ok' && joining !== 'place'),
    store,
    settings,
    run,
  )
}

function choose(all: FolderRow[], store: Store, settings: SyncSettings, { folders, scope }: ChosenBy): FolderRow[] {
  const wanted = new Set(folders.map(path => store.read.getAnyFolder(path).id))
  return all.filter(folder => {
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

import { noSuchConflict } from '../../store/changes/undo.ts'
import { isCollection } from '../../store/rows.ts'
import type { Store } from '../../store/store.ts'
import type { LocalChangeResult } from './local-change.ts'
import { restoreDeletedObjects } from './object-change.ts'

/** What a person decides about versions that lost a conflict, named by their rows, or about what was deleted. */
export type ConflictChange =
  | {
      readonly kind: 'restoreConflicts'
      readonly conflicts: readonly number[]
      /** A folder's path, where it shall not be the one that it was in. */
      readonly target: string | undefined
    }
  | { readonly kind: 'discardConflicts' | 'seeConflicts'; readonly conflicts: readonly number[] }
  | { readonly kind: 'restoreDeleted'; readonly from: string; readonly sinceMs: number }

/** Makes such a change in one transaction. */
export function applyConflictChange(store: Store, change: ConflictChange): LocalChangeResult {
  if (change.kind === 'restoreDeleted') {
    const folder = store.read.getAnyFolder(change.from)
    if (isCollection(folder)) return restoreDeletedObjects(store, folder.id, change.sinceMs)
    const { id } = folder
    const items = store.transact(({ undo }) => undo.restoreFolder(id, change.sinceMs))
    return { items, changed: items.length }
  }
  const target = 'target' in change && change.target !== undefined ? store.read.getFolder(change.target).id : undefined
  return store.transact(({ conflicts, undo }) => {
    const items: number[] = []
    for (const id of change.conflicts) {
      if (change.kind === 'restoreConflicts') items.push(undo.restoreConflict(id, target))
      else if (change.kind === 'seeConflicts') conflicts.see(id)
      else if (!conflicts.discard(id)) throw noSuchConflict(id)
    }
    return { items, changed: change.conflicts.length }
  })
}

import type { FolderRow } from '../../store/rows.ts'
import type { Store } from '../../store/store.ts'
import type { RemoteStatus } from '../remote.ts'

/**
 * Takes over where folders begin of which STATUS says that they are empty, and which are empty here: they need not be
 * opened, and there may be a hundred thousand of them. Gives the others.
 */
export function planEmptyFolders(
  store: Store,
  folders: readonly FolderRow[],
  statuses: ReadonlyMap<string, RemoteStatus | undefined>,
): readonly FolderRow[] {
  const positions: { readonly id: number; readonly status: RemoteStatus }[] = []
  const others = folders.filter(folder => {
    const status = statuses.get(folder.path)
    if (!status || !isEmpty(store, folder, status)) return true
    if (!isThere(folder, status)) positions.push({ id: folder.id, status })
    return false
  })
  if (positions.length > 0) {
    store.transact(transactor => {
      for (const { id, status } of positions) transactor.setPosition(id, status, true)
    })
  }
  return others
}

function isEmpty(store: Store, { id, uidValidity, consent, error }: FolderRow, status: RemoteStatus): boolean {
  const isNumbered = status.uidValidity > 0 && status.uidNext !== undefined
  const isNew = uidValidity === undefined && isNumbered && !store.read.losses.hasUnrecognised(id)
  const isMeant = isNew || uidValidity === status.uidValidity
  return status.messages === 0 && isMeant && !consent && !error && store.read.knownCount(id, status.uidValidity) === 0
}

function isThere(folder: FolderRow, { uidValidity, uidNext, highestModseq }: RemoteStatus): boolean {
  return folder.uidValidity === uidValidity && folder.uidNext === uidNext && folder.highestModseq === highestModseq
}

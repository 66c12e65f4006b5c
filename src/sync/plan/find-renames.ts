import type { FolderRow } from '../../store/rows.ts'
import type { Store } from '../../store/store.ts'
import type { RemoteFolder } from '../remote.ts'

/** A folder that has another name on the server now. */
export interface FoundRename {
  readonly folder: FolderRow
  readonly path: string
}

/**
 * Finds folders that another client has renamed: a name that is gone and a new one with the same UIDVALIDITY, UIDNEXT,
 * number of messages and HIGHESTMODSEQ. Cyrus gives folders made in one second the same UIDVALIDITY, others give it to all
 * folders: where there is no HIGHESTMODSEQ either, no other folder may have the same one. Where several look the same,
 * nobody can tell them apart, and none is followed. MAILBOXID (RFC 8474) would prove it, but Cyrus 3.6 answers it with
 * octets out of its memory.
 */
export function findRenames(
  store: Store,
  gone: readonly FolderRow[],
  appeared: readonly RemoteFolder[],
): readonly FoundRename[] {
  const numbers = Map.groupBy(store.read.folders(), ({ uidValidity }) => uidValidity)
  const isShared = ({ uidValidity, highestModseq }: FolderRow) =>
    highestModseq === undefined && (numbers.get(uidValidity)?.length ?? 0) > 1
  const before = Map.groupBy(gone, folder => (isShared(folder) ? undefined : fingerprintOf(store, folder)))
  const after = Map.groupBy(appeared, ({ status }) => {
    return status && `${status.uidValidity} ${status.uidNext} ${status.messages} ${status.highestModseq}`
  })
  return [...before].flatMap(([fingerprint, [folder, ...alike]]) => {
    const [found, ...others] = (fingerprint !== undefined && after.get(fingerprint)) || []
    return folder && found && alike.length + others.length === 0 ? [{ folder, path: found.path }] : []
  })
}

function fingerprintOf(store: Store, { id, uidValidity, uidNext, highestModseq }: FolderRow): string | undefined {
  if (uidValidity === undefined || uidNext === undefined) return undefined
  return `${uidValidity} ${uidNext} ${store.read.knownCount(id, uidValidity)} ${highestModseq}`
}

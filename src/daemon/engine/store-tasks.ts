import type { Logger } from '../../log/logger.ts'
import { type BackupReport, backupStore } from '../../store/maintenance/backup/backup-store.ts'
import { drive } from '../../store/maintenance/backup/drive.ts'
import type { BackupManifest, BackupProfile } from '../../store/maintenance/backup/manifest.ts'
import { putStoreAside } from '../../store/maintenance/backup/put-aside.ts'
import { type RestoreReport, restoreStore, verifyBackup } from '../../store/maintenance/backup/restore-store.ts'
import { type CompactReport, compactStore, removeRetired } from '../../store/maintenance/compact/compact-store.ts'
import type { MaintenanceProgress } from '../../store/maintenance/problem.ts'
import { type CheckReport, checkStore } from '../../store/maintenance/repair/check-store.ts'
import { type RepairReport, repairStore } from '../../store/maintenance/repair/repair-store.ts'
import type { PackReader } from '../../store/packs/pack-reader.ts'
import type { Store } from '../../store/store.ts'
import { assertStore } from '../../store/store-presence.ts'
import { headerHash } from '../../sync/local/header-hash.ts'
import { purgeOld } from '../../sync/purge-old.ts'

const HEAD_OCTETS = 262_144
const RETIRED_GRACE_MS = 3_600_000 // a reader that nobody asks about is done by then

/** Looks after a store as a whole. */
export type StoreTask =
  /** Brings a store of an older program up to date. */
  | { readonly kind: 'open' }
  | { readonly kind: 'check'; readonly isFull: boolean }
  | { readonly kind: 'repair'; readonly isFull: boolean }
  | { readonly kind: 'compact'; readonly isDryRun: boolean; readonly isAutomatic: boolean }
  /** Removes the files of packs that a compaction has emptied: whoever read them has ended. */
  | { readonly kind: 'removeRetired' }
  | {
      readonly kind: 'backup'
      readonly target: string
      readonly isCopy: boolean
      readonly profile: BackupProfile
      readonly version: string
    }
  /** Checks a backup without restoring it. */
  | { readonly kind: 'verify'; readonly source: string; readonly profile: BackupProfile }
  | { readonly kind: 'restore'; readonly source: string; readonly profile: BackupProfile }
  /** Makes the store of a profile that has no server, with an Inbox. */
  | { readonly kind: 'found' }
  /** Notes that nothing is to be believed any more that the store knows of a server. */
  | { readonly kind: 'doubt' }
  /** Makes a backup of the store and removes it. */
  | {
      readonly kind: 'putAside'
      readonly target: string
      readonly profile: BackupProfile
      readonly version: string
    }

/** What a task gives. */
export interface StoreTaskResults {
  readonly open: undefined
  readonly check: CheckReport
  readonly repair: RepairReport
  readonly compact: CompactReport
  readonly removeRetired: { readonly freed: number }
  readonly backup: BackupReport
  readonly verify: BackupManifest
  readonly restore: RestoreReport
  readonly found: undefined
  readonly doubt: undefined
  readonly putAside: BackupReport
}

/** What a task works with. */
export interface StoreTaskContext {
  readonly storeDir: string
  readonly log: Logger
  readonly signal: AbortSignal
  readonly onProgress: (progress: MaintenanceProgress) => void
  readonly open: () => Store
  /** Closes the store wherever this process has it open. */
  readonly close: () => void
}

/** Does one task in the engine process. */
export async function runStoreTask(
  task: StoreTask,
  context: StoreTaskContext,
): Promise<StoreTaskResults[keyof StoreTaskResults]> {
  const shared = { clock: Date.now, ...context }
  if (task.kind === 'verify') return verifyBackup(context.storeDir, { ...task, ...shared })
  if (task.kind === 'restore') return restoreStore(context.storeDir, { ...task, ...shared, headerHashOf })
  if (task.kind === 'found') {
    context.open().transact(transactor => transactor.ensureInbox('/'))
    return undefined
  }
  assertStore(context.storeDir)
  if (task.kind === 'check') return drive(checkStore(context.storeDir, task), context)
  if (task.kind === 'repair') {
    context.close()
    return drive(repairStore(context.storeDir, { ...task, ...shared, headerHashOf }), context)
  }
  if (task.kind === 'putAside') {
    context.close()
    return putStoreAside(context.storeDir, { ...task, ...shared, isCopy: false })
  }
  const store = context.open()
  if (task.kind === 'doubt') {
    store.transact(({ merge, collections }) => {
      merge.begin()
      collections.doubt()
    })
  }
  if (task.kind === 'open' || task.kind === 'doubt') return undefined
  if (task.kind === 'backup') return backupStore(store, { ...task, ...shared })
  if (task.kind === 'removeRetired') return { freed: removeRetired(store, Date.now(), 0) }
  if (!task.isDryRun) {
    await purgeOld(store)
    removeRetired(store, Date.now(), RETIRED_GRACE_MS)
  }
  return compactStore(store, { ...task, ...shared })
}

/** Tells whether nothing else may have the store open in this process meanwhile. */
export function needsStoreAlone({ kind }: StoreTask): boolean {
  return kind === 'repair' || kind === 'restore' || kind === 'putAside'
}

function headerHashOf(packs: PackReader, location: Parameters<PackReader['head']>[0]): Buffer {
  return headerHash(packs.head(location, HEAD_OCTETS))
}

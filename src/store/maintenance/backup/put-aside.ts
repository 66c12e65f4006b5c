import { renameSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { fileFailure } from '../../disk-failure.ts'
import { Store, type StoreOptions } from '../../store.ts'
import { removedDir } from '../../store-folders.ts'
import { type BackupOptions, type BackupReport, backupStore } from './backup-store.ts'

/**
 * Makes a checked backup of a store, and then removes the store. Nobody else may have it open meanwhile. What is restored
 * of the backup one day is compared with the account of then, whichever that is.
 *
 * @throws {PosternError} as {@link backupStore}; the store is still there then
 */
export async function putStoreAside(dir: string, options: BackupOptions & StoreOptions): Promise<BackupReport> {
  const report = await backUp(dir, options)
  const removed = removedDir(dir)
  try {
    await rm(removed, { recursive: true, force: true })
    // Renamed first: who is killed in between leaves a whole store, or none.
    renameSync(dir, removed)
    await rm(removed, { recursive: true, force: true })
  } catch (error) {
    throw fileFailure(dir, error)
  }
  return report
}

async function backUp(dir: string, options: BackupOptions & StoreOptions): Promise<BackupReport> {
  using store = Store.open(dir, options)
  store.transact(({ merge }) => merge.begin())
  return await backupStore(store, options) // the store must outlive the copying
}

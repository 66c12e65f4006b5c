import { existsSync, readdirSync } from 'node:fs'
import { mkdir, rename, rm, rmdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { PosternError } from '../../../errors.ts'
import { Database } from '../../database.ts'
import { fileFailure } from '../../disk-failure.ts'
import type { StoreErrorCode } from '../../errors.ts'
import { PACKS_DIR, packFile } from '../../packs/pack-format.ts'
import type { Store } from '../../store.ts'
import { DATABASE_FILE } from '../../store-presence.ts'
import { copyPack, syncPath } from '../copy-pack.ts'
import type { MaintenanceProgress } from '../problem.ts'
import { checkStore } from '../repair/check-store.ts'
import { isArchive, packBackup } from './backup-archive.ts'
import { drive } from './drive.ts'
import { type BackupFile, type BackupProfile, digestFile, encodeManifest, MANIFEST_FILE } from './manifest.ts'

/** Options of {@link backupStore}. */
export interface BackupOptions {
  /** The folder to be made; or one file, when its name ends with `.tar`. */
  readonly target: string
  /** Copies every pack, where it may be a hard link otherwise. */
  readonly isCopy: boolean
  readonly profile: BackupProfile
  /** Of this program. */
  readonly version: string
  readonly clock: () => number
  readonly signal: AbortSignal
  readonly onProgress: (progress: MaintenanceProgress) => void
}

/** What a backup has written. */
export interface BackupReport {
  /** The folder or file. */
  readonly dir: string
  readonly items: number
  readonly octets: number
  /** Packs that are the same files as the store's. */
  readonly linked: number
  /** What check finds in the copy, which is what was wrong with the store. */
  readonly problems: readonly string[]
}

/**
 * Writes a consistent copy of an open store into a new folder and checks it. Rows may change meanwhile, bodies must not
 * be written.
 *
 * @throws {PosternError} STORE_BACKUP_EXISTS, STORE_DISK_FULL, STORE_WRITE_FAILED; nothing is left then
 */
export async function backupStore(store: Store, options: BackupOptions): Promise<BackupReport> {
  return isArchive(options.target) ? backupToArchive(store, options) : backupToFolder(store, options)
}

// As a folder first: what is packed has been checked.
async function backupToArchive(store: Store, options: BackupOptions): Promise<BackupReport> {
  const { target, signal } = options
  if (existsSync(target)) throw exists(target)
  const folder = `${target}.folder`
  try {
    await rm(folder, { recursive: true, force: true })
    const report = await backupToFolder(store, { ...options, target: folder })
    await packBackup(folder, target, signal)
    return { ...report, dir: target, linked: 0 }
  } catch (error) {
    throw error instanceof PosternError || signal.aborted ? error : fileFailure(target, error)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function backupToFolder(store: Store, options: BackupOptions): Promise<BackupReport> {
  const { target } = options
  if (existsSync(target) && !isEmptyFolder(target)) throw exists(target)
  const partial = `${target}.partial`
  try {
    await rm(partial, { recursive: true, force: true })
    await mkdir(join(partial, PACKS_DIR), { recursive: true, mode: 0o700 })
    const report = await write(store, partial, options)
    if (existsSync(target)) await rmdir(target)
    await rename(partial, target)
    await syncPath(dirname(target), 'r')
    return report
  } catch (error) {
    await rm(partial, { recursive: true, force: true })
    throw error instanceof PosternError || options.signal.aborted ? error : fileFailure(target, error)
  }
}

async function write(store: Store, dir: string, options: BackupOptions): Promise<BackupReport> {
  const { onProgress, signal } = options
  const file = join(dir, DATABASE_FILE)
  await store.database.backupTo(file, (done, total) => {
    onProgress({ kind: 'maintenance', step: 'database', done, total })
    signal.throwIfAborted()
  })
  const { packs, counts } = settle(file)
  let linked = 0
  for (const [index, { pack, octets }] of packs.entries()) {
    signal.throwIfAborted()
    onProgress({ kind: 'maintenance', step: 'packs', done: index, total: packs.length })
    const places = { from: packFile(join(store.dir, PACKS_DIR), pack), to: packFile(join(dir, PACKS_DIR), pack) }
    // The last pack takes what comes next.
    const mayLink = !options.isCopy && index < packs.length - 1
    if ((await copyPack({ ...places, octets, mayLink })) === 'linked') linked++
  }
  const files = await digestAll(dir, packs, options)
  const check = await drive(checkStore(dir, { isFull: false }), options)
  const { profile, version } = options
  const createdAt = new Date(options.clock()).toISOString()
  const all = { ...counts, problems: check.problems.length }
  const text = encodeManifest({ version, profile, createdAt, counts: all, files })
  await writeFile(join(dir, MANIFEST_FILE), text, { mode: 0o600, flush: true })
  for (const path of [join(dir, PACKS_DIR), dir]) await syncPath(path, 'r')
  const octets = files.reduce((sum, each) => sum + each.octets, 0)
  const problems = check.problems.map(({ message }) => message)
  return { dir: options.target, items: counts.items, octets, linked, problems }
}

interface CopiedDatabase {
  readonly packs: readonly { readonly pack: number; readonly octets: number }[]
  readonly counts: { readonly folders: number; readonly items: number; readonly toUpload: number }
}

/** Makes the copy one file that needs no other, and says which packs belong to it. */
function settle(file: string): CopiedDatabase {
  using database = Database.openWriter(file)
  // Nothing refers to a pack that is retired: it is not copied.
  database.transaction(() => database.run('UPDATE pack SET committed_octets = 0 WHERE retired_at IS NOT NULL'), true)
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  database.exec('PRAGMA journal_mode = DELETE')
  const rows = database.all('SELECT id, committed_octets FROM pack WHERE committed_octets > 0 ORDER BY id')
  const count = (what: string) => Number(database.find(`SELECT count(*) AS n FROM ${what}`)?.n)
  return {
    packs: rows.map(({ id, committed_octets }) => ({ pack: Number(id), octets: Number(committed_octets) })),
    counts: {
      folders: count(`folder WHERE state <> 'gone'`),
      items: count('item WHERE is_gone = 0 AND unlinked IS NULL'),
      toUpload: count(`op WHERE kind = 'append'`),
    },
  }
}

/** Reads everything back as it was written. */
async function digestAll(
  dir: string,
  packs: CopiedDatabase['packs'],
  { onProgress, signal }: BackupOptions,
): Promise<BackupFile[]> {
  const names = [DATABASE_FILE, ...packs.map(({ pack }) => packFile(PACKS_DIR, pack).replaceAll('\\', '/'))]
  const total = packs.reduce((sum, { octets }) => sum + octets, 0)
  const files: BackupFile[] = []
  let done = 0
  for (const name of names) {
    let octets = 0
    const sha256 = await digestFile(join(dir, name), read => {
      signal.throwIfAborted()
      octets += read
      done += read
      onProgress({ kind: 'maintenance', step: 'verify', done: Math.min(done, total), total })
    })
    files.push({ name, octets, sha256 })
  }
  return files
}

function isEmptyFolder(path: string): boolean {
  try {
    return readdirSync(path).length === 0
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOTDIR') return false
    throw fileFailure(path, error)
  }
}

function exists(target: string): PosternError {
  return new PosternError<StoreErrorCode>('STORE_BACKUP_EXISTS', `${target} exists already and is not empty.`, {
    remedy: 'user',
    advice: 'Name a folder that does not exist yet: it will be the backup.',
  })
}

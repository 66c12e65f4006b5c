import { existsSync, renameSync } from 'node:fs'
import { copyFile, mkdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { PosternError } from '../../../errors.ts'
import { Database } from '../../database.ts'
import { fileFailure } from '../../disk-failure.ts'
import type { StoreErrorCode } from '../../errors.ts'
import { dateWord } from '../../packs/pack-files.ts'
import { PACKS_DIR } from '../../packs/pack-format.ts'
import { PackReader } from '../../packs/pack-reader.ts'
import { MergeQueries } from '../../queries/merge-queries.ts'
import { replacedDirPrefix, restoredDir, restoringDir, unpackedDir } from '../../store-folders.ts'
import { DATABASE_FILE } from '../../store-presence.ts'
import { copyPack, syncPath } from '../copy-pack.ts'
import type { MaintenanceProgress } from '../problem.ts'
import { checkStore } from '../repair/check-store.ts'
import type { HeaderHashOf } from '../sent-hashes.ts'
import { isArchive, unpackBackup } from './backup-archive.ts'
import { drive } from './drive.ts'
import { type BackupManifest, type BackupProfile, invalidBackup, readManifest, verifyFiles } from './manifest.ts'
import { makeReconcilable, numbersOf } from './restored-rows.ts'

/** Options of {@link restoreStore}. */
export interface RestoreOptions {
  /** The folder or the archive of the backup. */
  readonly source: string
  readonly profile: BackupProfile
  /** SHA-256 of a message's header: recognises on the server what has no Message-ID. */
  readonly headerHashOf: HeaderHashOf
  /** Closes the store that is to be replaced; whatever is asked of it must wait until the restore ends. */
  readonly close: () => void
  readonly clock: () => number
  readonly signal: AbortSignal
  readonly onProgress: (progress: MaintenanceProgress) => void
}

/** What is needed to look at a backup. */
export type VerifyOptions = Pick<RestoreOptions, 'source' | 'profile' | 'signal' | 'onProgress'>

/** What was restored. */
export interface RestoreReport {
  readonly items: number
  readonly createdAt: string
  /** Where the store that was there before is now; undefined when there was none. */
  readonly before: string | undefined
}

/**
 * Puts a backup in a store's place. Until it is known to be whole nothing is touched; then folders change names, and the
 * old one stays beside it. The next run reconciles it with the server.
 *
 * @throws {PosternError} STORE_BACKUP_INVALID, STORE_BACKUP_OTHER_ACCOUNT, STORE_NEWER_SCHEMA, STORE_DISK_FULL,
 *   STORE_WRITE_FAILED
 */
export async function restoreStore(dir: string, options: RestoreOptions): Promise<RestoreReport> {
  return inFolder(dir, options, source => restoreFolder(dir, { ...options, source }))
}

async function restoreFolder(dir: string, options: RestoreOptions): Promise<RestoreReport> {
  const manifest = await verifyFolder(options)
  const working = restoringDir(dir)
  try {
    await rm(working, { recursive: true, force: true })
    await rm(restoredDir(dir), { recursive: true, force: true })
    await copyBackup(manifest, working, options)
    reconcile(dir, working, { ...options, isOfOther: isOfOtherAccount(manifest, options) })
    await syncPath(join(working, DATABASE_FILE), 'r+')
    for (const path of [join(working, PACKS_DIR), working]) await syncPath(path, 'r')
    options.signal.throwIfAborted()
    await rename(working, restoredDir(dir))
  } catch (error) {
    await rm(working, { recursive: true, force: true })
    throw error instanceof PosternError || options.signal.aborted ? error : fileFailure(dir, error)
  }
  const before = swap(dir, options)
  await syncPath(dirname(dir), 'r')
  return { items: manifest.counts.items, createdAt: manifest.createdAt, before }
}

/**
 * Reads and checks a backup, without touching anything.
 *
 * @throws {PosternError} STORE_BACKUP_INVALID, STORE_BACKUP_OTHER_ACCOUNT, STORE_NEWER_SCHEMA
 */
export async function verifyBackup(dir: string, options: VerifyOptions): Promise<BackupManifest> {
  return inFolder(dir, options, source => verifyFolder({ ...options, source }))
}

/** Gives a backup as a folder: it is one, or is unpacked for the time of the work. */
async function inFolder<Result>(
  dir: string,
  { source, signal }: VerifyOptions,
  work: (folder: string) => Promise<Result>,
): Promise<Result> {
  if (!isArchive(source)) return work(source)
  const folder = unpackedDir(dir)
  try {
    await unpackBackup(source, folder, signal)
    return await work(folder)
  } catch (error) {
    throw error instanceof PosternError || signal.aborted ? error : fileFailure(folder, error)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function verifyFolder(options: VerifyOptions): Promise<BackupManifest> {
  const { source, profile, onProgress, signal } = options
  const manifest = await readManifest(source)
  const isOwn = manifest.profile.email.toLowerCase() === profile.email.toLowerCase()
  if (!isOwn && !isOfNoAccount(source)) throw otherAccount(manifest, options)
  const total = manifest.files.reduce((sum, { octets }) => sum + octets, 0)
  let done = 0
  await verifyFiles(source, manifest, octets => {
    signal.throwIfAborted()
    done += octets
    onProgress({ kind: 'maintenance', step: 'verify', done, total })
  })
  const { problems } = await drive(checkStore(source, { isFull: false }), options)
  const [fatal] = problems.filter(({ kind }) => kind === 'database' || kind === 'pack')
  if (fatal) throw invalidBackup(source, fatal.message)
  if (problems.length > manifest.counts.problems) throw invalidBackup(source, problems[0]?.message ?? '')
  return manifest
}

/** Whether nothing is believed that it knows of a server: it may meet any account. */
function isOfNoAccount(source: string): boolean {
  try {
    using database = Database.openReader(join(source, DATABASE_FILE))
    return new MergeQueries(database).isDue()
  } catch (error) {
    if (error instanceof PosternError) return false // what is wrong with it is told of a backup of one's own
    throw error
  }
}

async function copyBackup(
  { files }: BackupManifest,
  to: string,
  { source, signal, onProgress }: RestoreOptions,
): Promise<void> {
  await mkdir(join(to, PACKS_DIR), { recursive: true, mode: 0o700 })
  await copyFile(join(source, DATABASE_FILE), join(to, DATABASE_FILE))
  const packs = files.filter(({ name }) => name !== DATABASE_FILE)
  for (const [index, { name, octets }] of packs.entries()) {
    signal.throwIfAborted()
    onProgress({ kind: 'maintenance', step: 'packs', done: index, total: packs.length })
    const mayLink = index < packs.length - 1 // the last one will be written to
    await copyPack({ from: join(source, name), to: join(to, name), octets, mayLink })
  }
}

// An older backup does not say: it was made when no profile could change its account.
function isOfOtherAccount({ profile }: BackupManifest, options: Pick<RestoreOptions, 'profile'>): boolean {
  return profile.account !== undefined && profile.account !== options.profile.account
}

interface Reconciling extends Pick<RestoreOptions, 'headerHashOf' | 'clock'> {
  readonly isOfOther: boolean
}

function reconcile(dir: string, working: string, { headerHashOf, clock, isOfOther }: Reconciling): void {
  const before = numbersOf(join(dir, DATABASE_FILE))
  using database = Database.openWriter(join(working, DATABASE_FILE))
  using packs = new PackReader(join(working, PACKS_DIR))
  makeReconcilable(database, {
    before,
    now: clock(),
    isOfOther,
    headerHashOf: location => headerHashOf(packs, location),
  })
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
}

/** Without a break in between: nobody of this process finds no store, and what crashes here is ended at the next opening. */
function swap(dir: string, { close, clock }: RestoreOptions): string | undefined {
  close()
  try {
    if (!existsSync(dir)) {
      renameSync(restoredDir(dir), dir)
      return undefined
    }
    const before = freeName(`${replacedDirPrefix(dir)}${dateWord(clock())}`)
    renameSync(dir, before)
    renameSync(restoredDir(dir), dir)
    return before
  } catch (error) {
    throw fileFailure(dir, error)
  }
}

function freeName(wanted: string): string {
  for (let count = 2, name = wanted; ; name = `${wanted}-${count++}`) if (!existsSync(name)) return name
}

function otherAccount(
  { profile }: BackupManifest,
  { source, profile: own }: Pick<RestoreOptions, 'source' | 'profile'>,
): PosternError {
  return new PosternError<StoreErrorCode>(
    'STORE_BACKUP_OTHER_ACCOUNT',
    `${source} is a backup of ${profile.email}, not of ${own.email}.`,
    {
      remedy: 'user',
      advice: 'Nothing was changed. Name the right profile with --profile, or another backup.',
    },
  )
}

import { join } from 'node:path'
import { PosternError } from '../../../errors.ts'
import type { Logger } from '../../../log/logger.ts'
import { Database } from '../../database.ts'
import { fileFailure } from '../../disk-failure.ts'
import { listPackFiles } from '../../packs/pack-files.ts'
import { PACKS_DIR } from '../../packs/pack-format.ts'
import { PackReader } from '../../packs/pack-reader.ts'
import { lockStore } from '../../store.ts'
import { DATABASE_FILE } from '../../store-presence.ts'
import type { MaintenanceProgress } from '../problem.ts'
import { addSentHashes, type HeaderHashOf } from '../sent-hashes.ts'
import { type BodyDamage, checkBodies } from './check-bodies.ts'
import { adoptOrphans, cureRows } from './repair-rows.ts'
import { finishSalvage, isBeyondIndexes, salvageDatabase } from './salvage.ts'

/** Options of {@link repairStore}. */
export interface RepairOptions {
  /** Reads every body, not only its record. */
  readonly isFull: boolean
  /** SHA-256 of a message's header: recognises on the server what has no Message-ID. */
  readonly headerHashOf: HeaderHashOf
  readonly clock: () => number
  readonly log: Logger
}

/** What a repair has done. */
export interface RepairReport {
  /** One sentence for each cure. */
  readonly done: readonly string[]
  /** Bodies that the next run fetches again. */
  readonly refetched: number
  /** Bodies that nobody else has: their rows are kept. */
  readonly lost: readonly string[]
  /** Files with what was there before, for a person to keep or remove. */
  readonly kept: readonly string[]
}

/**
 * Cures what check finds. Nothing is dropped: what the server has is fetched again, what only this store has stays as it
 * is, and a database that SQLite cannot read is kept beside the new one. The store must be closed.
 *
 * @throws {PosternError} STORE_LOCKED, STORE_NEWER_SCHEMA, STORE_DISK_FULL, STORE_WRITE_FAILED
 */
export function* repairStore(dir: string, options: RepairOptions): Generator<MaintenanceProgress, RepairReport> {
  try {
    return yield* repair(dir, options)
  } catch (error) {
    const isOfFiles = error instanceof Error && 'syscall' in error
    throw isOfFiles ? fileFailure(dir, error) : error
  }
}

function* repair(dir: string, options: RepairOptions): Generator<MaintenanceProgress, RepairReport> {
  using _lock = lockStore(dir)
  const report: MutableReport = { done: [], refetched: 0, lost: [], kept: [] }
  yield { kind: 'maintenance', step: 'database', done: 0, total: 0 }
  finishSalvage(dir)
  if (repairDatabase(dir, options, report)) yield { kind: 'maintenance', step: 'salvage', done: 0, total: 0 }
  const database = Database.openWriter(join(dir, DATABASE_FILE))
  try {
    report.done.push(...adoptOrphans(database, options.clock()), ...cureRows(database))
    repairPacks(database, join(dir, PACKS_DIR), report)
    makeRecognisable(database, join(dir, PACKS_DIR), options.headerHashOf)
    const damage = yield* checkBodies(database, join(dir, PACKS_DIR), options)
    noteDamage(database, damage, options.clock(), report)
  } finally {
    database[Symbol.dispose]()
  }
  options.log.info(
    { done: report.done.length, refetched: report.refetched, lost: report.lost.length },
    'repaired a store',
  )
  return report
}

interface MutableReport {
  readonly done: string[]
  refetched: number
  readonly lost: string[]
  readonly kept: string[]
}

/** Makes indexes anew, or a new database of what can be read; true in the second case. */
function repairDatabase(dir: string, { clock, log }: RepairOptions, report: MutableReport): boolean {
  const file = join(dir, DATABASE_FILE)
  const complaints = complaintsOf(file)
  if (complaints.length === 0) return false
  if (!complaints.some(isBeyondIndexes) && reindexed(file)) {
    report.done.push('the indexes of the database were made anew')
    return false
  }
  const { rows, kept } = salvageDatabase(dir, clock())
  log.warn({ rows }, 'a damaged database was replaced by what could be read of it')
  report.done.push(`the database was damaged: ${rows} rows were taken over into a new one`)
  report.kept.push(...kept)
  return true
}

function complaintsOf(file: string): readonly string[] {
  try {
    using database = Database.openWriter(file)
    return integrity(database)
  } catch (error) {
    if (error instanceof PosternError && error.code === 'STORE_UNREADABLE') return [error.message]
    throw error
  }
}

function reindexed(file: string): boolean {
  using database = Database.openWriter(file)
  try {
    database.exec('REINDEX')
    return integrity(database).length === 0
  } catch (error) {
    if (error instanceof PosternError && error.code === 'STORE_UNREADABLE') return false
    // Rows that the index should have kept apart: SQLITE_CONSTRAINT.
    if (error instanceof Error && 'errcode' in error) return false
    throw error
  }
}

function integrity(database: Database): readonly string[] {
  const rows = database.all('PRAGMA integrity_check(100)').map(row => String(Object.values(row)[0]))
  return rows.filter(text => text !== 'ok')
}

/** What a pack has lost is no longer counted; new bodies go into a new one, never where lost ones were. */
function repairPacks(database: Database, packsDir: string, report: MutableReport): void {
  const files = new Map(listPackFiles(packsDir).map(({ pack, size }) => [pack, size]))
  const rows = database.all('SELECT id, committed_octets FROM pack WHERE retired_at IS NULL')
  const short = rows.filter(({ id, committed_octets }) => (files.get(Number(id)) ?? 0) < Number(committed_octets))
  const known = new Set(database.all('SELECT id FROM pack').map(({ id }) => Number(id)))
  const unknown = referredPacks(database).filter(pack => !known.has(pack))
  if (short.length + unknown.length === 0) return
  database.transaction(() => {
    for (const { id, committed_octets } of short) {
      const size = files.get(Number(id)) ?? 0
      database.run('UPDATE pack SET committed_octets = ? WHERE id = ?', size, Number(id))
      const what = files.has(Number(id)) ? `lost ${Number(committed_octets) - size} octets` : 'is missing'
      report.done.push(`pack ${id} ${what}`)
    }
    for (const pack of unknown) {
      database.run('INSERT INTO pack(id, committed_octets) VALUES(?, ?)', pack, files.get(pack) ?? 0)
      report.done.push(`pack ${pack} is counted again`)
    }
    database.run('INSERT INTO pack(id, committed_octets) SELECT max(id) + 1, 0 FROM pack')
  }, true)
}

// The cures above doubt uploads, of which the server may have some.
function makeRecognisable(database: Database, packsDir: string, headerHashOf: HeaderHashOf): void {
  using packs = new PackReader(packsDir)
  database.transaction(() => addSentHashes(database, location => headerHashOf(packs, location)), true)
}

function referredPacks(database: Database): number[] {
  const sql =
    'SELECT pack FROM item UNION SELECT pack FROM tomb UNION SELECT pack FROM conflict UNION SELECT pack FROM stage'
  return database.all(sql).map(({ pack }) => Number(pack))
}

const BATCH_ROWS = 500

function noteDamage(database: Database, damage: readonly BodyDamage[], now: number, report: MutableReport): void {
  for (let at = 0; at < damage.length; at += BATCH_ROWS) {
    database.transaction(() => {
      for (const each of damage.slice(at, at + BATCH_ROWS)) noteOne(database, each, now)
    }, true)
  }
  const lost = damage.filter(({ isOnServer }) => !isOnServer)
  report.refetched += damage.length - lost.length
  report.lost.push(
    ...lost.map(({ owner, id, location, cause }) => `${owner} ${id}, ${location.length} octets: ${cause}`),
  )
}

function noteOne(database: Database, { owner, id, cause }: BodyDamage, now: number): void {
  if (owner === 'stage') {
    database.run(
      `INSERT INTO dlq(folder, uid_validity, uid, bits, keywords, size, internal_date, email_id, want, item, seen_at)
       SELECT folder, uid_validity, uid, bits, keywords, size, internal_date, email_id, want, item, seen_at
         FROM stage WHERE id = ? ON CONFLICT DO NOTHING`,
      id,
    )
    database.run('DELETE FROM stage WHERE id = ?', id)
    return
  }
  database.run(
    `INSERT INTO damaged(owner, id, cause, since) VALUES(?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET cause = excluded.cause, attempts = 0`,
    ...[owner, id, cause, now],
  )
  if (owner !== 'item') return
  const sql = `INSERT INTO ledger(at, item, event, detail) VALUES(?, ?, 'damaged', ?)`
  database.run(sql, now, id, cause)
}

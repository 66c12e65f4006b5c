import { existsSync, linkSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { CONFLICT_MAILBOX } from '../../conflict-mailbox.ts'
import { Database } from '../../database.ts'
import { fileFailure } from '../../disk-failure.ts'
import { dateWord, listPackFiles } from '../../packs/pack-files.ts'
import { PACKS_DIR, packFile } from '../../packs/pack-format.ts'
import { DATABASE_FILE } from '../../store-presence.ts'
import { raiseSequence } from '../sequences.ts'

/** What was saved of a database. */
export interface Salvage {
  readonly rows: number
  /** Where the old files are now. */
  readonly kept: readonly string[]
}

const SALVAGING = `${DATABASE_FILE}.salvaging`
const SALVAGED = `${DATABASE_FILE}.salvaged`
const SIDES = ['', '-wal'] as const // a database's file, and what was committed and not yet moved into it

// Queues of the server's mail are read again from the server.
const NOT_SALVAGED = `'dlq', 'stage', 'object_queue'`

/** Tells whether SQLite complains of more than its indexes. */
export function isBeyondIndexes(complaint: string): boolean {
  return !/missing from index|wrong # of entries in index|non-unique entry in index/.test(complaint)
}

/** Makes a new database of all rows that can be read, and keeps the old one beside it. */
export function salvageDatabase(dir: string, now: number): Salvage {
  const temporary = join(dir, SALVAGING)
  removeDatabase(temporary)
  const rows = copyReadable(join(dir, DATABASE_FILE), temporary, join(dir, PACKS_DIR))
  renameSync(temporary, join(dir, SALVAGED))
  const kept = keepOld(dir, now)
  finishSalvage(dir)
  return { rows, kept }
}

/** Puts a salvaged database in its place, should a crash have come in between. */
export function finishSalvage(dir: string): void {
  const [salvaged, file] = [join(dir, SALVAGED), join(dir, DATABASE_FILE)]
  if (!existsSync(salvaged)) return
  // The write-ahead log belongs to the old one, which is kept under another name with it.
  rmSync(`${file}-wal`, { force: true })
  rmSync(`${file}-shm`, { force: true })
  renameSync(salvaged, file)
}

// Packs as well: a row that was lost may have been the only one to know of a message that nobody else has.
function keepOld(dir: string, now: number): string[] {
  const file = join(dir, DATABASE_FILE)
  const [kept, packs] = [`${file}.damaged-${dateWord(now)}`, join(dir, `packs.damaged-${dateWord(now)}`)]
  try {
    for (const side of SIDES.filter(side => existsSync(`${file}${side}`))) linkSync(`${file}${side}`, `${kept}${side}`)
    mkdirSync(packs, { mode: 0o700 })
    for (const pack of listPackFiles(join(dir, PACKS_DIR))) linkSync(pack.file, packFile(packs, pack.pack))
  } catch (error) {
    throw fileFailure(file, error)
  }
  return [...SIDES.map(side => `${kept}${side}`).filter(existsSync), packs]
}

function copyReadable(from: string, to: string, packsDir: string): number {
  using target = Database.openWriter(to)
  target.exec('PRAGMA foreign_keys = OFF')
  target.exec('DELETE FROM meta')
  let rows = 0
  let sequences: readonly SourceRow[] | undefined
  const source = openDamaged(from)
  if (source) {
    try {
      sequences = tryAll(source, 'SELECT name, seq FROM sqlite_sequence')
      for (const table of tablesOf(target)) rows += copyTable(source, target, table)
    } finally {
      source.close()
    }
  }
  makeUsable(target, packsDir)
  giveNoNumberTwice(target, sequences)
  target.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  target.exec('PRAGMA journal_mode = DELETE')
  return rows
}

function tablesOf(target: Database): string[] {
  const sql = `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT IN(${NOT_SALVAGED})`
  return target.all(sql).map(({ name }) => String(name))
}

function openDamaged(file: string): DatabaseSync | undefined {
  try {
    const database = new DatabaseSync(file, { readOnly: true })
    database.prepare('SELECT count(*) FROM sqlite_schema').get()
    return database
  } catch (error) {
    if (error instanceof Error && 'errcode' in error) return undefined // nothing of it can be read
    throw error
  }
}

function copyTable(source: DatabaseSync, target: Database, table: string): number {
  const known = target.all(`PRAGMA table_info(${table})`).map(({ name }) => String(name))
  return target.transaction(() => {
    let rows = 0
    for (const row of readableRows(source, table)) {
      const columns = known.filter(name => Object.hasOwn(row, name)) // an older schema has fewer
      const values = columns.map(name => row[name] as SQLInputValue) // as SQLite gave it
      rows += target.run(insertionInto(table, columns), ...values).changes
    }
    return rows
  }, true)
}

// A row that breaks a rule of the schema cannot be taken over.
function insertionInto(table: string, columns: readonly string[]): string {
  return `INSERT OR IGNORE INTO ${table}(${columns.join(', ')}) VALUES(${columns.map(() => '?').join(', ')})`
}

const UNKNOWN_ROWS = 1_000_000 // looked for behind the first, where the last cannot be found

type SourceRow = Record<string, unknown>

const STEP_ROWS = 5000 // in memory at a time

/** Reads a table's rows; where a page is damaged, by halving, so that only its own rows are lost. */
function* readableRows(source: DatabaseSync, table: string): Generator<SourceRow> {
  const [lowest, highest] = [rowIdAt(source, table, 'ASC'), rowIdAt(source, table, 'DESC')]
  if (lowest === undefined && highest === undefined) {
    yield* scan(source, `SELECT * FROM ${table}`) // WITHOUT ROWID, empty, or beyond help
    return
  }
  const last = highest ?? (lowest ?? 1) + UNKNOWN_ROWS
  for (let low = lowest ?? 1; low <= last; low += STEP_ROWS) {
    yield* readRange(source, table, low, Math.min(last, low + STEP_ROWS - 1))
  }
}

function* readRange(source: DatabaseSync, table: string, low: number, high: number): Generator<SourceRow> {
  if (low > high) return
  const rows = tryAll(source, `SELECT * FROM ${table} WHERE rowid BETWEEN ${low} AND ${high} ORDER BY rowid`)
  if (rows) yield* rows
  else if (low < high) {
    const middle = Math.floor((low + high) / 2)
    yield* readRange(source, table, low, middle)
    yield* readRange(source, table, middle + 1, high)
  }
}

function tryAll(source: DatabaseSync, sql: string): SourceRow[] | undefined {
  try {
    return source.prepare(sql).all()
  } catch (error) {
    if (error instanceof Error && 'errcode' in error) return undefined
    throw error
  }
}

/** Yields what comes before the first damage. */
function* scan(source: DatabaseSync, sql: string): Generator<SourceRow> {
  try {
    yield* source.prepare(sql).iterate()
  } catch (error) {
    if (!(error instanceof Error && 'errcode' in error)) throw error // the rest of the table is lost
  }
}

function rowIdAt(source: DatabaseSync, table: string, order: 'ASC' | 'DESC'): number | undefined {
  const row = tryAll(source, `SELECT rowid AS r FROM ${table} ORDER BY rowid ${order} LIMIT 1`)?.[0]
  return row === undefined ? undefined : Number(row.r)
}

/** Lets the next run compare every folder whole, and counts every pack that is there. */
function makeUsable(target: Database, packsDir: string): void {
  target.transaction(() => {
    target.run(
      `INSERT INTO meta(modseq, cycle) SELECT (SELECT coalesce(max(modseq), 0) + 1 FROM (
           SELECT modseq FROM item UNION ALL SELECT modseq FROM conflict UNION ALL SELECT modseq FROM vanished)),
         (SELECT coalesce(max(unlinked), 0) + 1 FROM item) WHERE NOT EXISTS(SELECT 1 FROM meta)`,
    )
    target.run('UPDATE folder SET uid_next = NULL, cursor = NULL')
    for (const { pack, size } of listPackFiles(packsDir)) {
      target.run('INSERT INTO pack(id, committed_octets) VALUES(?, ?) ON CONFLICT DO NOTHING', pack, size)
    }
    target.run(
      `INSERT INTO op(item, kind, state, destination) SELECT id, 'append', 'inflight', folder FROM item
         WHERE uid = 0 AND remote_folder IS NULL AND is_gone = 0 AND id NOT IN(SELECT item FROM op WHERE item IS NOT NULL)
           AND folder IN(SELECT id FROM folder WHERE is_excluded = 0)
           AND id NOT IN(SELECT item FROM ledger WHERE event = 'made-locally' AND item IS NOT NULL)`,
    )
  }, true)
}

// The ledger, and what mail programs were told to be gone, name items and kept versions that are no more.
function giveNoNumberTwice(target: Database, sequences: readonly SourceRow[] | undefined): void {
  const last = (sql: string) => Number(target.find(sql)?.n)
  target.transaction(() => {
    for (const { name, seq } of sequences ?? []) raiseSequence(target, String(name), Number(seq))
    const gap = sequences ? 0 : UNKNOWN_ROWS
    raiseSequence(target, 'item', gap + last('SELECT coalesce(max(item), 0) AS n FROM ledger'))
    const told = `SELECT coalesce(max(local_uid), 0) AS n FROM vanished WHERE folder = ${CONFLICT_MAILBOX}`
    raiseSequence(target, 'conflict', gap + last(told))
  }, true)
}

function removeDatabase(file: string): void {
  for (const side of ['', '-wal', '-shm', '-journal']) rmSync(`${file}${side}`, { force: true })
}

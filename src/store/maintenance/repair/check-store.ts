import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { PosternError } from '../../../errors.ts'
import { Database } from '../../database.ts'
import { textOf } from '../../disk-failure.ts'
import { listPackFiles } from '../../packs/pack-files.ts'
import { PACKS_DIR, packFile } from '../../packs/pack-format.ts'
import { DATABASE_FILE } from '../../store-presence.ts'
import { countBodies, liveOctets } from '../bodies.ts'
import { type MaintenanceProgress, REPAIR_ADVICE, type StoreProblem } from '../problem.ts'
import { type BodyDamage, checkBodies } from './check-bodies.ts'
import { countBroken, ROW_RULES } from './row-rules.ts'

const MAX_MESSAGES = 100 // of SQLite, and of bodies one by one

/** What a check has found. */
export interface CheckReport {
  readonly ok: boolean
  readonly isFull: boolean
  readonly problems: readonly StoreProblem[]
  readonly items: number
  readonly bodies: number
  readonly packs: { readonly count: number; readonly octets: number; readonly dead: number }
  readonly folders: readonly FolderTally[]
  readonly queued: { readonly download: number; readonly import: number; readonly upload: number }
  readonly tombs: number
  readonly conflicts: number
}

/** What a folder holds. */
export interface FolderTally {
  readonly path: string
  readonly items: number
  readonly octets: number
}

/**
 * Checks the store in a folder without changing anything; it may be in use. With `isFull` every body is read and every
 * index compared. Blocks: not for the main thread.
 *
 * @throws {PosternError} STORE_NEWER_SCHEMA, STORE_UNREADABLE when there is no store
 */
export function* checkStore(
  dir: string,
  { isFull }: { readonly isFull: boolean },
): Generator<MaintenanceProgress, CheckReport> {
  yield { kind: 'maintenance', step: 'database', done: 0, total: 0 }
  const file = join(dir, DATABASE_FILE)
  let database: Database
  try {
    database = Database.openReader(file)
  } catch (error) {
    const isDamaged = error instanceof PosternError && error.code === 'STORE_UNREADABLE' && existsSync(file)
    if (!isDamaged) throw error
    return { ...NOTHING, isFull, problems: [databaseProblem(textOf(error))] }
  }
  try {
    return yield* checkOpen(database, join(dir, PACKS_DIR), isFull)
  } finally {
    database[Symbol.dispose]()
  }
}

const NOTHING: CheckReport = {
  ok: false,
  isFull: false,
  problems: [],
  items: 0,
  bodies: 0,
  packs: { count: 0, octets: 0, dead: 0 },
  folders: [],
  queued: { download: 0, import: 0, upload: 0 },
  tombs: 0,
  conflicts: 0,
}

function* checkOpen(
  database: Database,
  packsDir: string,
  isFull: boolean,
): Generator<MaintenanceProgress, CheckReport> {
  const problems = [...integrityProblems(database, isFull)]
  try {
    problems.push(...rowProblems(database), ...packProblems(database, packsDir))
    const damage = yield* checkBodies(database, packsDir, { isFull })
    problems.push(...damage.slice(0, MAX_MESSAGES).map(bodyProblem))
    if (damage.length > MAX_MESSAGES) problems.push(moreProblem(damage.length - MAX_MESSAGES))
    return { ...tally(database), ok: problems.length === 0, isFull, problems }
  } catch (error) {
    // A page that cannot be read ends the check where it is; what SQLite said of it stands above.
    const isDamaged = error instanceof PosternError && error.code === 'STORE_UNREADABLE'
    if (!isDamaged) throw error
    if (problems.length === 0) problems.push(databaseProblem(error.message))
    return { ...NOTHING, isFull, problems }
  }
}

function* integrityProblems(database: Database, isFull: boolean): Generator<StoreProblem> {
  try {
    const rows = database.all(`PRAGMA ${isFull ? 'integrity_check' : 'quick_check'}(${MAX_MESSAGES})`)
    for (const row of rows) {
      const text = String(Object.values(row)[0])
      if (text !== 'ok') yield databaseProblem(text)
    }
  } catch (error) {
    if (error instanceof PosternError && error.code === 'STORE_DISK_FULL') throw error // nothing is known of the store
    yield databaseProblem(textOf(error))
  }
}

function* rowProblems(database: Database): Generator<StoreProblem> {
  const orphans = Map.groupBy(database.all('PRAGMA foreign_key_check'), ({ table }) => String(table))
  for (const [table, rows] of orphans) {
    yield { kind: 'rows', message: `${rows.length} rows of ${table} name no folder`, advice: REPAIR_ADVICE, items: [] }
  }
  for (const rule of ROW_RULES) {
    const count = countBroken(database, rule)
    if (count > 0) yield { kind: 'rows', message: `${count} × ${rule.message}`, advice: REPAIR_ADVICE, items: [] }
  }
}

function* packProblems(database: Database, packsDir: string): Generator<StoreProblem> {
  const sizes = new Map(listPackFiles(packsDir).map(({ pack, size }) => [pack, size]))
  for (const row of database.all('SELECT id, committed_octets FROM pack WHERE retired_at IS NULL')) {
    const [pack, committed] = [Number(row.id), Number(row.committed_octets)]
    const size = sizes.get(pack)
    if (committed === 0 || (size !== undefined && size >= committed)) continue
    const what = size === undefined ? 'is missing' : `has ${size} octets of ${committed}`
    yield { kind: 'pack', message: `${packFile(packsDir, pack)} ${what}`, advice: REPAIR_ADVICE, items: [] }
  }
}

function bodyProblem({ owner, id, location, cause, known, isOnServer }: BodyDamage): StoreProblem {
  const where = `pack ${location.pack} at ${location.offset}`
  const fetched = known ? 'The next `postern sync` fetches it again.' : `${REPAIR_ADVICE} The server still has it.`
  const lost = known
    ? 'Only this store had it: restore a backup, or delete it.'
    : `${REPAIR_ADVICE} Only this store has it: keep a copy of the profile’s folder.`
  return {
    kind: 'body',
    message: `the body of ${owner} ${id} (${location.length} octets, ${where}) is damaged: ${cause}`,
    advice: isOnServer ? fetched : lost,
    items: owner === 'item' ? [id] : [],
  }
}

function moreProblem(count: number): StoreProblem {
  return { kind: 'body', message: `${count} more bodies are damaged`, advice: REPAIR_ADVICE, items: [] }
}

function databaseProblem(text: string): StoreProblem {
  return { kind: 'database', message: text, advice: REPAIR_ADVICE, items: [] }
}

function tally(database: Database): Omit<CheckReport, 'ok' | 'isFull' | 'problems'> {
  const count = (table: string) => Number(database.find(`SELECT count(*) AS n FROM ${table}`)?.n)
  const packs = database.find(
    'SELECT count(*) AS n, coalesce(sum(committed_octets), 0) AS octets FROM pack WHERE committed_octets > 0',
  )
  const octets = Number(packs?.octets)
  const live = [...liveOctets(database).values()].reduce((sum, each) => sum + each, 0)
  const folders = database.all(
    `SELECT path, count(item.id) AS items, coalesce(sum(length), 0) AS octets FROM folder
       LEFT JOIN item ON item.folder = folder.id AND is_gone = 0 AND unlinked IS NULL
       WHERE state <> 'gone' GROUP BY folder.id ORDER BY path`,
  )
  return {
    items: count('item'),
    bodies: countBodies(database),
    packs: { count: Number(packs?.n), octets, dead: Math.max(0, octets - live) },
    folders: folders.map(row => ({ path: String(row.path), items: Number(row.items), octets: Number(row.octets) })),
    queued: { download: count('dlq'), import: count('stage'), upload: count(`op WHERE kind = 'append'`) },
    tombs: count('tomb'),
    conflicts: count('conflict'),
  }
}

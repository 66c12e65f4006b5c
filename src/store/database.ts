import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { PosternError } from '../errors.ts'
import type { StoreErrorCode } from './errors.ts'
import { SCHEMA_V1 } from './schema/v1.ts'

/** The schema that this program writes. */
export const SCHEMA_VERSION = 1
const BUSY_TIMEOUT_MS = 10_000 // a reader never waits in WAL; a writer only for another one, or a checkpoint
const CACHE_KIB = 8192
const CHECKPOINT_PAGES = 8192 // 32 MB: a checkpoint syncs the whole database, and a first pull writes much

/** A row as SQLite gives it. */
export type Row = Readonly<Record<string, unknown>>

/** A connection with its prepared statements. */
export class Database implements Disposable {
  readonly #database: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()
  #isDurable = true

  private constructor(database: DatabaseSync) {
    this.#database = database
  }

  /**
   * Opens the store's database for writing and brings its schema up to date.
   *
   * @throws {PosternError} STORE_NEWER_SCHEMA, STORE_UNREADABLE
   */
  static openWriter(file: string): Database {
    const database = open(file, false)
    database.exec('PRAGMA journal_mode = WAL')
    database.exec('PRAGMA synchronous = FULL')
    database.exec('PRAGMA foreign_keys = ON')
    database.exec(`PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`)
    migrate(database, file)
    return new Database(database)
  }

  /** Opens it for reading; a reader never blocks the writer, nor waits for it. */
  static openReader(file: string): Database {
    const database = open(file, true)
    checkVersion(database, file)
    return new Database(database)
  }

  all(sql: string, ...values: SQLInputValue[]): readonly Row[] {
    return this.#statement(sql).all(...values)
  }

  iterate(sql: string, ...values: SQLInputValue[]): Iterable<Row> {
    return this.#statement(sql).iterate(...values)
  }

  find(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.#statement(sql).get(...values)
  }

  /** Runs a statement that changes rows and counts them. */
  run(sql: string, ...values: SQLInputValue[]): { readonly changes: number; readonly lastRowId: number } {
    const { changes, lastInsertRowid } = this.#statement(sql).run(...values)
    return { changes: Number(changes), lastRowId: Number(lastInsertRowid) }
  }

  /**
   * Runs `work` in one transaction: all of it, or nothing. Without `isDurable` a power failure may undo it, together with
   * nothing that was committed before and everything that comes after it.
   */
  transaction<Result>(work: () => Result, isDurable: boolean): Result {
    if (isDurable !== this.#isDurable) {
      this.#database.exec(`PRAGMA synchronous = ${isDurable ? 'FULL' : 'NORMAL'}`)
      this.#isDurable = isDurable
    }
    this.#database.exec('BEGIN IMMEDIATE')
    try {
      const result = work()
      this.#database.exec('COMMIT')
      return result
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
      throw translate(error)
    }
  }

  [Symbol.dispose](): void {
    this.#statements.clear()
    if (this.#database.isOpen) this.#database.close()
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql)
    if (!statement) {
      statement = this.#database.prepare(sql)
      this.#statements.set(sql, statement)
    }
    return statement
  }
}

function open(file: string, readOnly: boolean): DatabaseSync {
  try {
    const database = new DatabaseSync(file, { readOnly, timeout: BUSY_TIMEOUT_MS })
    database.exec(`PRAGMA cache_size = -${CACHE_KIB}`)
    return database
  } catch (error) {
    throw new PosternError<StoreErrorCode>('STORE_UNREADABLE', `The store ${file} cannot be opened: ${text(error)}`, {
      remedy: 'user',
      advice: 'Check that the file exists, is readable and lies on a healthy disk; restore it from a backup if not.',
      cause: error,
    })
  }
}

function migrate(database: DatabaseSync, file: string): void {
  const version = checkVersion(database, file)
  if (version === SCHEMA_VERSION) return
  database.exec('BEGIN IMMEDIATE')
  database.exec(SCHEMA_V1)
  database.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`)
  database.exec('COMMIT')
}

function checkVersion(database: DatabaseSync, file: string): number {
  const version = readVersion(database, file)
  if (version <= SCHEMA_VERSION) return version
  database.close()
  throw new PosternError<StoreErrorCode>(
    'STORE_NEWER_SCHEMA',
    `The store ${file} was written by a newer Postern (schema ${version}, this one knows ${SCHEMA_VERSION}).`,
    { remedy: 'user', advice: 'Install the newer version again. Nothing was changed.' },
  )
}

function readVersion(database: DatabaseSync, file: string): number {
  try {
    return Number(database.prepare('PRAGMA user_version').get()?.user_version)
  } catch (error) {
    throw new PosternError<StoreErrorCode>('STORE_UNREADABLE', `The store ${file} is no database: ${text(error)}`, {
      remedy: 'user',
      advice: 'Restore it from a backup, or move it away: Postern then fetches everything again from the server.',
      cause: error,
    })
  }
}

const SQLITE_FULL = 13
const SQLITE_IOERR = 10
const SQLITE_READONLY = 8
const PRIMARY_CODE = 0xff // the low octet of an extended result code

function translate(error: unknown): unknown {
  const code = error instanceof Error && 'errcode' in error ? Number(error.errcode) & PRIMARY_CODE : undefined
  if (code === SQLITE_FULL) return diskFull(error)
  if (code !== SQLITE_IOERR && code !== SQLITE_READONLY) return error
  return writeFailed(error)
}

/** Says that the disk is full; nothing is lost, the work is repeated. */
export function diskFull(cause: unknown): PosternError {
  return new PosternError<StoreErrorCode>('STORE_DISK_FULL', 'The disk with the local store is full.', {
    remedy: 'user',
    advice: 'Free some space; Postern goes on by itself where it stopped.',
    cause,
  })
}

/** Says that the disk does not take what is written. */
export function writeFailed(cause: unknown): PosternError {
  return new PosternError<StoreErrorCode>('STORE_WRITE_FAILED', `The local store cannot be written: ${text(cause)}`, {
    remedy: 'user',
    advice: 'Check the disk and the permissions of the folder; what is stored already stays as it is.',
    cause,
  })
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

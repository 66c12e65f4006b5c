import { backup, DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { PosternError } from '../errors.ts'
import { databaseFailure, isIoFailure, textOf } from './disk-failure.ts'
import type { StoreErrorCode } from './errors.ts'
import { SCHEMA_V1 } from './schema/v1.ts'
import { SCHEMA_V2 } from './schema/v2.ts'
import { SCHEMA_V3 } from './schema/v3.ts'
import { SCHEMA_V4 } from './schema/v4.ts'
import { SCHEMA_V5 } from './schema/v5.ts'
import { SCHEMA_V6 } from './schema/v6.ts'

// Each makes its version of the one before.
const MIGRATIONS = [SCHEMA_V1, SCHEMA_V2, SCHEMA_V3, SCHEMA_V4, SCHEMA_V5, SCHEMA_V6]
/** The schema that this program writes. */
export const SCHEMA_VERSION = MIGRATIONS.length
const BUSY_TIMEOUT_MS = 10_000 // a reader never waits in WAL; a writer only for another one, or a checkpoint
const CACHE_KIB = 8192
const CHECKPOINT_PAGES = 8192 // 32 MB: a checkpoint syncs the whole database, and a first pull writes much

const BACKUP_PAGES = 2048 // copied in one step

/** A row as SQLite gives it. */
export type Row = Readonly<Record<string, unknown>>

/** A connection with its prepared statements. */
export class Database implements Disposable {
  readonly #database: DatabaseSync
  readonly #file: string
  readonly #statements = new Map<string, StatementSync>()
  #isDurable = true
  #isSuspect = false
  /** Whether it was made by being opened. */
  readonly isNew: boolean
  /** Of its schema, when it was opened; 0 for none. */
  readonly version: number

  private constructor(database: DatabaseSync, file: string, { isNew = false, version = SCHEMA_VERSION } = {}) {
    this.#database = database
    this.#file = file
    this.isNew = isNew
    this.version = version
  }

  /**
   * Opens the store's database for writing and brings its schema up to date.
   *
   * @throws {PosternError} STORE_NEWER_SCHEMA, STORE_UNREADABLE, STORE_DISK_FULL, STORE_WRITE_FAILED
   */
  static openWriter(file: string): Database {
    const database = open(file, false)
    let isNew = false
    try {
      checkVersion(database, file)
      database.exec('PRAGMA journal_mode = WAL')
      database.exec('PRAGMA synchronous = FULL')
      database.exec('PRAGMA foreign_keys = ON')
      database.exec(`PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`)
      isNew = migrate(database, file)
    } catch (error) {
      if (database.isOpen) database.close()
      throw databaseFailure(file, error)
    }
    return new Database(database, file, { isNew })
  }

  /** Opens it for reading; a reader never blocks the writer, nor waits for it. */
  static openReader(file: string): Database {
    const database = open(file, true)
    return new Database(database, file, { version: checkVersion(database, file) })
  }

  /** Opens a database other than the store's; who opens it looks after its schema. */
  static openOther(file: string, readOnly: boolean): Database {
    return new Database(open(file, readOnly), file)
  }

  /** Whether a write failed in a way that leaves doubt about what the system holds: it must be opened anew. */
  get isSuspect(): boolean {
    return this.#isSuspect
  }

  all(sql: string, ...values: SQLInputValue[]): readonly Row[] {
    return this.#told(() => this.#statement(sql).all(...values))
  }

  *iterate(sql: string, ...values: SQLInputValue[]): Generator<Row> {
    try {
      for (const row of this.#statement(sql).iterate(...values)) yield row
    } catch (error) {
      throw databaseFailure(this.#file, error)
    }
  }

  find(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.#told(() => this.#statement(sql).get(...values))
  }

  /** Runs a statement that changes rows and counts them. */
  run(sql: string, ...values: SQLInputValue[]): { readonly changes: number; readonly lastRowId: number } {
    const { changes, lastInsertRowid } = this.#told(() => this.#statement(sql).run(...values))
    return { changes: Number(changes), lastRowId: Number(lastInsertRowid) }
  }

  /**
   * Runs `work` in one transaction: all of it, or nothing. Without `isDurable` a power failure may undo it, together with
   * nothing that was committed before and everything that comes after it.
   */
  transaction<Result>(work: () => Result, isDurable: boolean): Result {
    try {
      if (isDurable !== this.#isDurable) {
        this.#database.exec(`PRAGMA synchronous = ${isDurable ? 'FULL' : 'NORMAL'}`)
        this.#isDurable = isDurable
      }
      this.#database.exec('BEGIN IMMEDIATE')
      const result = work()
      this.#database.exec('COMMIT')
      return result
    } catch (error) {
      this.#isSuspect ||= isIoFailure(error)
      this.#rollBack()
      throw databaseFailure(this.#file, error)
    }
  }

  /** Runs a statement that may not stand in a transaction, or a PRAGMA. */
  exec(sql: string): void {
    this.#told(() => this.#database.exec(sql))
  }

  /** Copies the database as it is at one moment into a new file, while it goes on being used. */
  async backupTo(file: string, onProgress: (done: number, total: number) => void): Promise<void> {
    try {
      await backup(this.#database, file, {
        rate: BACKUP_PAGES,
        progress: ({ totalPages, remainingPages }) => onProgress(totalPages - remainingPages, totalPages),
      })
    } catch (error) {
      throw databaseFailure(file, error)
    }
  }

  [Symbol.dispose](): void {
    this.#statements.clear()
    if (this.#database.isOpen) this.#database.close()
  }

  // SQLite may have rolled back by itself, and a disk that takes no COMMIT may take no ROLLBACK.
  #rollBack(): void {
    try {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
    } catch {
      this.#isSuspect = true // opened anew, SQLite undoes it
    }
  }

  #told<Result>(work: () => Result): Result {
    try {
      return work()
    } catch (error) {
      throw databaseFailure(this.#file, error)
    }
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
    const failure = databaseFailure(file, error)
    // Even a reader needs a little space, for what it shares with the writer.
    if (!readOnly || (failure instanceof PosternError && failure.code === 'STORE_DISK_FULL')) throw failure
    throw new PosternError<StoreErrorCode>('STORE_UNREADABLE', `The store ${file} cannot be opened: ${textOf(error)}`, {
      remedy: 'user',
      advice: 'Check that the file exists and is readable; if the disk is healthy: postern store repair.',
      cause: error,
    })
  }
}

/** Makes the schema, or brings it up to date: all of it or nothing. True when there was none. */
function migrate(database: DatabaseSync, file: string): boolean {
  const version = readVersion(database, file)
  if (version === SCHEMA_VERSION) return false
  database.exec('BEGIN IMMEDIATE')
  for (const migration of MIGRATIONS.slice(version)) database.exec(migration)
  database.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`)
  database.exec('COMMIT')
  return version === 0
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
    database.close()
    throw databaseFailure(file, error)
  }
}

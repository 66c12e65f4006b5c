import { mkdirSync, readdirSync, rmSync, statfsSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { PosternError } from '../errors.ts'
import type { Logger } from '../log/logger.ts'
import { Database } from './database.ts'
import type { StoreErrorCode } from './errors.ts'
import { lockExclusively } from './exclusive-lock.ts'
import { packFile, packOfFile } from './pack-format.ts'
import { PackReader } from './pack-reader.ts'
import { type PackEnd, PackWriter } from './pack-writer.ts'
import { DATABASE_FILE, PACKS_DIR, StoreReader } from './reader.ts'
import { Transactor } from './transactor.ts'

const LOCK_FILE = 'writer.lock'
const LOCK_WAIT_MS = 10_000 // an engine whose daemon was killed needs a moment to notice

/** Options of {@link Store.open}. */
export interface StoreOptions {
  readonly clock: () => number
  readonly log: Logger
}

/** A profile's store with the right to write. There is one per profile: in the engine process. */
export class Store implements Disposable {
  readonly #database: Database
  readonly #packsDir: string
  readonly #clock: () => number
  readonly #lock: Disposable
  readonly read: StoreReader

  private constructor(lock: Disposable, database: Database, packsDir: string, clock: () => number) {
    this.#lock = lock
    this.#database = database
    this.#packsDir = packsDir
    this.#clock = clock
    this.read = new StoreReader(database, new PackReader(packsDir))
  }

  /**
   * Opens or makes the store in `dir` and cuts what a crash left behind the last commit.
   *
   * @throws {PosternError} STORE_NEWER_SCHEMA, STORE_UNREADABLE, STORE_NETWORK_FILESYSTEM, STORE_PACK_DAMAGED
   */
  static open(dir: string, { clock, log }: StoreOptions): Store {
    const packsDir = join(dir, PACKS_DIR)
    mkdirSync(packsDir, { recursive: true, mode: 0o700 })
    assertLocalFilesystem(dir)
    const lock = lockExclusively(join(dir, LOCK_FILE), LOCK_WAIT_MS)
    if (!lock) throw locked(dir)
    try {
      const database = Database.openWriter(join(dir, DATABASE_FILE))
      cutTornTails(database, packsDir, log)
      return new Store(lock, database, packsDir, clock)
    } catch (error) {
      lock[Symbol.dispose]()
      throw error
    }
  }

  /** Runs `change` in one transaction. Reads inside it see its own changes. */
  transact<Result>(change: (transactor: Transactor) => Result): Result {
    return this.#database.transaction(() => change(new Transactor(this.#database, this.#clock())), true)
  }

  /** The same for work that can be done again after a power failure: it does not wait for the disk. */
  transactRepeatable<Result>(change: (transactor: Transactor) => Result): Result {
    return this.#database.transaction(() => change(new Transactor(this.#database, this.#clock())), false)
  }

  /** Makes a writer that goes on where the last committed body ends. One at a time. */
  openPackWriter(): PackWriter {
    const row = this.#database.find('SELECT id, committed_octets FROM pack ORDER BY id DESC LIMIT 1')
    const last: PackEnd = row ? { pack: Number(row.id), octets: Number(row.committed_octets) } : { pack: 1, octets: 0 }
    return new PackWriter({ packsDir: this.#packsDir, last, clock: this.#clock })
  }

  [Symbol.dispose](): void {
    this.read[Symbol.dispose]()
    this.#lock[Symbol.dispose]()
  }
}

function locked(dir: string): PosternError {
  return new PosternError<StoreErrorCode>('STORE_LOCKED', `Another process is writing to the store in ${dir}.`, {
    remedy: 'retry',
    advice: 'It is probably just ending; if not, see which postern still runs.',
  })
}

function cutTornTails(database: Database, packsDir: string, log: Logger): void {
  const committed = new Map(
    database.all('SELECT id, committed_octets FROM pack').map(row => [Number(row.id), Number(row.committed_octets)]),
  )
  for (const name of readdirSync(packsDir)) {
    const pack = packOfFile(name)
    if (pack === undefined) continue
    const file = packFile(packsDir, pack)
    const [size, end] = [statSync(file).size, committed.get(pack)]
    if (end === undefined) rmSync(file)
    else if (size > end) truncateSync(file, end)
    else if (size < end) throw tooShort(file, size, end)
    if (end !== size) log.info({ pack, cutOctets: size - (end ?? 0) }, 'cut an unfinished end off a pack')
    committed.delete(pack)
  }
  for (const [pack, end] of committed) if (end > 0) throw tooShort(packFile(packsDir, pack), 0, end)
}

function tooShort(file: string, size: number, end: number): PosternError {
  return new PosternError<StoreErrorCode>(
    'STORE_PACK_DAMAGED',
    `${file} has ${size} octets, ${end} were stored in it.`,
    {
      remedy: 'user',
      advice: 'The disk lost data, or the file was changed. Restore the profile’s folder from a backup.',
    },
  )
}

const NETWORK_FILESYSTEMS: Readonly<Record<number, string>> = {
  26985: 'NFS',
  20859: 'SMB',
  4283649346: 'CIFS',
  4266872130: 'SMB2',
  1397113167: 'AFS',
}

function assertLocalFilesystem(dir: string): void {
  if (process.platform !== 'linux') return
  const name = NETWORK_FILESYSTEMS[Number(statfsSync(dir).type)]
  if (!name) return
  throw new PosternError<StoreErrorCode>(
    'STORE_NETWORK_FILESYSTEM',
    `${dir} lies on a network file system (${name}).`,
    {
      remedy: 'user',
      advice: 'Put POSTERN_HOME on a local disk: the store cannot be kept safe over a network.',
    },
  )
}

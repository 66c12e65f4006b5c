import { mkdirSync, statfsSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { PosternError } from '../errors.ts'
import type { Logger } from '../log/logger.ts'
import { Database } from './database.ts'
import { databaseFailure, fileFailure } from './disk-failure.ts'
import type { StoreErrorCode } from './errors.ts'
import { lockExclusively } from './exclusive-lock.ts'
import { cutTornTails, putPacksAside } from './packs/pack-files.ts'
import { PACKS_DIR } from './packs/pack-format.ts'
import { PackReader } from './packs/pack-reader.ts'
import { type PackEnd, PackWriter } from './packs/pack-writer.ts'
import { StoreReader } from './reader.ts'
import { finishRestore } from './store-folders.ts'
import { DATABASE_FILE } from './store-presence.ts'
import { Transactor } from './transactor.ts'

const LOCK_FILE = 'writer.lock'
const LOCK_WAIT_MS = 10_000 // an engine whose daemon was killed needs a moment to notice

/** Options of {@link Store.open}. */
export interface StoreOptions {
  readonly clock: () => number
  readonly log: Logger
  /** Is called after every transaction. Must return at once, and not throw. */
  readonly onCommit?: () => void
}

/** A profile's store with the right to write. There is one per profile: in the engine process. */
export class Store implements Disposable {
  readonly #database: Database
  readonly #packsDir: string
  readonly #clock: () => number
  readonly #onCommit: () => void
  readonly #lock: Disposable
  /** The last pack whose sync failed: what comes goes into later ones. */
  #abandonedPack = 0
  #isSuspect = false
  readonly #busyPacks = new Set<number>()
  readonly dir: string
  readonly read: StoreReader

  private constructor(lock: Disposable, database: Database, dir: string, { clock, onCommit }: StoreOptions) {
    this.#lock = lock
    this.#database = database
    this.dir = dir
    this.#packsDir = join(dir, PACKS_DIR)
    this.#clock = clock
    this.#onCommit = onCommit ?? (() => undefined)
    this.read = new StoreReader(database, new PackReader(this.#packsDir))
  }

  /**
   * Opens or makes the store in `dir` and cuts what a crash left behind the last commit.
   *
   * @throws {PosternError} STORE_NEWER_SCHEMA, STORE_UNREADABLE, STORE_NETWORK_FILESYSTEM, STORE_PACK_DAMAGED,
   *   STORE_LOCKED, STORE_DISK_FULL, STORE_WRITE_FAILED
   */
  static open(dir: string, options: StoreOptions): Store {
    const { clock, log } = options
    const lock = lockStore(dir)
    try {
      const database = Database.openWriter(join(dir, DATABASE_FILE))
      try {
        if (database.isNew) putPacksAside(dir, clock(), log)
        cutTornTails(database, join(dir, PACKS_DIR), log)
        return new Store(lock, database, dir, options)
      } catch (error) {
        database[Symbol.dispose]()
        throw error
      }
    } catch (error) {
      lock[Symbol.dispose]()
      throw error
    }
  }

  /** Whether the disk failed in a way after which the store should be closed and opened anew. */
  get isSuspect(): boolean {
    return this.#isSuspect || this.#database.isSuspect
  }

  /** The database itself, for what looks after the store as a whole. */
  get database(): Database {
    return this.#database
  }

  /** Runs `change` in one transaction. Reads inside it see its own changes. */
  transact<Result>(change: (transactor: Transactor) => Result): Result {
    return this.#transaction(change, true)
  }

  /** The same for work that can be done again after a power failure: it does not wait for the disk. */
  transactRepeatable<Result>(change: (transactor: Transactor) => Result): Result {
    return this.#transaction(change, false)
  }

  #transaction<Result>(change: (transactor: Transactor) => Result, isDurable: boolean): Result {
    const result = this.#database.transaction(() => change(new Transactor(this.#database, this.#clock())), isDurable)
    this.#onCommit()
    return result
  }

  /**
   * Makes a writer that goes on where the last committed body ends, or in a new pack. There may be several: no two write
   * to the same pack.
   */
  openPackWriter({ isFresh = false }: { readonly isFresh?: boolean } = {}): PackWriter {
    const claims: Disposable[] = []
    const claim = (pack: number) => {
      claims.push(this.#claim(pack))
      return pack
    }
    const last = this.#nextPackEnd(isFresh)
    claim(last.pack)
    return new PackWriter({
      packsDir: this.#packsDir,
      last,
      clock: this.#clock,
      nextPack: () => claim(this.#unusedPack()),
      onClosed: ({ isDistrusted, pack }) => {
        for (const each of claims) each[Symbol.dispose]()
        if (!isDistrusted) return
        this.#abandonedPack = Math.max(this.#abandonedPack, pack)
        this.#isSuspect = true
      },
    })
  }

  #nextPackEnd(isFresh: boolean): PackEnd {
    const row = this.#database.find('SELECT id, committed_octets, retired_at FROM pack ORDER BY id DESC LIMIT 1')
    const id = Number(row?.id ?? 0)
    const mayGoOn = row && !isFresh && row.retired_at === null && id > this.#abandonedPack && !this.#busyPacks.has(id)
    return mayGoOn ? { pack: id, octets: Number(row.committed_octets) } : { pack: this.#unusedPack(), octets: 0 }
  }

  /** Keeps writers out of a pack until the result is disposed of; undefined when one is at work in it. */
  claimPack(pack: number): Disposable | undefined {
    return this.#busyPacks.has(pack) ? undefined : this.#claim(pack)
  }

  #claim(pack: number): Disposable {
    this.#busyPacks.add(pack)
    return { [Symbol.dispose]: () => void this.#busyPacks.delete(pack) }
  }

  #unusedPack(): number {
    const known = Number(this.#database.find('SELECT max(id) AS id FROM pack')?.id ?? 0)
    return Math.max(known, this.#abandonedPack, ...this.#busyPacks) + 1
  }

  [Symbol.dispose](): void {
    this.read[Symbol.dispose]()
    this.#lock[Symbol.dispose]()
  }
}

/**
 * Makes a store's folder if it is new, and takes the right to write there.
 *
 * @throws {PosternError} STORE_LOCKED, STORE_NETWORK_FILESYSTEM, STORE_DISK_FULL, STORE_WRITE_FAILED
 */
export function lockStore(dir: string): Disposable {
  try {
    finishRestore(dir)
    mkdirSync(join(dir, PACKS_DIR), { recursive: true, mode: 0o700 })
  } catch (error) {
    throw fileFailure(dir, error)
  }
  assertLocalFilesystem(dir)
  const file = join(dir, LOCK_FILE)
  const lock = takeLock(file)
  if (lock) return lock
  throw locked(dir)
}

function takeLock(file: string): Disposable | undefined {
  try {
    return lockExclusively(file, LOCK_WAIT_MS)
  } catch (error) {
    throw databaseFailure(file, error)
  }
}

function locked(dir: string): PosternError {
  return new PosternError<StoreErrorCode>('STORE_LOCKED', `Another process is writing to the store in ${dir}.`, {
    remedy: 'retry',
    advice: 'It is probably just ending; if not, see which postern still runs.',
  })
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

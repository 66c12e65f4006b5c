import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { pino } from 'pino'
import { summarizeHeader } from '../../../src/formats/mail/header-summary.ts'
import { packFlags } from '../../../src/store/flags.ts'
import { PACKS_DIR } from '../../../src/store/packs/pack-format.ts'
import { PackReader } from '../../../src/store/packs/pack-reader.ts'
import { Store } from '../../../src/store/store.ts'
import { DATABASE_FILE } from '../../../src/store/store-presence.ts'
import { digestBody } from '../../../src/sync/download/digest.ts'
import { SyncEngine } from '../../../src/sync/engine.ts'
import { headerHash } from '../../../src/sync/local/header-hash.ts'
import type { SyncResult } from '../../../src/sync/progress.ts'
import { DEFAULT_SYNC_SETTINGS, type SyncSettings } from '../../../src/sync/settings.ts'
import { connectImap } from '../../../src/upstream/imap/client.ts'
import type { KeptSession } from '../../../src/upstream/imap/connection/kept-session.ts'

const HOUR_MS = 3_600_000
const log = pino({ level: 'silent' })

/** How the server is reached. */
export interface LocalSideOptions {
  readonly port: number
  readonly user: string
  readonly password: string
  readonly settings?: Partial<SyncSettings>
  /** Kept between two runs; each signs in when absent. */
  readonly session?: KeptSession | undefined
}

/** The real engine on a real store, against any server of this machine. */
export class LocalSide implements Disposable {
  readonly #dir = mkdtempSync(join(tmpdir(), 'postern-story-'))
  readonly #packs = new PackReader(join(this.#dir, PACKS_DIR))
  readonly #options: LocalSideOptions
  #skippedMs = 0
  readonly store: Store

  constructor(options: LocalSideOptions) {
    this.#options = options
    this.store = Store.open(this.#dir, { clock: () => this.#now(), log })
  }

  /** Runs one cycle, an hour after the one before: what waits for its next attempt may go on. */
  async sync(silenceTimeoutMs = 20_000, folders: readonly string[] = []): Promise<SyncResult> {
    this.#skippedMs += HOUR_MS
    const { port, user, password, settings, session } = this.#options
    const verifier = { secure: () => Promise.reject(new Error('TLS was begun')) }
    const options = { verifier, log, clientVersion: 'test', silenceTimeoutMs, signInTimeoutMs: silenceTimeoutMs }
    const account = {
      peer: { host: '127.0.0.1', port },
      security: 'none' as const,
      credentials: async () => ({ user, password }),
    }
    const engine = new SyncEngine({
      store: this.store,
      connect: signal => connectImap(account, options, signal, session),
      importer: { digest: async rows => rows.map(row => digestBody(this.#packs, row)) },
      settings: { ...DEFAULT_SYNC_SETTINGS, ...settings },
      log,
      clock: () => this.#now(),
    })
    const { signal } = new AbortController()
    return await engine.run({ folders, scope: 'all', structure: 'also', onEvent: () => undefined, signal })
  }

  /** Adds a message as the user does; durable when it resolves. */
  async add(folder: number, octets: Buffer, flags: readonly string[]): Promise<void> {
    await using writer = this.store.openPackWriter()
    writer.begin(octets.length)
    writer.write(octets)
    const location = writer.end()
    const ends = await writer.sync()
    const digest = { sha256: Buffer.alloc(32), ...summarizeHeader(octets) }
    this.store.transact(transactor => {
      for (const { pack, octets } of ends) transactor.setPackEnd(pack, octets)
      const internalDateMs = this.#now()
      const message = { location, digest, headerHash: headerHash(octets), flags: packFlags(flags), internalDateMs }
      transactor.local.addMessage(folder, message)
    })
  }

  /** Whether a message waits here for its place in a folder of the server. */
  isCopying(subject: string, path: string): boolean {
    const { read } = this.store
    const folder = read.folders().find(each => each.path === path)
    return folder !== undefined && [...read.items(folder.id)].some(item => item.uid === 0 && item.subject === subject)
  }

  /** Whether the server is to be told, or is being told, of a move of such a message. */
  isMoving(subject: string): boolean {
    using database = new DatabaseSync(join(this.#dir, DATABASE_FILE), { readOnly: true })
    const sql = 'SELECT 1 FROM item WHERE subject = ? AND uid > 0 AND folder <> remote_folder LIMIT 1'
    return database.prepare(sql).get(subject) !== undefined
  }

  /** What the store's ledger tells of the messages with a subject. */
  history(subject: string): string[] {
    const database = new DatabaseSync(join(this.#dir, DATABASE_FILE), { readOnly: true })
    // With copies of it that are gone without a tomb.
    const sql = `WITH known(id) AS (SELECT id FROM item WHERE subject = ?1 UNION SELECT item FROM tomb WHERE subject = ?1)
      SELECT ledger.item, ledger.event, ledger.uid, ledger.detail, folder.path FROM ledger
      LEFT JOIN folder ON folder.id = ledger.folder
      WHERE item IN (SELECT id FROM known UNION SELECT item FROM ledger JOIN known
        ON event = 'copied' AND detail = 'from ' || known.id) ORDER BY seq`
    const rows = database.prepare(sql).all(subject)
    const queues = ['dlq', 'stage', 'ignored', 'expunge', 'op'].flatMap(table =>
      database.prepare(`SELECT '${table}' AS queue, * FROM ${table}`).all(),
    )
    database.close()
    return [
      ...rows.map(({ item, event, uid, detail, path }) => `item ${item}: ${event} ${path} ${uid} ${detail ?? ''}`),
      ...queues.map(row => JSON.stringify(row)),
    ]
  }

  [Symbol.dispose](): void {
    this.#options.session?.drop()
    this.#packs[Symbol.dispose]()
    this.store[Symbol.dispose]()
    rmSync(this.#dir, { recursive: true, force: true })
  }

  #now(): number {
    return Date.now() + this.#skippedMs
  }
}

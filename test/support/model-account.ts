import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { PosternError } from '../../src/errors.ts'
import { PACKS_DIR } from '../../src/store/packs/pack-format.ts'
import { PackReader } from '../../src/store/packs/pack-reader.ts'
import type { ItemRow } from '../../src/store/rows.ts'
import { Store } from '../../src/store/store.ts'
import type { SyncRun } from '../../src/sync/cycle.ts'
import { digestBody } from '../../src/sync/download/digest.ts'
import type { Importer } from '../../src/sync/download/importer.ts'
import { SyncEngine } from '../../src/sync/engine.ts'
import { applyLocalChange, type LocalChange } from '../../src/sync/local/local-change.ts'
import type { SyncResult } from '../../src/sync/progress.ts'
import { DEFAULT_SYNC_SETTINGS, type SyncSettings } from '../../src/sync/settings.ts'
import { Faults } from './model/faults.ts'
import { ModelRemote } from './model/remote.ts'
import { ModelServer } from './model/server.ts'
import { TestClock } from './store.ts'

const log = pino({ level: 'silent' })

/** An account of the model server with its store: the real engine and store, no faults, no network. */
export class ModelAccount implements Disposable {
  settings: SyncSettings = DEFAULT_SYNC_SETTINGS
  server = new ModelServer(['INBOX', 'Archive'])
  /** Whether runs read the list of folders. */
  structure: SyncRun['structure'] = 'also'
  /** Changes how the server behaves on a connection. */
  connected = (remote: ModelRemote): ModelRemote => remote
  /** What the engine and the user see of the store. */
  guard: (store: Store) => Store = store => store
  /** Is called after every transaction. */
  onCommit: () => void = () => undefined
  readonly clock = new TestClock()
  readonly root: string
  readonly dir: string
  #open: Store | undefined

  /** `place` is the folder in which its own is made. */
  constructor(place = tmpdir()) {
    this.root = mkdtempSync(join(place, 'postern-account-'))
    this.dir = join(this.root, 'store')
  }

  get store(): Store {
    this.#open ??= Store.open(this.dir, { clock: this.clock.now, log, onCommit: () => this.onCommit() })
    return this.#open
  }

  get options() {
    return { clock: this.clock.now, log }
  }

  /** Closes the store; the next use opens it again. */
  close(): void {
    this.#open?.[Symbol.dispose]()
    this.#open = undefined
  }

  /** Puts messages on the server. */
  deliver(path: string, ...subjects: readonly string[]): void {
    for (const subject of subjects) this.server.append(path, messageOf(subject), [], this.clock.ms)
  }

  /** Runs once; with another importer where a test wants one. */
  async sync(given?: Importer): Promise<SyncResult> {
    this.clock.ms += 60_000
    const packs = new PackReader(join(this.dir, PACKS_DIR))
    const importer = given ?? { digest: async rows => rows.map(row => digestBody(packs, row)) }
    const features = { delta: 'qresync', move: true, givesUids: true, multiAppend: true } as const
    const connect = async () => this.connected(new ModelRemote(this.server, new Faults(() => 1), features))
    const options = { store: this.guard(this.store), connect, importer, settings: this.settings, log }
    const engine = new SyncEngine({ ...options, clock: this.clock.now })
    const { signal } = new AbortController()
    try {
      return await engine.run({
        folders: [],
        scope: 'all',
        structure: this.structure,
        onEvent: () => undefined,
        signal,
      })
    } finally {
      packs[Symbol.dispose]()
    }
  }

  /** Runs once; the server takes what is appended, and the connection is lost before it can say so. */
  async loseAppend(): Promise<void> {
    const { append } = ModelRemote.prototype
    ModelRemote.prototype.append = async function (this: ModelRemote, ...args) {
      await append.apply(this, args)
      throw new PosternError('UPSTREAM_LOST', 'after the last octet', { remedy: 'retry', advice: '-' })
    }
    try {
      const failure = await this.sync().catch((error: unknown) => error)
      if (!(failure instanceof PosternError)) throw new Error('no answer was lost')
    } finally {
      ModelRemote.prototype.append = append
    }
  }

  change(change: LocalChange) {
    return applyLocalChange(this.guard(this.store), change, this.clock.now)
  }

  items(path: string): ItemRow[] {
    return [...this.store.read.items(this.store.read.getFolder(path).id)]
  }

  /** Subjects of the bodies of a folder, each body read and checked; `?` for one that cannot be read. */
  subjects(path: string): string[] {
    return this.items(path).map(item => {
      try {
        return subjectOf(Buffer.concat([...this.store.read.body(item.location)]))
      } catch {
        return '?'
      }
    })
  }

  serverSubjects(path: string): string[] {
    return [...this.server.folder(path).messages.values()].map(({ octets }) => subjectOf(octets))
  }

  [Symbol.dispose](): void {
    this.close()
    rmSync(this.root, { recursive: true, force: true })
  }
}

/** A message that is recognised by its subject. */
export function messageOf(subject: string, octets = 200): Buffer {
  return Buffer.from(`Message-ID: <${subject}@x>\r\nSubject: ${subject}\r\n\r\n${'.'.repeat(octets)}\r\n`)
}

function subjectOf(octets: Buffer): string {
  return /Subject: (\S+)/.exec(octets.toString('latin1'))?.[1] ?? ''
}

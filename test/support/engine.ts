import { join } from 'node:path'
import { pino } from 'pino'
import type { Test } from 'tap'
import { PackReader } from '../../src/store/packs/pack-reader.ts'
import type { ItemRow } from '../../src/store/rows.ts'
import { Store } from '../../src/store/store.ts'
import { digestBody } from '../../src/sync/download/digest.ts'
import { SyncEngine } from '../../src/sync/engine.ts'
import type { SyncResult } from '../../src/sync/progress.ts'
import type { ConnectMail } from '../../src/sync/remote.ts'
import { DEFAULT_SYNC_SETTINGS, type SyncSettings } from '../../src/sync/settings.ts'
import { Faults } from './model/faults.ts'
import { ModelRemote } from './model/remote.ts'
import { ModelServer } from './model/server.ts'
import { TestClock } from './store.ts'

const log = pino({ level: 'silent' })
const FEATURES = { delta: 'qresync', move: true, givesUids: true, multiAppend: true } as const

/** The real engine on a real store against a model server, one run at a time, with settings that a test changes. */
export class EngineBench {
  readonly server: ModelServer
  readonly clock = new TestClock()
  readonly dir: string
  settings: SyncSettings = { ...DEFAULT_SYNC_SETTINGS, fullSyncThreshold: 0 }
  connect: ConnectMail
  store: Store

  constructor(t: Test, paths: readonly string[] = ['INBOX', 'Archive']) {
    this.dir = t.testdir()
    this.server = new ModelServer(paths)
    const faults = new Faults(() => 1)
    this.connect = async () => new ModelRemote(this.server, faults, FEATURES)
    this.store = this.#open()
    t.teardown(() => this.store[Symbol.dispose]())
  }

  /** Reads staged bodies, as the import worker does. */
  get importer() {
    const packs = new PackReader(join(this.dir, 'packs'))
    return {
      digest: async (rows: readonly Parameters<typeof digestBody>[1][]) => rows.map(row => digestBody(packs, row)),
    }
  }

  /** Runs one cycle over all folders. */
  async run(given: { sleep?: (ms: number) => Promise<void> } = {}): Promise<SyncResult> {
    const { store, connect, importer, settings, clock } = this
    const engine = new SyncEngine({ store, connect, importer, settings, log, clock: clock.now, ...given })
    const { signal } = new AbortController()
    return engine.run({ folders: [], scope: 'all', structure: 'also', onEvent: () => undefined, signal })
  }

  /** A new process with the same files. */
  reopen(): void {
    this.store[Symbol.dispose]()
    this.store = this.#open()
  }

  /** The items of a folder. */
  items(path = 'INBOX'): ItemRow[] {
    return [...this.store.read.items(this.store.read.getFolder(path).id)]
  }

  /** What is stored of an item. */
  text({ location }: ItemRow): string {
    return Buffer.concat([...this.store.read.body(location)]).toString()
  }

  /** Puts a message on the server and gives its UID. */
  add(subject: string, { octets = 100, daysOld = 0, flags = [] as string[], path = 'INBOX' } = {}): number {
    const head = `Message-ID: <${subject}@x>\r\nSubject: ${subject}\r\n\r\n`
    const text = `${head}${'x'.repeat(Math.max(0, octets - head.length - 1))}.`
    return this.server.append(path, Buffer.from(text), flags, this.clock.ms - daysOld * 86_400_000)
  }

  #open(): Store {
    return Store.open(this.dir, { clock: this.clock.now, log })
  }
}

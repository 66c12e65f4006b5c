import { hash } from 'node:crypto'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { pino } from 'pino'
import { PosternError } from '../../../src/errors.ts'
import { summarizeHeader } from '../../../src/formats/mail/header-summary.ts'
import { packFlags, unpackFlags } from '../../../src/store/flags.ts'
import { checkStore } from '../../../src/store/maintenance/repair/check-store.ts'
import { PACKS_DIR } from '../../../src/store/packs/pack-format.ts'
import { PackReader } from '../../../src/store/packs/pack-reader.ts'
import type { FolderRow, ItemRow } from '../../../src/store/rows.ts'
import { Store } from '../../../src/store/store.ts'
import { BodyFetcher, type FetchContext } from '../../../src/sync/download/body-fetcher.ts'
import { digestBody } from '../../../src/sync/download/digest.ts'
import { SyncEngine } from '../../../src/sync/engine.ts'
import { resumeFolder } from '../../../src/sync/plan/held-folders.ts'
import { DEFAULT_SYNC_SETTINGS, type SyncSettings } from '../../../src/sync/settings.ts'
import { finish } from '../store.ts'
import { Faults, Killed } from './faults.ts'
import { KeptVersions } from './kept-versions.ts'
import { pick, randomSource } from './random.ts'
import { type ModelFeatures, ModelRemote } from './remote.ts'
import { ModelServer } from './server.ts'
import { makeStoreDir } from './store-dir.ts'

const PATHS = ['INBOX', 'Archive', 'Other']
const BEGIN_MS = Date.UTC(2026, 0, 1)
const DEFAULT_MODE = { downloadMode: 'full', keepDays: 0, metered: false } as const
const THRESHOLD_MB = 0.000035 // between the shortest and the longest message
const FLAGS = ['\\Flagged', '\\Seen', '$Label1']
const log = pino({ level: 'silent' })

/** Makes the engine's store do something wrong, to prove that the model finds it out. */
export type PlantedBug = (store: Store) => Store

/** What is wrong in a world. */
export interface WorldOptions {
  readonly plant?: PlantedBug
  /** What the server's deltas hide. */
  readonly lie?: ModelFeatures['lie']
}

/**
 * The real engine on a real store, against a model server, with faults and a second client. Not modelled without MOVE,
 * where a message is in two folders for a moment: a second client that moves one of them, and a new UIDVALIDITY.
 */
export class World {
  readonly #random: () => number
  readonly #features: ModelFeatures
  #settings: SyncSettings
  readonly #faults: Faults
  readonly #server = new ModelServer(PATHS)
  // In memory where there is such a place: thousands of runs wait for no disk.
  readonly #dir = makeStoreDir()
  readonly #plant: PlantedBug
  readonly #alive = new Set<string>()
  readonly #killed = new Set<string>()
  readonly #moved = new Set<string>()
  /** Messages of which nobody can say whether they are one or two. */
  readonly #doublable = new Set<string>()
  readonly #lost: string[] = []
  readonly #accepted = new Set<number>()
  /** A folder with so much in it that the guard against mass deletion watches it. */
  readonly #crowded: string | undefined
  // Hours later each time: what waits for its next attempt may go on.
  readonly #clock = () => (this.#nowMs += 60_000)
  #nowMs = BEGIN_MS
  #store: Store
  // Not all is downloaded, and some cannot be.
  readonly #isModest: boolean
  #count = 0
  cycles = 0
  /** Whether a lying server was caught before the daily comparison. */
  isCaught = false
  faults = 0

  constructor(seed: number, { plant = store => store, lie }: WorldOptions = {}) {
    this.#random = randomSource(seed)
    this.#plant = plant
    const delta = pick(this.#random, ['qresync', 'condstore', 'none'] as const) ?? 'none'
    const move = this.#random() < 0.7
    this.#features = {
      lie,
      delta: lie ? 'qresync' : delta,
      move,
      givesUids: this.#random() < 0.8,
      multiAppend: this.#random() < 0.5,
      unsticky: move && !lie && seed % 5 === 0 ? 'Other' : undefined,
    }
    const fullSyncThreshold = lie || this.#random() < 0.7 ? 0 : 1024
    const conflictResolution = this.#random() < 0.5 ? 'server' : 'client'
    this.#settings = { ...DEFAULT_SYNC_SETTINGS, fullSyncThreshold, conflictResolution }
    this.#isModest = !lie && this.#random() < 0.5
    if (this.#isModest) this.#chooseMode()
    this.#faults = new Faults(this.#random)
    this.#crowded = !lie && !this.#isModest && this.#random() < 0.2 ? this.#path() : undefined
    for (let count = 0; this.#crowded && count < 70; count++) {
      this.#server.append(this.#crowded, this.#compose(), [], 1000 * this.#count)
    }
    this.#store = this.#open()
  }

  /** Lives through some events, then runs in peace; resolves to what is wrong at the end. */
  async run(events: number): Promise<readonly string[]> {
    try {
      this.#faults.meanwhile = () => (this.#random() < 0.6 ? this.#somebodyElse() : this.#userChanges())
      for (let event = 0; event < events; event++) await this.#event()
      this.#faults.meanwhile = undefined
      this.#faults.chance = 0
      this.#nowMs += 7 * 3_600_000 // the longest pause of uploads is over
      if (this.#isModest) await this.#wantEverything()
      await this.#calmDown()
      if (this.#features.lie) await this.#daysLater()
      return this.#problems()
    } finally {
      this.#store[Symbol.dispose]()
      rmSync(this.#dir, { recursive: true, force: true })
    }
  }

  async #calmDown(): Promise<void> {
    for (let cycle = 0; cycle < 6 || (this.#heldFolders().length > 0 && cycle < 20); cycle++) {
      await this.#answerGuards()
      await this.#cycle()
    }
    for (let cycle = 0; this.#crowded && cycle < 6; cycle++) await this.#cycle()
  }

  #heldFolders(): readonly FolderRow[] {
    return this.#store.read.folders().filter(({ state, deletions }) => state === 'paused' || deletions === 'held')
  }

  async #answerGuards(): Promise<void> {
    for (const { id } of this.#heldFolders()) {
      const consent = this.#random() < 0.5 ? 'accept' : 'restore'
      if (consent === 'accept') this.#accepted.add(id)
      await resumeFolder(this.#store, id, consent)
    }
  }

  // Much at once: the server forgets a folder or somebody moves all of it, or the user deletes all of it.
  #catastrophe(path: string): void {
    const dice = this.#random()
    const messages = [...this.#server.folder(path).messages]
    const others = PATHS.filter(other => other !== path)
    if (dice < 0.4) {
      for (const [uid, { octets }] of messages) {
        this.#killed.add(idOf(octets))
        this.#server.expunge(path, uid)
      }
    } else if (dice < 0.6 && this.#features.move) {
      for (const [uid] of messages) this.#server.move(path, uid, pick(this.#random, others) ?? path)
    } else {
      const folder = this.#store.read.folders().find(each => each.path === path)
      const items = folder ? [...this.#store.read.items(folder.id)] : []
      this.#store.transact(({ local }) => {
        for (const { id, subject } of items) {
          this.#killed.add(subject ?? '')
          local.delete(id, { isPermanent: true })
        }
      })
    }
  }

  // Then everything is compared, whatever the server says.
  async #daysLater(): Promise<void> {
    this.isCaught = this.#store.read.distrust() !== undefined
    this.#nowMs += 2 * 86_400_000
    for (let cycle = 0; cycle < 3; cycle++) await this.#cycle()
  }

  // Then nothing is here as a header only, and what was ignored comes as well.
  async #wantEverything(): Promise<void> {
    for (let cycle = 0; cycle < 2; cycle++) await this.#cycle()
    for (const { messages } of this.#server.folders.values()) {
      for (const message of messages.values()) message.poison = undefined
    }
    this.#settings = { ...this.#settings, ...DEFAULT_MODE }
    this.#store.transact(({ incoming }) => incoming.clearIgnored(undefined))
  }

  #chooseMode(): void {
    const modes = [
      DEFAULT_MODE,
      { ...DEFAULT_MODE, downloadMode: 'headers' },
      { ...DEFAULT_MODE, downloadMode: 'custom', downloadThresholdMb: THRESHOLD_MB },
      { ...DEFAULT_MODE, keepDays: 1 },
      { ...DEFAULT_MODE, metered: true },
    ] as const
    this.#settings = { ...this.#settings, ...pick(this.#random, modes) }
  }

  async #event(): Promise<void> {
    if (this.#isModest && this.#random() < 0.1) this.#chooseMode()
    if (this.#random() < 0.2) await this.#answerGuards()
    if (this.#crowded && this.#random() < 0.06) this.#catastrophe(this.#crowded)
    const dice = this.#random()
    if (dice < 0.15) await this.#create()
    else if (dice < 0.35) this.#userChanges()
    else if (dice < 0.6) this.#somebodyElse()
    else if (dice < 0.63 && this.#features.move) this.#server.renumber(this.#path())
    else {
      this.#faults.chance = this.#random() < 0.7 ? 0.06 : 0
      await this.#cycle()
    }
  }

  async #cycle(): Promise<void> {
    const connect = async () => new ModelRemote(this.#server, this.#faults, this.#features)
    const packs = new PackReader(join(this.#dir, PACKS_DIR))
    const importer = {
      digest: async (rows: Parameters<typeof digestBody>[1][]) => rows.map(row => digestBody(packs, row)),
    }
    const store = this.#plant(this.#faults.guard(this.#store))
    const options = { store, connect, importer: importer as never, settings: this.#settings, log }
    const engine = new SyncEngine({ ...options, clock: this.#clock })
    const { signal } = new AbortController()
    const kept = new KeptVersions(this.#store.database)
    try {
      this.cycles++
      const run = engine.run({ folders: [], scope: 'all', structure: 'also', onEvent: () => undefined, signal })
      const opened = this.#openItem({ ...options, onSignedIn: () => undefined }, signal)
      // Both of one process: when it is killed, both end.
      const ends = await Promise.allSettled([run, opened])
      const errors = ends.flatMap(end => (end.status === 'rejected' ? [end.reason] : []))
      if (errors.length > 0) throw errors.find(error => error instanceof Killed) ?? errors[0]
    } catch (error) {
      const isFault = error instanceof Killed || (error instanceof PosternError && /_LOST$|_BYE$/.test(error.code))
      if (!isFault) throw error
      this.faults++
      if (error instanceof Killed) {
        this.#store[Symbol.dispose]()
        this.#store = this.#open()
      }
      this.#faults.revive()
    } finally {
      packs[Symbol.dispose]()
      this.#lost.push(...kept.problems(this.#store.database, this.#accepted))
    }
  }

  // Somebody opens a message of which only the header is here, while a run is going on.
  async #openItem(context: FetchContext, signal: AbortSignal): Promise<void> {
    if (!this.#isModest || this.#random() < 0.7) return
    const items = PATHS.flatMap(path => {
      const folder = this.#store.read.folders().find(folder => folder.path === path)
      return folder ? [...this.#store.read.items(folder.id)] : []
    })
    const item = pick(
      this.#random,
      items.filter(({ bodyState }) => bodyState === 'header'),
    )
    if (item) await new BodyFetcher().fetch(context, [item.id], { onProgress: () => undefined, signal })
  }

  #open(): Store {
    return Store.open(this.#dir, { clock: this.#clock, log })
  }

  async #create(): Promise<void> {
    const folder = this.#store.read.folders().find(({ path }) => path === this.#path())
    if (!folder) return
    const octets = this.#compose()
    await using writer = this.#store.openPackWriter()
    writer.begin(octets.length)
    writer.write(octets)
    const location = writer.end()
    const ends = await writer.sync()
    const digest = { sha256: hash('sha256', octets, 'buffer'), ...summarizeHeader(octets) }
    const flags = packFlags(this.#random() < 0.5 ? ['\\Seen'] : [])
    this.#store.transact(transactor => {
      for (const { pack, octets } of ends) transactor.setPackEnd(pack, octets)
      const message = { location, digest, flags, internalDateMs: this.#dateMs() }
      transactor.local.addMessage(folder.id, message)
    })
  }

  #userChanges(): void {
    const folders = this.#store.read.folders()
    const item = pick(
      this.#random,
      folders.flatMap(({ id }) => [...this.#store.read.items(id)]),
    )
    if (!item) return
    const target = folders.find(({ path }) => path === this.#path())?.id ?? item.folder
    const dice = this.#random()
    this.#store.transact(({ local }) => {
      if (dice < 0.5) local.setFlags(item.id, this.#flagChange())
      else if (dice < 0.8) {
        local.move(item.id, target)
        this.#moved.add(item.subject ?? '')
      } else {
        this.#killed.add(item.subject ?? '')
        local.delete(item.id, { isPermanent: true })
      }
    })
  }

  #somebodyElse(): void {
    const path = this.#path()
    const uid = pick(this.#random, [...this.#server.folder(path).messages.keys()])
    const dice = this.#random()
    if (dice < 0.3 || uid === undefined) {
      const octets = this.#compose()
      const added = this.#server.append(path, octets, [], this.#dateMs())
      const message = this.#server.folder(path).messages.get(added)
      const isPoison = this.#isModest && this.#random() < 0.1
      if (message && isPoison) message.poison = pick(this.#random, ['lost', 'refused', 'missing'] as const)
    } else if (dice < 0.6) this.#server.store(path, uid, [this.#flag()], [this.#flag()])
    else if (dice < 0.75) {
      this.#killed.add(idOf(this.#server.folder(path).messages.get(uid)?.octets))
      this.#server.expunge(path, uid)
    } else if (this.#features.move || !this.#moved.has(idOf(this.#server.folder(path).messages.get(uid)?.octets))) {
      // Without MOVE there are two copies for a moment: a second client that moves one of them doubles the message.
      const to = this.#path()
      this.#noteUndecidable(idOf(this.#server.folder(path).messages.get(uid)?.octets), to)
      this.#server.move(path, uid, to)
    }
  }

  // Moved out of a folder whose UIDs were lost, seen elsewhere, and moved back before the folder is compared: the same
  // facts as a copy that was made elsewhere and deleted there.
  #noteUndecidable(id: string, to: string): void {
    if (this.#settings.conflictResolution === 'server') return
    const alike = this.#store.read
      .folders()
      .flatMap(({ id: folder, path }) =>
        [...this.#store.read.items(folder)].filter(({ subject }) => subject === id).map(({ uid }) => ({ path, uid })),
      )
    if (alike.length > 1 && alike.some(({ path, uid }) => path === to && uid === -1)) this.#doublable.add(id)
  }

  #compose(): Buffer {
    const id = `m${++this.#count}`
    this.#alive.add(id)
    const messageId = this.#random() < 0.7 ? `Message-ID: <${id}@x>\r\n` : ''
    return Buffer.from(`${messageId}Subject: ${id}\r\n\r\n${'x'.repeat(this.#count % 3)}.`)
  }

  // Nearly a day old: the setting keepDays sees them grow too old during a run.
  #dateMs(): number {
    return BEGIN_MS - 79_200_000 + 1000 * this.#count
  }

  #flagChange() {
    const [add, remove] = [this.#flag(), this.#flag()]
    return { add: packFlags([add]), remove: packFlags(remove === add ? [] : [remove]) }
  }

  #flag(): string {
    return pick(this.#random, FLAGS) ?? ''
  }

  #path(): string {
    return pick(this.#random, PATHS) ?? 'INBOX'
  }

  #problems(): string[] {
    const { problems: found } = finish(checkStore(this.#dir, { isFull: true }))
    const problems = [...this.#lost, ...found.map(({ message }) => message)]
    const distrust = this.#store.read.distrust()
    if (distrust && !this.#features.lie) problems.push(`an honest server is not believed: ${distrust.evidence}`)
    const { headersUploaded } = this.#server
    if (headersUploaded > 0) problems.push(`${headersUploaded} headers were uploaded as messages`)
    const counts = new Map<string, number>()
    for (const path of PATHS) {
      const server = [...this.#server.folder(path).messages].map(([uid, { octets, flags }]) => {
        const id = idOf(octets)
        counts.set(id, (counts.get(id) ?? 0) + 1)
        return `${uid}:${id}:${octets.length}:${[...flags].sort()}`
      })
      const folder = this.#store.read.getFolder(path)
      const local = [...this.#store.read.items(folder.id)].map(item => this.#describe(item))
      const [there, here] = [server.sort().join(' '), local.sort().join(' ')]
      if (there !== here) problems.push(`${path}: server ${there} | here ${here}`)
      const { queuedDownload, queuedImport, queuedUpload } = this.#store.read.counts(folder.id)
      if (queuedDownload + queuedImport + queuedUpload > 0) problems.push(`${path}: queues are not empty`)
    }
    for (const id of this.#alive) {
      const count = counts.get(id) ?? 0
      if (count > (this.#doublable.has(id) ? 2 : 1) || (count === 0 && !this.#killed.has(id)))
        problems.push(`${id} exists ${count} times`)
    }
    return problems
  }

  #describe({ uid, subject, flags, location }: ItemRow): string {
    const octets = Buffer.concat([...this.#store.read.body(location)])
    const id = idOf(octets)
    return `${uid}:${id}${id === subject ? '' : '!'}:${octets.length}:${unpackFlags(flags).sort()}`
  }
}

function idOf(octets: Buffer | undefined): string {
  return /Subject: (\S+)/.exec(octets?.toString() ?? '')?.[1] ?? ''
}

import { rmSync } from 'node:fs'
import { pino } from 'pino'
import { Store } from '../../../src/store/store.ts'
import { syncCollection } from '../../../src/sync/objects/sync-collection.ts'
import { isModelFault, ModelCollection, ModelCollectionRemote } from './collection.ts'
import { Faults, Killed } from './faults.ts'
import { pick, randomSource } from './random.ts'
import { makeStoreDir } from './store-dir.ts'
import type { PlantedBug } from './world.ts'

const log = pino({ level: 'silent' })

/** What is wrong in a world of objects. */
export interface CollectionWorldOptions {
  readonly plant?: PlantedBug
  readonly ignoresPreconditions?: boolean
}

/** The real engine of collections on a real store, against a model collection, with faults and a second client. */
export class CollectionWorld {
  readonly #random: () => number
  readonly #faults: Faults
  readonly #collection = new ModelCollection()
  readonly #dir = makeStoreDir()
  readonly #winner: 'server' | 'client'
  readonly #tellsEtags: boolean
  readonly #options: CollectionWorldOptions
  /** What the user wrote, and which of it the user replaced before it was told. */
  readonly #written = new Set<string>()
  readonly #replaced = new Set<string>()
  readonly #read = new Set<string>()
  #store: Store
  #nowMs = Date.UTC(2026, 0, 1)
  #count = 0
  faults = 0

  constructor(seed: number, options: CollectionWorldOptions = {}) {
    this.#random = randomSource(seed)
    this.#options = options
    this.#winner = this.#random() < 0.5 ? 'server' : 'client'
    this.#tellsEtags = this.#random() < 0.8
    this.#faults = new Faults(this.#random)
    this.#store = this.#open()
    this.#store.transact(transactor => transactor.ensureInbox()) // any folder will do
  }

  /** Lives through some events, then runs in peace; resolves to what is wrong at the end. */
  async run(events: number): Promise<readonly string[]> {
    try {
      this.#faults.meanwhile = () => this.#somebodyElse()
      for (let event = 0; event < events; event++) await this.#event()
      this.#faults.meanwhile = undefined
      this.#faults.chance = 0
      for (let cycle = 0; cycle < 6; cycle++) await this.#cycle()
      return this.#problems()
    } finally {
      this.#store[Symbol.dispose]()
      rmSync(this.#dir, { recursive: true, force: true })
    }
  }

  async #event(): Promise<void> {
    const dice = this.#random()
    if (dice < 0.35) this.#userChanges()
    else if (dice < 0.6) this.#somebodyElse()
    else {
      this.#faults.chance = this.#random() < 0.7 ? 0.1 : 0
      await this.#cycle()
    }
  }

  async #cycle(): Promise<void> {
    const folder = this.#store.read.getFolder('INBOX')
    const store = (this.#options.plant ?? (each => each))(this.#faults.guard(this.#store))
    const remote = new ModelCollectionRemote(this.#collection, this.#faults, {
      ignoresPreconditions: this.#options.ignoresPreconditions ?? false,
      tellsEtags: this.#tellsEtags,
      onRead: text => this.#read.add(text),
    })
    const settings = { conflictResolution: this.#winner }
    try {
      await syncCollection({ store, remote, account: 'a', settings, log, clock: this.#clock }, folder)
    } catch (error) {
      if (!(error instanceof Killed) && !isModelFault(error)) throw error
      this.faults++
      if (error instanceof Killed) {
        this.#store[Symbol.dispose]()
        this.#store = this.#open()
      }
      this.#faults.revive()
    }
  }

  readonly #clock = () => (this.#nowMs += 60_000)

  #open(): Store {
    return Store.open(this.#dir, { clock: this.#clock, log })
  }

  #userChanges(): void {
    const { id: folder } = this.#store.read.getFolder('INBOX')
    const object = pick(this.#random, this.#store.read.objects.list(folder))
    if (this.#random() < 0.15) {
      this.#userBringsBack(folder)
      return
    }
    const dice = this.#random()
    const text = `L${++this.#count}`
    if (object?.isDirty && dice >= 0.35) this.#replaced.add(object.octets.toString())
    if (dice < 0.85) this.#written.add(dice < 0.35 || object ? text : '')
    this.#store.transact(({ objects }) => {
      if (dice < 0.35) objects.create(folder, `h${this.#count}`, Buffer.from(text))
      else if (object && dice < 0.85) objects.edit(object.id, Buffer.from(text))
      else if (object) objects.delete(object.id)
    })
  }

  /** What was deleted, or a version that lost. */
  #userBringsBack(folder: number): void {
    const { objects, keptObjects } = this.#store.read
    const deleted = pick(this.#random, [...keptObjects.deleted(folder)])
    const loser = pick(this.#random, keptObjects.conflicts())
    if (deleted && (!loser || this.#random() < 0.5)) {
      this.#store.transact(({ objectUndo }) => objectUndo.restore(deleted.object))
    } else if (loser) {
      const now = objects.find(loser.object)
      if (now?.isDirty) this.#replaced.add(now.octets.toString())
      this.#store.transact(({ objectUndo }) => objectUndo.restoreLoser(loser.id))
    }
  }

  #somebodyElse(): void {
    const href = pick(this.#random, [...this.#collection.members.keys()])
    const dice = this.#random()
    const text = `S${++this.#count}`
    if (dice < 0.3 || href === undefined) this.#collection.write('other', `h${this.#count}`, text)
    else this.#collection.write('other', href, dice < 0.8 ? text : undefined)
  }

  #problems(): string[] {
    const problems: string[] = []
    const { id: folder } = this.#store.read.getFolder('INBOX')
    const { objects } = this.#store.read
    const there = [...this.#collection.members].map(([href, { text }]) => `${href}:${text}`).sort()
    const here = objects.list(folder).map(({ href, octets }) => `${href}:${octets}`)
    if (there.join(' ') !== here.sort().join(' ')) problems.push(`server ${there.join(' ')} | here ${here.join(' ')}`)
    const isOpen =
      objects.queue(folder, Number.MAX_SAFE_INTEGER, 1).length > 0 ||
      objects.pending(folder, Number.MAX_SAFE_INTEGER).length > 0
    if (isOpen) problems.push('queues are not empty')
    const kept = new Set(objects.losers(folder).map(({ octets }) => octets.toString()))
    const mistaken = objects
      .losers(folder)
      .filter(({ side, octets }) => side === 'server' && octets.toString().startsWith('L'))
    for (const { octets } of mistaken) problems.push(`our own ${octets} was taken for somebody else’s`)
    const ours = this.#collection.history.filter(({ by }) => by === 'us')
    const uploaded = new Set(ours.map(({ text }) => text))
    for (const text of this.#written) {
      if (text !== '' && !uploaded.has(text) && !kept.has(text) && !this.#replaced.has(text))
        problems.push(`${text} is lost`)
    }
    for (const { over } of ours) {
      if (over?.startsWith('S') && !this.#read.has(over)) problems.push(`${over} was overwritten unread`)
    }
    return problems
  }
}

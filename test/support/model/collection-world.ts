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
const FOLDER = { path: 'Work' } as const
const PLACE = '/work/'
const HOUR_MS = 3_600_000

/** What is wrong in a world of objects. */
export interface CollectionWorldOptions {
  readonly plant?: PlantedBug
  readonly ignoresPreconditions?: boolean
}

/** The real engine of collections on a real store, against a model collection, with faults and a second client. */
export class CollectionWorld {
  readonly #random: () => number
  readonly #faults: Faults
  #collection = new ModelCollection()
  readonly #past: ModelCollection[] = []
  #account = 'a0'
  readonly #dir = makeStoreDir()
  readonly #winner: 'server' | 'client'
  readonly #tellsEtags: boolean
  readonly #options: CollectionWorldOptions
  /** What the user wrote, and which of it the user replaced before it was told. */
  readonly #written = new Set<string>()
  readonly #replaced = new Set<string>()
  readonly #read = new Set<string>()
  /** What was here, and there, when it was bound to an account; and what somebody replaced or deleted who had seen it. */
  readonly #met = new Set<string>()
  #metThere: readonly string[] = []
  readonly #gone = new Set<string>()
  readonly #copied = new Set<string>()
  /** UIDs of what the user brought back beside what is there. */
  readonly #broughtBack = new Set<string>()
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
    this.#store.transact(({ collections }) => {
      collections.belongTo(this.#account)
      collections.put({ ...FOLDER, kind: 'calendar', href: PLACE, components: ['VEVENT'], isReadOnly: false })
    })
  }

  /** Lives through some events, then runs in peace; resolves to what is wrong at the end. */
  async run(events: number): Promise<readonly string[]> {
    try {
      this.#faults.meanwhile = () => this.#somebodyElse()
      for (let event = 0; event < events; event++) await this.#event()
      this.#faults.meanwhile = undefined
      this.#faults.chance = 0
      for (let cycle = 0; cycle < 6; cycle++) {
        this.#nowMs += HOUR_MS // what has failed is tried again after half an hour
        await this.#cycle()
      }
      return this.#problems()
    } finally {
      this.#store[Symbol.dispose]()
      rmSync(this.#dir, { recursive: true, force: true })
    }
  }

  async #event(): Promise<void> {
    const dice = this.#random()
    if (dice < 0.03) this.#bind()
    else if (dice < 0.35) this.#userChanges()
    else if (dice < 0.6) this.#somebodyElse()
    else {
      this.#faults.chance = this.#random() < 0.7 ? 0.1 : 0
      await this.#cycle()
    }
  }

  async #cycle(): Promise<void> {
    const folder = this.#store.read.getAnyFolder(FOLDER.path)
    const store = (this.#options.plant ?? (each => each))(this.#faults.guard(this.#store))
    const remote = new ModelCollectionRemote(this.#collection, this.#faults, {
      ignoresPreconditions: this.#options.ignoresPreconditions ?? false,
      tellsEtags: this.#tellsEtags,
      onRead: text => this.#read.add(nameIn(text)),
    })
    const settings = { conflictResolution: this.#winner }
    try {
      await syncCollection({ store, remote, account: this.#account, settings, log, clock: this.#clock }, folder)
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
    const { id: folder } = this.#store.read.getAnyFolder(FOLDER.path)
    const object = pick(this.#random, this.#store.read.objects.list(folder))
    if (this.#random() < 0.15) {
      this.#userBringsBack(folder)
      return
    }
    const dice = this.#random()
    const name = `L${++this.#count}`
    if (object?.isDirty && dice >= 0.35) this.#replaced.add(nameIn(object.octets))
    if (object && dice >= 0.35) this.#gone.add(nameIn(object.octets))
    if (dice < 0.85) this.#written.add(dice < 0.35 || object ? name : '')
    this.#store.transact(({ objects }) => {
      if (dice < 0.35) objects.create(folder, `${PLACE}h${this.#count}.ics`, entry(name, name))
      else if (object && dice < 0.85) objects.edit(object.id, entry(uidIn(object.octets), name))
      else if (object) objects.delete(object.id)
    })
  }

  /** What was deleted, or a version that lost. */
  #userBringsBack(folder: number): void {
    const { objects, keptObjects } = this.#store.read
    const deleted = pick(this.#random, [...keptObjects.deleted(folder)])
    const loser = pick(this.#random, keptObjects.conflicts())
    const chosen = deleted && (!loser || this.#random() < 0.5) ? deleted : loser
    if (chosen) this.#broughtBack.add(uidIn(chosen.octets))
    if (deleted && chosen === deleted) {
      this.#store.transact(({ objectUndo }) => objectUndo.restore(deleted.object))
    } else if (loser) {
      const now = objects.find(loser.object)
      if (now?.isDirty) this.#replaced.add(nameIn(now.octets))
      if (now) this.#gone.add(nameIn(now.octets))
      this.#store.transact(({ objectUndo }) => objectUndo.restoreLoser(loser.id))
    }
  }

  #somebodyElse(): void {
    const href = pick(this.#random, [...this.#collection.members.keys()])
    const dice = this.#random()
    const name = `S${++this.#count}`
    const { text = '' } = (href !== undefined && this.#collection.members.get(href)) || {}
    if (dice < 0.3 || href === undefined) this.#theyWrite(`${PLACE}h${this.#count}.ics`, entry(name, name))
    else {
      this.#gone.add(nameIn(text))
      this.#theyWrite(href, dice < 0.8 ? entry(uidIn(text), name) : undefined)
    }
  }

  #theyWrite(href: string, octets: Buffer | undefined): void {
    this.#collection.write('other', href, octets?.toString())
  }

  /** To the same account again, or to another one that has some of what the one before had. */
  #bind(): void {
    const isSame = this.#random() < 0.3
    const before = this.#collection
    if (!isSame) {
      this.#past.push(before)
      this.#collection = new ModelCollection() // its ETags are those of the other one, and mean something else
      this.#account = `a${this.#past.length}`
      for (const [href, { text }] of before.members) this.#copy(href, text)
      if (this.#random() < 0.5) this.#somebodyElse()
    }
    const { id } = this.#store.read.getAnyFolder(FOLDER.path)
    for (const { octets } of this.#store.read.objects.list(id)) this.#met.add(nameIn(octets))
    this.#metThere = [...this.#collection.members.values()].map(({ text }) => nameIn(text))
    this.#store.transact(({ collections }) => {
      if (isSame) collections.doubt()
      else collections.belongTo(this.#account)
      collections.place([{ id, href: PLACE }])
    })
  }

  #copy(href: string, text: string): void {
    const dice = this.#random()
    const name = `S${++this.#count}`
    if (dice < 0.6) this.#copied.add(nameIn(text))
    if (dice < 0.4) this.#theyWrite(href, Buffer.from(text))
    else if (dice < 0.6) this.#theyWrite(`${PLACE}c${this.#count}.ics`, Buffer.from(text))
    else if (dice < 0.8) this.#theyWrite(href, entry(uidIn(text), name))
  }

  #problems(): string[] {
    const problems: string[] = []
    const { id: folder } = this.#store.read.getAnyFolder(FOLDER.path)
    const { objects } = this.#store.read
    const there = [...this.#collection.members].map(([href, { text }]) => `${href}:${nameIn(text)}`).sort()
    const here = objects.list(folder).map(({ href, octets }) => `${href}:${nameIn(octets)}`)
    if (there.join(' ') !== here.sort().join(' ')) problems.push(`server ${there.join(' ')} | here ${here.join(' ')}`)
    const isOpen =
      objects.queue(folder, Number.MAX_SAFE_INTEGER, 1).length > 0 ||
      objects.pending(folder, Number.MAX_SAFE_INTEGER).length > 0
    if (isOpen) problems.push('queues are not empty')
    const kept = new Set(objects.losers(folder).map(({ octets }) => nameIn(octets)))
    const mistaken = objects
      .losers(folder)
      .filter(({ side, octets }) => side === 'server' && nameIn(octets).startsWith('L') && !this.#isCopied(octets))
    for (const { octets } of mistaken) problems.push(`our own ${nameIn(octets)} was taken for somebody else’s`)
    const ours = [...this.#past, this.#collection].flatMap(each => each.history).filter(({ by }) => by === 'us')
    const uploaded = new Set(ours.map(({ text }) => text && nameIn(text)))
    for (const text of this.#written) {
      if (text !== '' && !uploaded.has(text) && !kept.has(text) && !this.#replaced.has(text))
        problems.push(`${text} is lost`)
    }
    for (const name of ours.flatMap(({ over }) => (over === undefined ? [] : [nameIn(over)]))) {
      if (name.startsWith('S') && !this.#read.has(name)) problems.push(`${name} was overwritten unread`)
    }
    const ends = new Set([...this.#collection.members.values()].map(({ text }) => nameIn(text)))
    const missing = [...this.#met, ...this.#metThere].filter(
      name => !ends.has(name) && !kept.has(name) && !this.#gone.has(name),
    )
    for (const name of missing) problems.push(`${name} was lost when it was bound`)
    const uids = [...this.#collection.members.values()].map(({ text }) => uidIn(text))
    const doubled = uids.filter((uid, index) => uids.indexOf(uid) !== index && !this.#broughtBack.has(uid))
    for (const uid of doubled) problems.push(`${uid} is there twice`)
    return problems
  }

  #isCopied(octets: Buffer): boolean {
    return this.#copied.has(nameIn(octets))
  }
}

function entry(uid: string, name: string): Buffer {
  return Buffer.from(`BEGIN:VEVENT\nUID:${uid}\nSUMMARY:${name}\nEND:VEVENT`)
}

function uidIn(text: string | Buffer): string {
  return /UID:(\w+)/.exec(text.toString())?.[1] ?? ''
}

function nameIn(text: string | Buffer): string {
  return /SUMMARY:(\w+)/.exec(text.toString())?.[1] ?? ''
}

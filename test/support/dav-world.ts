import { PosternError } from '../../src/errors.ts'
import type { FolderRow } from '../../src/store/rows.ts'
import type { Store } from '../../src/store/store.ts'
import type { RemoteCollection } from '../../src/sync/objects/remote-collection.ts'
import type { RemoteCollections } from '../../src/sync/objects/remote-collections.ts'
import { syncCollection } from '../../src/sync/objects/sync-collection.ts'
import { event, type OtherClient } from './dav.ts'
import type { FaultProxy } from './fault-proxy.ts'
import { pick, randomSource } from './model/random.ts'
import { silentLogger } from './silent-logger.ts'

const FAULTS = new Set(['UPSTREAM_LOST', 'UPSTREAM_PROTOCOL'])

/** What {@link DavWorld} is made of. */
export interface DavWorldOptions {
  readonly seed: number
  readonly winner: 'server' | 'client'
  readonly store: Store
  /** The collection's href. */
  readonly place: string
  readonly other: OtherClient
  /** Connects through the proxy. */
  readonly connect: () => RemoteCollections
  readonly proxy: FaultProxy
}

/**
 * The real engine on a real store and our client, against a real server that somebody else changes as well. Each version of
 * an object has a name, its SUMMARY: `L…` if the user made it, `S…` if the other did.
 */
export class DavWorld {
  readonly #options: DavWorldOptions
  readonly #random: () => number
  readonly #folderRow: FolderRow
  readonly #folder: number
  /** What is accounted for, wherever it is now: replaced by whoever made it, or read by the other side. */
  readonly #settled = new Set<string>()
  readonly #made = new Set<string>()
  /** What the other works with. */
  readonly #theirs = new Set<string>()
  #nowMs = Date.UTC(2026, 0, 1)
  #count = 0
  faults = 0

  constructor(options: DavWorldOptions) {
    this.#options = options
    this.#random = randomSource(options.seed)
    this.#folderRow = options.store.read.getFolder('INBOX') // any folder will do
    this.#folder = this.#folderRow.id
  }

  /** Lives through some rounds, then runs in peace; resolves to what is wrong at the end. */
  async run(rounds: number): Promise<readonly string[]> {
    for (let n = 0; n < 20; n++) await this.#theyMake()
    for (let round = 0; round < rounds; round++) {
      for (let n = this.#random() * 4; n > 1; n--) this.#userChanges()
      for (let n = this.#random() * 4; n > 1; n--) await this.#theyChange()
      await this.#cycle(this.#random() < 0.5)
    }
    for (let cycle = 0; cycle < 5; cycle++) await this.#cycle(false)
    return this.#problems()
  }

  async #cycle(isFaulty: boolean): Promise<void> {
    const { store, winner, place, connect, proxy } = this.#options
    const direction = this.#random() < 0.5 ? 'client' : 'server'
    const afterOctets = Math.floor(this.#random() ** 2 * 6000)
    proxy.fault = isFaulty ? { kind: 'cut', direction, afterOctets } : { kind: 'none' }
    await using dav = connect()
    const remote = this.#disturbed(dav.open({ kind: 'calendar', href: place }))
    const settings = { conflictResolution: winner }
    const context = { store, remote, account: 'ada', settings, log: silentLogger(), clock: this.#clock }
    try {
      await syncCollection(context, this.#folderRow)
    } catch (error) {
      if (!isFaulty || !(error instanceof PosternError) || !FAULTS.has(error.code)) throw error
      this.faults++
    }
    for (const name of this.#here().values()) if (name.startsWith('S')) this.#settled.add(name)
    for (const { octets } of store.read.objects.losers(this.#folder)) this.#settled.add(nameIn(octets.toString()))
  }

  // Somebody else changes something between what we have read and what we write.
  #disturbed(remote: RemoteCollection): RemoteCollection {
    const meanwhile = async () => {
      if (this.#random() < 0.5) await this.#theyChange()
    }
    return {
      changes: token => remote.changes(token),
      read: hrefs => remote.read(hrefs),
      write: (...change) => meanwhile().then(() => remote.write(...change)),
      remove: (...change) => meanwhile().then(() => remote.remove(...change)),
    }
  }

  readonly #clock = () => (this.#nowMs += 3_600_000)

  #userChanges(): void {
    const { store, place } = this.#options
    const object = pick(this.#random, store.read.objects.list(this.#folder))
    const dice = this.#random()
    if (object && dice > 0.3) this.#settled.add(nameIn(object.octets.toString()))
    store.transact(({ objects }) => {
      if (!object || dice <= 0.3) {
        const uid = `ours-${++this.#count}`
        objects.create(this.#folder, `${place}${uid}.ics`, Buffer.from(event(uid, this.#ourName())))
      } else if (dice < 0.9) {
        objects.edit(object.id, Buffer.from(event(uidOf(object.href), this.#ourName())))
      } else objects.delete(object.id)
    })
  }

  async #theyChange(): Promise<void> {
    const href = pick(this.#random, [...this.#theirs])
    const dice = this.#random()
    if (href === undefined || dice < 0.3) return this.#theyMake()
    const { other } = this.#options
    try {
      // Whoever looks before overwrites nothing unread.
      const { text, etag } = await other.get(href)
      if (dice < 0.85) await this.#theyPut(href, etag)
      else await other.delete(href, etag)
      if (dice >= 0.85) this.#theirs.delete(href)
      this.#settled.add(nameIn(text))
    } catch {
      this.#theirs.delete(href) // we have changed or deleted it just now: they leave it alone
    }
  }

  async #theyMake(): Promise<void> {
    await this.#theyPut(`${this.#options.place}theirs-${++this.#count}.ics`)
  }

  async #theyPut(href: string, etag?: string): Promise<void> {
    const name = `S${++this.#count}`
    await this.#options.other.put(href, event(uidOf(href), name), etag)
    this.#made.add(name)
    this.#theirs.add(href)
  }

  #ourName(): string {
    const name = `L${++this.#count}`
    this.#made.add(name)
    return name
  }

  #here(): Map<string, string> {
    const objects = this.#options.store.read.objects.list(this.#folder)
    return new Map(objects.map(({ href, octets }) => [href, nameIn(octets.toString())]))
  }

  async #problems(): Promise<readonly string[]> {
    const { store, connect, place } = this.#options
    await using dav = connect()
    const remote = dav.open({ kind: 'calendar', href: place })
    const { members } = await remote.changes(undefined)
    const found = await Array.fromAsync(remote.read(members.map(({ href }) => href)))
    const there = found.map(({ href, octets }) => `${href} ${nameIn(octets.toString())}`).sort()
    const here = [...this.#here()].map(([href, name]) => `${href} ${name}`).sort()
    const problems = there.join() === here.join() ? [] : [`server: ${there.join()}\nhere: ${here.join()}`]
    const { objects } = store.read
    const open = [
      ...objects.queue(this.#folder, Number.MAX_SAFE_INTEGER, 9),
      ...objects.pending(this.#folder, Number.MAX_SAFE_INTEGER),
    ]
    if (open.length > 0) problems.push(`still to be done: ${JSON.stringify(open)}`)
    const ends = new Set(here.map(line => line.split(' ')[1]))
    const lost = [...this.#made].filter(name => !ends.has(name) && !this.#settled.has(name))
    return lost.length > 0 ? [...problems, `lost: ${lost.join()}`] : problems
  }
}

function nameIn(text: string): string {
  return /SUMMARY:(\w+)/.exec(text)?.[1] ?? ''
}

function uidOf(href: string): string {
  return href.replace(/^.*\/|\.ics$/g, '')
}

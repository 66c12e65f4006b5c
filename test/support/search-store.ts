import { join } from 'node:path'
import type { Test } from 'tap'
import { packFlags } from '../../src/store/flags.ts'
import { PACKS_DIR } from '../../src/store/packs/pack-format.ts'
import { PackReader } from '../../src/store/packs/pack-reader.ts'
import { SearchIndex } from '../../src/store/search/search-index.ts'
import { SearchReader, type SearchReaderOptions } from '../../src/store/search/search-reader.ts'
import type { Store } from '../../src/store/store.ts'
import { digestBody } from '../../src/sync/download/digest.ts'
import { openStore, remoteMessage } from './store.ts'

/** A message to be put into a store. */
export interface MessageGiven {
  readonly octets: Buffer | string
  readonly flags?: readonly string[]
  readonly internalDateMs?: number
  /** Of a message of which only the header is here: how large all of it is. */
  readonly wholeOctets?: number
}

/** A store with one folder, INBOX, its index and a reader of both. */
export class SearchStore implements Disposable {
  readonly dir: string
  readonly store: Store
  readonly inbox: number
  readonly reader: SearchReader
  #index: SearchIndex | undefined
  #nextUid = 1

  constructor(dir: string, options: SearchReaderOptions = {}) {
    this.dir = dir
    this.store = openStore(dir)
    this.store.transact(transactor => transactor.ensureInbox())
    this.inbox = this.store.read.getFolder('INBOX').id
    const position = { uidValidity: 1, uidNext: 1, highestModseq: 1n }
    this.store.transact(transactor => transactor.setPosition(this.inbox, position, true))
    this.reader = SearchReader.open(dir, options)
  }

  static of(t: Test): SearchStore {
    const made = new SearchStore(t.testdir())
    t.teardown(() => made[Symbol.dispose]())
    return made
  }

  get uids(): Uint32Array {
    return this.store.read.mailboxes.snapshot(this.inbox)?.uids ?? new Uint32Array()
  }

  get index(): SearchIndex {
    this.#index ??= SearchIndex.open(this.dir)
    return this.#index
  }

  /** Indexes so many more items; all of them when no number is given. Tells how many are left. */
  indexSome(items = Number.POSITIVE_INFINITY): number {
    return this.index.indexSome(this.store.read, { items, ms: Number.POSITIVE_INFINITY })
  }

  closeIndex(): void {
    this.#index?.[Symbol.dispose]()
    this.#index = undefined
  }

  /** Puts messages there; their UIDs are in the order given. Lines of texts may end with LF. */
  async add(...messages: readonly (MessageGiven | string)[]): Promise<void> {
    const given = messages.map(message => (typeof message === 'string' ? { octets: message } : message))
    await using writer = this.store.openPackWriter()
    const first = this.#nextUid
    const placed = given.map(message => ({ ...message, ...placeOf(message, this.#nextUid++) }))
    this.store.transact(({ incoming }) => {
      for (const { row } of placed) incoming.enqueue(this.inbox, 1, row, row.want)
    })
    const locations = placed.map(({ uid, body, row }) => {
      writer.begin(body.length)
      writer.write(body)
      return { uid, want: row.want, location: writer.end() }
    })
    const ends = await writer.sync()
    this.store.transact(transactor => {
      for (const { pack, octets } of ends) transactor.setPackEnd(pack, octets)
      for (const { uid, want, location } of locations) transactor.incoming.stage(this.inbox, 1, uid, location, want)
    })
    this.#import(given.length + first)
  }

  #import(limit: number): void {
    using packs = new PackReader(join(this.dir, PACKS_DIR))
    const staged = this.store.read.incoming.staged(this.inbox, limit).sort((left, right) => left.uid - right.uid)
    const digests = staged.map(row => [row, digestBody(packs, row)] as const)
    this.store.transact(({ incoming }) => {
      for (const [row, outcome] of digests) if (outcome.kind === 'digest') incoming.import(row, outcome.digest)
    })
  }

  [Symbol.dispose](): void {
    this.closeIndex()
    this.reader[Symbol.dispose]()
    this.store[Symbol.dispose]()
  }
}

function placeOf({ octets, flags = [], internalDateMs = 0, wholeOctets }: MessageGiven, uid: number) {
  const body = typeof octets === 'string' ? Buffer.from(octets.replace(/\r?\n/g, '\r\n')) : octets
  const want: 'header' | 'full' = wholeOctets === undefined ? 'full' : 'header'
  const row = remoteMessage(uid, { flags: packFlags(flags), internalDateMs, size: wholeOctets ?? body.length })
  return { uid, body, row: { ...row, want } }
}

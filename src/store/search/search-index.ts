import { crc32 } from 'node:zlib'
import { PosternError } from '../../errors.ts'
import { listedFields } from '../../formats/mail/structure/listed-fields.ts'
import type { Database } from '../database.ts'
import type { StoreErrorCode } from '../errors.ts'
import { readable } from '../packs/readable.ts'
import type { StoreReader } from '../reader.ts'
import { type Document, Documents, IndexUnusable } from './documents.ts'
import { readDetails } from './item-details.ts'
import { readMessageFacts, readMessageLinks } from './message-facts.ts'
import { MessageOctets } from './message-octets.ts'
import { readBodyText, readHeaderText } from './message-texts.ts'
import { openSearchDatabase, removeSearchDatabase } from './search-database.ts'

const DAMAGED: StoreErrorCode = 'STORE_UNREADABLE'
const BATCH_UNITS = 131_072 // of text in one transaction, about 20 ms
const MERGE_EVERY_UNITS = 2_097_152
const MERGE_PAGES = 64 // about 10 ms
const REMOVED_AT_ONCE = 20
const MAX_LISTED_OCTETS = 16_384 // of a header that somebody has filled, the rest is read where it is

/** How much is to be done at once. */
export interface IndexLimits {
  readonly items: number
  readonly ms: number
}

interface PendingItem {
  readonly id: number
  readonly hash: string
}

/** Writes the index of a profile: there is one writer. Blocks: not for the main thread. */
export class SearchIndex implements Disposable {
  readonly #dir: string
  #database: Database
  #documents: Documents
  /** What is to be indexed, the next one last; and the store that it was read from. */
  #pending: PendingItem[] = []
  #knownState = ''
  #lastId = 0
  /** Hashes of octets that cannot be read: not tried again before the next start. */
  readonly #unreadable = new Set<string>()
  #unmergedUnits = 0

  private constructor(dir: string) {
    this.#dir = dir
    this.#database = openSearchDatabase(dir)
    this.#documents = new Documents(this.#database)
  }

  /**
   * Opens the index beside the store in `dir`, or makes it.
   *
   * @throws {PosternError} STORE_DISK_FULL, STORE_WRITE_FAILED
   */
  static open(dir: string): SearchIndex {
    return new SearchIndex(dir)
  }

  /**
   * Indexes items that are not in it yet, what was received last first, and removes what no item has any more. Tells how
   * many are left; 0 when the index is complete. An index that turns out to be damaged is begun anew.
   *
   * @throws {PosternError} STORE_DISK_FULL, STORE_WRITE_FAILED
   */
  indexSome(store: StoreReader, limits: IndexLimits): number {
    try {
      return this.#indexSome(store, limits)
    } catch (error) {
      this.#forgetPending() // what was taken from it may not have been written
      if (error instanceof StoreFailed) throw error.cause
      if (!isDamage(error)) throw error
      this.discard()
      return this.#indexSome(store, limits)
    }
  }

  /** Throws all of it away and begins anew. */
  discard(): void {
    this.#database[Symbol.dispose]()
    removeSearchDatabase(this.#dir)
    this.#database = openSearchDatabase(this.#dir)
    this.#documents = new Documents(this.#database)
    this.#forgetPending()
  }

  #forgetPending(): void {
    this.#pending = []
    this.#knownState = ''
    this.#lastId = 0
  }

  [Symbol.dispose](): void {
    this.#database[Symbol.dispose]()
  }

  #indexSome(store: StoreReader, { items, ms }: IndexLimits): number {
    const end = performance.now() + ms
    this.#findPending(store)
    for (let left = items; left > 0 && this.#pending.length > 0 && performance.now() < end; this.#findPending(store)) {
      const batch = this.#nextBatch(store, left)
      left -= batch.taken
      this.#write(batch.documents, end)
    }
    if (this.#pending.length === 0) this.#merge(end)
    return this.#pending.length
  }

  // The whole store is compared only when all that was found before is done.
  #findPending(store: StoreReader): void {
    const state = ofStore(() => store.searched.state())
    if (state === this.#knownState) return
    const isDone = this.#pending.length === 0
    const { ids, hashes } = ofStore(() => store.searched.hashes(isDone ? 0 : this.#lastId))
    this.#lastId = ids.reduce((last, id) => Math.max(last, id), this.#lastId)
    if (isDone) {
      this.#compare(ids, hashes)
      this.#knownState = state
    } else this.#pending = this.#pending.concat(pendingOf(ids, hashes))
  }

  #compare(ids: readonly number[], hashes: readonly string[]): void {
    const known = this.#documents.all()
    this.#pending = pendingOf(ids, hashes).filter(({ hash }) => !known.has(hash) && !this.#unreadable.has(hash))
    for (const hash of hashes) known.delete(hash)
    this.#remove([...known.values()])
  }

  #remove(documents: readonly number[]): void {
    for (let at = 0; at < documents.length; at += REMOVED_AT_ONCE) {
      this.#database.transaction(() => {
        for (const id of documents.slice(at, at + REMOVED_AT_ONCE)) this.#documents.remove(id)
      }, false)
    }
  }

  /** Reads messages for one transaction. */
  #nextBatch(store: StoreReader, limit: number): { taken: number; documents: Map<string, Document> } {
    const documents = new Map<string, Document>()
    let taken = 0
    for (let units = 0; taken < limit && units < BATCH_UNITS; taken++) {
      const item = this.#pending.pop()
      if (!item) break
      const document = documents.has(item.hash) ? undefined : this.#read(store, item)
      if (!document) continue
      documents.set(item.hash, document)
      units += document.header.length + document.body.length
    }
    return { taken, documents }
  }

  #read(store: StoreReader, { id, hash }: PendingItem): Document | undefined {
    if (this.#documents.has(hash)) return undefined
    const location = ofStore(() => store.searched.findOctets(id, hash))
    if (!location) return undefined
    const document = readable(() => readDocument(new MessageOctets(store, location)))
    if (!document) this.#unreadable.add(hash)
    return document
  }

  #write(documents: ReadonlyMap<string, Document>, end: number): void {
    if (documents.size === 0) return
    this.#database.transaction(() => {
      for (const [hash, document] of documents) this.#documents.add(hash, document)
    }, false)
    for (const { header, body } of documents.values()) this.#unmergedUnits += header.length + body.length
    if (this.#unmergedUnits >= MERGE_EVERY_UNITS) this.#merge(end)
  }

  // In transactions of its own: what FTS5 does by itself may take a second.
  #merge(end: number): void {
    if (this.#unmergedUnits === 0) return
    do {
      if (this.#database.transaction(() => this.#documents.merge(MERGE_PAGES), false)) continue
      this.#unmergedUnits = 0
      return
    } while (performance.now() < end)
  }
}

/** Makes a document of octets. */
export function readDocument(octets: MessageOctets): Document {
  const details = readDetails(octets)
  const header = octets.header()
  return {
    details,
    rawHeader: { octets: header.length, crc32: crc32(header) },
    listed: smallListing(header),
    facts: readMessageFacts(header),
    links: readMessageLinks(header),
    header: readHeaderText(header),
    body: readBodyText(details.structure, octets.source),
  }
}

function smallListing(header: Buffer): Buffer | undefined {
  const listed = listedFields(header)
  return listed.length <= MAX_LISTED_OCTETS ? listed : undefined
}

// What is last in the list comes first.
function pendingOf(ids: readonly number[], hashes: readonly string[]): PendingItem[] {
  return ids.map((id, index) => ({ id, hash: hashes[index] ?? '' })).reverse()
}

/** The store could not be read: the index is not to blame. */
class StoreFailed extends Error {}

function ofStore<Value>(read: () => Value): Value {
  try {
    return read()
  } catch (cause) {
    throw new StoreFailed('the store cannot be read', { cause })
  }
}

function isDamage(error: unknown): boolean {
  return error instanceof IndexUnusable || (error instanceof PosternError && error.code === DAMAGED)
}

import type { SortCriterion } from '../../formats/imap/command/arguments/search.ts'
import type { SearchKey } from '../../formats/imap/command/arguments/search-key.ts'
import { readable } from '../packs/readable.ts'
import { StoreReader } from '../reader.ts'
import type { Documents } from './documents.ts'
import { type DetailKind, type ItemDetails, pickDetails, readDetails, UNREADABLE } from './item-details.ts'
import { MessageOctets } from './message-octets.ts'
import { listedPage, type OctetsPage } from './octets-page.ts'
import { IndexSource } from './query/index-source.ts'
import { ItemTexts } from './query/item-texts.ts'
import { matchKey, type SearchedMailbox } from './query/key-matcher.ts'
import { KnownDocuments } from './query/known-documents.ts'
import { MailboxItems, type Places } from './query/mailbox-items.ts'
import { SearchBudget } from './query/search-budget.ts'
import { sentTimes, sortPlaces } from './query/sort-order.ts'
import { type Thread, threadMessages } from './query/threads.ts'

const MAX_SEARCH_MS = 30_000 // a client that waits longer asks again

const MAX_OTHER_OCTETS = 2_097_152 // of headers that are not indexed, held at once; what is left out is read one by one

/** The octets of an item, or its header with its blank line. */
export interface OctetsOfItem {
  readonly uid: number
  readonly octets: Buffer
}

/** Options of {@link SearchReader.open}. */
export interface SearchReaderOptions {
  /** After which a search is given up. */
  readonly maxMs?: number
  /** In ms, from any moment on. */
  readonly clock?: () => number
}

/** A search of the messages of a folder: those of `uids`, which ascend, that are there. */
interface Search {
  readonly folder: number
  readonly uids: Uint32Array
  readonly key: SearchKey
  /** In ms since the epoch. */
  readonly now: number
}

/**
 * Searches, sorts and threads the messages of a store, with its index or, where that does not know them, without. In keys,
 * message numbers and `$` are UIDs already. Blocks while it reads: not for the main thread.
 */
export class SearchReader implements Disposable {
  readonly #store: StoreReader
  readonly #index: IndexSource
  readonly #known: KnownDocuments
  readonly #maxMs: number
  readonly #clock: () => number

  private constructor(dir: string, { maxMs = MAX_SEARCH_MS, clock = () => performance.now() }: SearchReaderOptions) {
    this.#store = StoreReader.open(dir)
    this.#index = new IndexSource(dir)
    this.#known = new KnownDocuments(this.#store.searched)
    this.#maxMs = maxMs
    this.#clock = clock
  }

  /** Opens the store in `dir` and its index, which need not be there. */
  static open(dir: string, options: SearchReaderOptions = {}): SearchReader {
    return new SearchReader(dir, options)
  }

  /** How messages are made, in the order of the UIDs; those that are gone are left out. */
  details(folder: number, uids: Uint32Array, kinds: readonly DetailKind[]): ItemDetails[] {
    return this.#each(folder, uids, (documents, ids) => {
      const known = documents?.detailsOf(ids, kinds)
      const made = (octets: () => MessageOctets) => readable(() => pickDetails(readDetails(octets()), kinds))
      return (uid, id, octets) => ({ uid, ...(known?.get(id) ?? made(octets) ?? UNREADABLE) })
    })
  }

  /** The headers of messages, in the order of the UIDs: of those that are there, can be read and are small. */
  smallHeaders(folder: number, uids: Uint32Array): OctetsOfItem[] {
    const read = this.#each(folder, uids, (documents, ids) => {
      const known = documents?.headersOf(ids)
      return (uid, id, octets) => ({ uid, octets: readable(() => octets().smallHeader(known?.get(id))) })
    })
    return read.flatMap(({ uid, octets }) => (octets ? [{ uid, octets }] : []))
  }

  /** The listed fields of messages, of some all fields: of those whose headers {@link smallHeaders} gives, or fewer. */
  listedFields(folder: number, uids: Uint32Array): OctetsPage {
    return this.#read(documents => {
      const items = new MailboxItems(this.#store.searched, folder, uids)
      const known = documents?.listedOf(documents.idsOf(items.texts('sha256')))
      const others = new Map<number, Buffer>()
      let octets = 0
      for (const place of items.uids.keys()) {
        if (typeof known?.lengths[place] === 'number' || octets > MAX_OTHER_OCTETS) continue
        const header = readable(() => this.#octetsAt(items, place).smallHeader(undefined))
        if (header) others.set(place, Buffer.from(header)) // not with the message that it was read with
        octets += header?.length ?? 0
      }
      return listedPage(items.uids, known, others)
    })
  }

  /**
   * Finds the messages that match; ascending UIDs. `now` is in ms since the epoch.
   *
   * @throws {PosternError} STORE_SEARCH_TOO_LONG
   */
  search(folder: number, uids: Uint32Array, key: SearchKey, now: number): Uint32Array {
    return this.#match({ folder, uids, key, now }, ({ items }, places) => items.uidsOf(places))
  }

  /**
   * Finds the messages that match; UIDs in the order of the criteria (RFC 5256, RFC 5957).
   *
   * @throws {PosternError} STORE_SEARCH_TOO_LONG
   */
  sort(search: Search, criteria: readonly SortCriterion[]): Uint32Array {
    return this.#match(search, (mailbox, places) => mailbox.items.uidsOf(sortPlaces(mailbox, places, criteria)))
  }

  /**
   * Finds the messages that match, in threads (RFC 5256, REFERENCES).
   *
   * @throws {PosternError} STORE_SEARCH_TOO_LONG
   */
  threads(search: Search): Thread[] {
    return this.#match(search, ({ items, texts, budget }, places) => {
      const facts = texts.facts(places)
      const uids = Array.from(items.uidsOf(places))
      const links = texts.links(places)
      return threadMessages({ uids, facts, links, sentMs: sentTimes(items, places, facts) }, budget)
    })
  }

  /** Lets go of the files of packs, so that one that was retired can be removed. */
  closePacks(): void {
    this.#store.closePacks()
  }

  [Symbol.dispose](): void {
    this.#index[Symbol.dispose]()
    this.#store[Symbol.dispose]()
  }

  #match<Result>(
    { folder, uids, key, now }: Search,
    finish: (mailbox: SearchedMailbox, places: Places) => Result,
  ): Result {
    const budget = new SearchBudget(this.#maxMs, this.#clock)
    return this.#read(documents => {
      const { searched } = this.#store
      const items = new MailboxItems(searched, folder, uids)
      const documentOf = this.#known.of(items, documents)
      const texts = new ItemTexts({ store: this.#store, items, documents, documentOf, budget })
      const mailbox = { items, texts, budget, now }
      return finish(mailbox, matchKey(mailbox, key, items.all))
    })
  }

  #read<Result>(work: (documents: Documents | undefined) => Result): Result {
    return this.#store.searched.snapshot(() => this.#index.run(work))
  }

  /** Reads something of messages one by one, with what the index has of them all. */
  #each<Result>(
    folder: number,
    uids: Uint32Array,
    prepare: (
      documents: Documents | undefined,
      ids: readonly number[],
    ) => (uid: number, document: number, octets: () => MessageOctets) => Result,
  ): Result[] {
    return this.#read(documents => {
      const items = new MailboxItems(this.#store.searched, folder, uids)
      const known = documents?.idsOf(items.texts('sha256')) ?? []
      const read = prepare(documents, known)
      return items.uids.map((uid, place) => read(uid, known[place] ?? 0, () => this.#octetsAt(items, place)))
    })
  }

  #octetsAt(items: MailboxItems, place: number): MessageOctets {
    const value = (column: 'pack' | 'offset' | 'length') => items.numbers(column)[place] ?? 0
    return new MessageOctets(this.#store, { pack: value('pack'), offset: value('offset'), length: value('length') })
  }
}

import type { SortCriterion } from '../../formats/imap/command/arguments/search.ts'
import type { SearchKey } from '../../formats/imap/command/arguments/search-key.ts'
import type { MessageStructure } from '../../formats/mail/structure/part.ts'
import { preview } from '../../formats/mail/text/preview.ts'
import { StoreReader } from '../reader.ts'
import type { Documents } from './documents.ts'
import { MessageOctets } from './message-octets.ts'
import { IndexSource } from './query/index-source.ts'
import { ItemTexts } from './query/item-texts.ts'
import { matchKey, type SearchedMailbox } from './query/key-matcher.ts'
import { MailboxItems, type Places } from './query/mailbox-items.ts'
import { SearchBudget } from './query/search-budget.ts'
import { sentTimes, sortPlaces } from './query/sort-order.ts'
import { type Thread, threadMessages } from './query/threads.ts'
import { isUnreadable } from './unreadable.ts'

const MAX_SEARCH_MS = 30_000 // a client that waits longer asks again

/** A message's structure, and its preview where that was asked for. */
export interface ItemDetails {
  readonly uid: number
  /** Of a message of which only the header is here, the envelope alone is right. */
  readonly structure: MessageStructure
  readonly preview: string | undefined
  readonly isWhole: boolean
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
  readonly #maxMs: number
  readonly #clock: () => number

  private constructor(dir: string, { maxMs = MAX_SEARCH_MS, clock = () => performance.now() }: SearchReaderOptions) {
    this.#store = StoreReader.open(dir)
    this.#index = new IndexSource(dir)
    this.#maxMs = maxMs
    this.#clock = clock
  }

  /** Opens the store in `dir` and its index, which need not be there. */
  static open(dir: string, options: SearchReaderOptions = {}): SearchReader {
    return new SearchReader(dir, options)
  }

  /** The structures of messages, in the order of the UIDs; those that are gone or cannot be read are left out. */
  details(folder: number, uids: Uint32Array, { hasPreview }: { readonly hasPreview: boolean }): ItemDetails[] {
    return this.#read(documents => {
      const items = new MailboxItems(this.#store.searched, folder, uids)
      const known = documents?.idsOf(items.texts('sha256'))
      const wholes = items.numbers('isWhole')
      return items.uids.flatMap((uid, place) => {
        const id = known?.get(items.texts('sha256')[place] ?? '')
        const kept = id === undefined ? undefined : documents?.structureOf(id)
        const made = kept ?? this.#parse(items, place, hasPreview)
        if (!made) return []
        return [
          {
            uid,
            structure: made.structure,
            preview: hasPreview ? made.preview : undefined,
            isWhole: wholes[place] === 1,
          },
        ]
      })
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
      const texts = new ItemTexts({ store: this.#store, items, documents, budget })
      const mailbox = { items, texts, budget, now }
      return finish(mailbox, matchKey(mailbox, key, items.all))
    })
  }

  #read<Result>(work: (documents: Documents | undefined) => Result): Result {
    return this.#store.searched.snapshot(() => this.#index.run(work))
  }

  #parse(items: MailboxItems, place: number, hasPreview: boolean) {
    const id = items.numbers('id')[place] ?? 0
    const location = this.#store.searched.findOctets(id, items.texts('sha256')[place] ?? '')
    if (!location) return undefined
    const octets = new MessageOctets(this.#store, location)
    try {
      const structure = octets.structure()
      return { structure, preview: hasPreview ? preview(structure, octets.source) : '' }
    } catch (error) {
      if (isUnreadable(error)) return undefined
      throw error
    }
  }
}

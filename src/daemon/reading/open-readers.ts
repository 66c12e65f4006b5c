import { StoreReader } from '../../store/reader.ts'
import { SearchReader } from '../../store/search/search-reader.ts'
import { assertStore, hasStore } from './store-presence.ts'

/** What is done with open stores, whatever is read of them. */
export interface OpenReaderOperations {
  forget(params: { dir: string }): Iterable<null>
  releasePacks(params: { dir: string }): Iterable<null>
}

/** The stores that a reader has open. */
export class OpenReaders implements OpenReaderOperations, Disposable {
  readonly #open = new Map<string, StoreReader>()
  readonly #searchers = new Map<string, SearchReader>()

  /** A profile that was never synchronized has no store yet. */
  protected find(dir: string): StoreReader | undefined {
    return hasStore(dir) ? this.get(dir) : undefined
  }

  /** @throws {PosternError} STORE_NONE, and what {@link StoreReader.open} throws */
  protected get(dir: string): StoreReader {
    const known = this.#open.get(dir)
    if (!known) assertStore(dir)
    const open = known ?? StoreReader.open(dir)
    this.#open.set(dir, open)
    return open
  }

  /** @throws {PosternError} STORE_NONE */
  protected searcher(dir: string): SearchReader {
    const known = this.#searchers.get(dir)
    if (!known) assertStore(dir)
    const open = known ?? SearchReader.open(dir)
    this.#searchers.set(dir, open)
    return open
  }

  [Symbol.dispose](): void {
    for (const reader of [...this.#open.values(), ...this.#searchers.values()]) reader[Symbol.dispose]()
    this.#open.clear()
    this.#searchers.clear()
  }

  *forget({ dir }: { dir: string }): Generator<null> {
    for (const readers of [this.#open, this.#searchers]) {
      readers.get(dir)?.[Symbol.dispose]()
      readers.delete(dir)
    }
    yield null
  }

  /** Closes the files of packs; those that are needed again are opened again. */
  *releasePacks({ dir }: { dir: string }): Generator<null> {
    this.#open.get(dir)?.closePacks()
    this.#searchers.get(dir)?.closePacks()
    yield null
  }
}

import { PosternError } from '../../errors.ts'
import { StoreReader } from '../../store/reader.ts'
import { SearchIndex } from '../../store/search/search-index.ts'
import { SearchReader } from '../../store/search/search-reader.ts'

/** What is done with open stores, whatever is read of them. */
export interface OpenReaderOperations {
  forget(params: { dir: string }): Iterable<null>
  releasePacks(params: { dir: string }): Iterable<null>
}

/** The stores that a reader has open. */
export class OpenReaders implements OpenReaderOperations, Disposable {
  readonly #open = new Map<string, StoreReader>()
  readonly #searchers = new Map<string, SearchReader>()
  readonly #indexes = new Map<string, SearchIndex>()
  readonly #all: readonly Map<string, Disposable>[] = [this.#open, this.#searchers, this.#indexes]

  /** A profile that was never synchronized has no store yet. */
  protected find(dir: string): StoreReader | undefined {
    try {
      return this.get(dir)
    } catch (error) {
      if (error instanceof PosternError && error.code === 'STORE_NONE') return undefined
      throw error
    }
  }

  /** @throws {PosternError} what {@link StoreReader.open} throws */
  protected get(dir: string): StoreReader {
    const open = this.#open.get(dir) ?? StoreReader.open(dir)
    this.#open.set(dir, open)
    return open
  }

  /** @throws {PosternError} as {@link get} */
  protected searcher(dir: string): SearchReader {
    const open = this.#searchers.get(dir) ?? SearchReader.open(dir)
    this.#searchers.set(dir, open)
    return open
  }

  /** The index of a store for writing: for one worker only. */
  protected index(dir: string): SearchIndex {
    const open = this.#indexes.get(dir) ?? SearchIndex.open(dir)
    this.#indexes.set(dir, open)
    return open
  }

  [Symbol.dispose](): void {
    for (const readers of this.#all) {
      for (const reader of readers.values()) reader[Symbol.dispose]()
      readers.clear()
    }
  }

  *forget({ dir }: { dir: string }): Generator<null> {
    for (const readers of this.#all) {
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

import { statSync } from 'node:fs'
import { join } from 'node:path'
import { Database } from '../../database.ts'
import { Documents, IndexUnusable } from '../documents.ts'
import { isCurrent, SEARCH_FILE } from '../search-database.ts'

interface OpenIndex {
  readonly database: Database
  readonly documents: Documents
}

/**
 * The index as readers find it: it may not be there yet, be replaced at any time, be of another version, or be damaged. What
 * cannot be used counts as not there.
 */
export class IndexSource implements Disposable {
  readonly #file: string
  /** Which file it is that is open, or that turned out to be damaged. */
  #identity: string | undefined
  #open: OpenIndex | undefined

  constructor(dir: string) {
    this.#file = join(dir, SEARCH_FILE)
  }

  /** Runs work on the index as it is at one moment; once more without it when it turns out that it cannot be used. */
  run<Result>(work: (documents: Documents | undefined) => Result): Result {
    const open = this.#find()
    if (!open) return work(undefined)
    try {
      return open.documents.snapshot(() => work(open.documents))
    } catch (error) {
      if (!(error instanceof IndexUnusable)) throw error
      this.#close() // and not opened again before there is another one
      return work(undefined)
    }
  }

  [Symbol.dispose](): void {
    this.#close()
  }

  #find(): OpenIndex | undefined {
    const identity = identityOf(this.#file)
    if (identity === this.#identity) return this.#open
    this.#close()
    this.#open = identity === undefined ? undefined : openIndex(this.#file)
    // One that is just being made can be used later.
    this.#identity = this.#open ? identity : undefined
    return this.#open
  }

  #close(): void {
    this.#open?.database[Symbol.dispose]()
    this.#open = undefined
  }
}

function openIndex(file: string): OpenIndex | undefined {
  let database: Database | undefined
  try {
    database = Database.openOther(file, true)
    if (isCurrent(database)) return { database, documents: new Documents(database) }
  } catch {
    // Whatever it is: its writer finds out, and makes a new one.
  }
  database?.[Symbol.dispose]()
  return undefined
}

function identityOf(file: string): string | undefined {
  const stats = statSync(file, { throwIfNoEntry: false })
  return stats && `${stats.dev} ${stats.ino} ${stats.birthtimeMs}`
}

import { PosternError } from '../../../src/errors.ts'
import type {
  CollectionChanges,
  Precondition,
  RemoteCollection,
  RemoteObject,
  WriteOutcome,
} from '../../../src/sync/objects/remote-collection.ts'
import type { Faults } from './faults.ts'

/** One write that the server took, with what it replaced. */
export interface Written {
  readonly by: 'us' | 'other'
  readonly text: string | undefined
  readonly over: string | undefined
}

/** A collection in memory: ETags, preconditions, sync tokens. */
export class ModelCollection {
  readonly members = new Map<string, { readonly etag: string; readonly text: string }>()
  readonly history: Written[] = []
  readonly #log: string[] = []
  #etag = 0

  get token(): number {
    return this.#log.length
  }

  /** The names of what has changed since. */
  changedSince(token: number): ReadonlySet<string> {
    return new Set(this.#log.slice(token))
  }

  write(by: Written['by'], href: string, text: string | undefined): string {
    this.history.push({ by, text, over: this.members.get(href)?.text })
    const etag = `e${++this.#etag}`
    if (text === undefined) this.members.delete(href)
    else this.members.set(href, { etag, text })
    this.#log.push(href)
    return etag
  }
}

/** How a collection is talked to. */
export interface CollectionOptions {
  /** Plants a mistake: changes are sent without a precondition. */
  readonly ignoresPreconditions: boolean
  /** Whether the answer to a write tells the new ETag. */
  readonly tellsEtags: boolean
  /** Told of what the client has read. */
  readonly onRead: (text: string) => void
}

/** A connection to the model collection, with faults. */
export class ModelCollectionRemote implements RemoteCollection {
  readonly #collection: ModelCollection
  readonly #faults: Faults
  readonly #options: CollectionOptions

  constructor(collection: ModelCollection, faults: Faults, options: CollectionOptions) {
    this.#collection = collection
    this.#faults = faults
    this.#options = options
  }

  changes(token: string | undefined): Promise<CollectionChanges> {
    return this.#faults.call(() => {
      const { members } = this.#collection
      const all = [...members].map(([href, { etag }]) => ({ href, etag }))
      const next = String(this.#collection.token)
      if (token === undefined) return { token: next, isFull: true, members: all, removed: [] }
      const changed = this.#collection.changedSince(Number(token))
      const removed = [...changed].filter(href => !members.has(href))
      return { token: next, isFull: false, members: all.filter(({ href }) => changed.has(href)), removed }
    })
  }

  async *read(hrefs: readonly string[]): AsyncGenerator<RemoteObject> {
    for (const href of hrefs) {
      const found = await this.#faults.call(() => this.#collection.members.get(href))
      if (!found) continue
      this.#options.onRead(found.text)
      yield { href, etag: found.etag, octets: Buffer.from(found.text) }
    }
  }

  write(href: string, octets: Buffer, precondition: Precondition): Promise<WriteOutcome> {
    return this.#faults.call(() => {
      if (!this.#isMet(href, precondition)) return { kind: 'conflict' }
      const etag = this.#collection.write('us', href, octets.toString())
      return { kind: 'done', etag: this.#options.tellsEtags ? etag : undefined }
    })
  }

  remove(href: string, precondition: { readonly etag: string }): Promise<WriteOutcome> {
    return this.#faults.call(() => {
      if (!this.#collection.members.has(href)) return { kind: 'done', etag: undefined }
      if (!this.#isMet(href, precondition)) return { kind: 'conflict' }
      this.#collection.write('us', href, undefined)
      return { kind: 'done', etag: undefined }
    })
  }

  #isMet(href: string, precondition: Precondition): boolean {
    if (this.#options.ignoresPreconditions) return true
    const there = this.#collection.members.get(href)
    return precondition === 'absent' ? there === undefined : there?.etag === precondition.etag
  }
}

/** Tells a fault of the model from a bug. */
export function isModelFault(error: unknown): boolean {
  return error instanceof PosternError && error.code === 'UPSTREAM_LOST'
}

import { PosternError } from '../../errors.ts'
import type { BodyPlace } from '../../store/queries/incoming-queries.ts'
import type { Store } from '../../store/store.ts'
import type { SyncErrorCode } from '../errors.ts'
import { isFolderFailure } from '../refusal.ts'
import type { ConnectMail, RemoteMail } from '../remote.ts'
import { fetchGroup, MAX_GROUP_MESSAGES, MAX_GROUP_OCTETS } from './fetch-group.ts'
import type { Importer } from './importer.ts'

// Everything else concerns all that is wanted.
const CONCERNS_ONE = new Set([
  ...['SYNC_BODY_UNREACHABLE', 'SYNC_BODY_GONE', 'STORE_NO_SUCH_ITEM'],
  ...['UPSTREAM_REFUSED', 'UPSTREAM_NO_UIDVALIDITY'], // a folder's
])
const MAX_TRIES = 3 // while the message moves about

/** What a fetcher works with. */
export interface FetchContext {
  readonly store: Store
  readonly connect: ConnectMail
  readonly importer: Importer
  /** Told once the server has taken the password. */
  readonly onSignedIn: () => void
}

/** How far the fetching of bodies is: of this request's items and those that came along with them. */
export interface FetchProgress {
  readonly kind: 'body'
  readonly octets: number
  readonly total: number
}

/** What became of the items of a request. */
export interface FetchResult {
  /** Whole, and durable. */
  readonly fetched: readonly number[]
  /** Were whole before. */
  readonly already: readonly number[]
  readonly errors: readonly { readonly item: number; readonly code: string; readonly message: string }[]
}

/** A wish for an item's body, by one or several at once. */
export interface PendingBody {
  readonly context: FetchContext
  readonly item: number
  readonly done: PromiseWithResolvers<void>
  readonly watchers: Set<(progress: FetchProgress) => void>
  tries: number
}

/**
 * Fetches bodies on demand, on a short connection of its own, without waiting for the run under way. Who wants the same
 * body at the same time shares it.
 */
export class BodyFetcher {
  readonly #pending = new Map<number, PendingBody>()
  #queue: PendingBody[] = []
  #abort: AbortController | undefined
  #working: Promise<void> = Promise.resolve()
  #isStopped = false

  /**
   * Fetches the bodies of items that lack them; the failure of one is told in the result. Who aborts waits no longer; the
   * connection ends when nobody waits.
   *
   * @throws {PosternError} SYNC_NOT_JOINED, and what concerns all of them
   */
  async fetch(
    context: FetchContext,
    items: readonly number[],
    { onProgress, signal }: { readonly onProgress: (progress: FetchProgress) => void; readonly signal: AbortSignal },
  ): Promise<FetchResult> {
    if (context.store.read.merge.isDue()) throw notJoined()
    context.store.transact(({ incoming }) => {
      for (const item of items) incoming.bodies.want(item)
    })
    const result = { fetched: [] as number[], already: [] as number[], errors: [] as FetchResult['errors'][number][] }
    const waits = [...new Set(items)].map(async item => {
      try {
        const isNeeded = context.store.read.getItem(item).bodyState === 'header'
        if (isNeeded) await this.#want(context, item, onProgress, signal)
        result[isNeeded ? 'fetched' : 'already'].push(item)
      } catch (error) {
        if (signal.aborted) throw signal.reason
        if (!(error instanceof PosternError) || !CONCERNS_ONE.has(error.code)) throw error
        result.errors.push({ item, code: error.code, message: error.message })
      }
    })
    await Promise.all(waits)
    return result
  }

  /** Ends what is under way, and all that waits. */
  async stop(reason: PosternError): Promise<void> {
    this.#isStopped = true
    this.#abort?.abort(reason)
    await this.#working
    this.#isStopped = false
  }

  async #want(
    context: FetchContext,
    item: number,
    onProgress: (progress: FetchProgress) => void,
    signal: AbortSignal,
  ): Promise<void> {
    signal.throwIfAborted()
    const pending = this.#pendingOf(context, item)
    // Each wish counts, also two of the same caller.
    const watcher = (progress: FetchProgress) => onProgress(progress)
    pending.watchers.add(watcher)
    const aborted = Promise.withResolvers<never>()
    const onAbort = () => aborted.reject(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      await Promise.race([pending.done.promise, aborted.promise])
    } finally {
      signal.removeEventListener('abort', onAbort)
      pending.watchers.delete(watcher)
      if ([...this.#pending.values()].every(({ watchers }) => watchers.size === 0)) this.#abort?.abort(nobodyWaits())
    }
  }

  #pendingOf(context: FetchContext, item: number): PendingBody {
    const known = this.#pending.get(item)
    if (known) return known
    const pending: PendingBody = { context, item, done: Promise.withResolvers<void>(), watchers: new Set(), tries: 0 }
    pending.done.promise
      .catch(() => undefined) // told to those who wait
      .then(() => this.#pending.delete(item))
    this.#pending.set(item, pending)
    this.#queue.push(pending)
    if (!this.#abort) this.#working = this.#work(context)
    return pending
  }

  async #work(context: FetchContext): Promise<void> {
    const abort = new AbortController()
    this.#abort = abort
    let taken: PendingBody[] = []
    try {
      await undefined // what is asked for in the same breath is fetched together
      await using remote = await context.connect(abort.signal)
      context.onSignedIn()
      while (this.#queue.length > 0) {
        taken = this.#queue
        this.#queue = []
        for (const group of groups(taken)) {
          const moved = await settled(remote, group)
          this.#queue.push(...moved.filter(pending => again(pending)))
        }
      }
    } catch (error) {
      const left = [...taken, ...this.#queue]
      // Ended because nobody waited any more: whoever came just then is served by the next connection.
      const isAbandoned = abort.signal.aborted && !this.#isStopped
      this.#queue = isAbandoned ? left.filter(({ watchers }) => watchers.size > 0) : []
      for (const pending of left) if (!this.#queue.includes(pending)) pending.done.reject(error)
    } finally {
      this.#abort = undefined
      // Or came while the connection was being closed.
      if (this.#queue.length > 0) this.#working = this.#work(context)
    }
  }
}

/** Fetches a group; a folder that cannot be opened says so to those who want something of it, and to nobody else. */
async function settled(remote: RemoteMail, group: BodyGroup): Promise<readonly PendingBody[]> {
  try {
    return await fetchGroup(remote, group)
  } catch (error) {
    if (!isFolderFailure(error)) throw error
    for (const { pending } of group) pending.done.reject(error)
    return []
  }
}

function again(pending: PendingBody): boolean {
  pending.tries++
  if (pending.tries < MAX_TRIES) return true
  pending.done.reject(unreachable(pending.item, 'it is being moved about'))
  return false
}

interface PlacedBody {
  readonly pending: PendingBody
  readonly place: BodyPlace
}

/** Messages of one folder that are fetched and made durable together. */
export type BodyGroup = readonly PlacedBody[]

function groups(wanted: readonly PendingBody[]): BodyGroup[] {
  const placed = wanted.flatMap(pending => {
    const place = pending.context.store.read.incoming.placeOf(pending.item)
    if (place) return [{ pending, place }]
    pending.done.reject(unreachable(pending.item, 'the server numbers its folder anew, or has moved it'))
    return []
  })
  const all: PlacedBody[][] = []
  for (const [, ofFolder] of Map.groupBy(placed, ({ place }) => place.path)) {
    let group: PlacedBody[] = []
    let octets = 0
    for (const each of ofFolder) {
      const isFull = group.length >= MAX_GROUP_MESSAGES || octets + each.place.size > MAX_GROUP_OCTETS
      if (group.length > 0 && isFull) {
        all.push(group)
        group = []
        octets = 0
      }
      group.push(each)
      octets += each.place.size
    }
    all.push(group)
  }
  return all
}

/** Says that it is not known now where the server has a message. */
export function unreachable(item: number, why: string): PosternError {
  return new PosternError<SyncErrorCode>('SYNC_BODY_UNREACHABLE', `Item ${item} cannot be fetched now: ${why}.`, {
    remedy: 'retry',
    advice: 'Run `postern sync`, which finds out where it is, then try again.',
  })
}

function nobodyWaits(): PosternError {
  return new PosternError<SyncErrorCode>('SYNC_FETCH_TIMEOUT', 'Nobody waits for the message any more.', {
    remedy: 'retry',
    advice: 'Fetch it again.',
  })
}

// Under the number that is known the account may have another message.
function notJoined(): PosternError {
  return new PosternError<SyncErrorCode>(
    'SYNC_NOT_JOINED',
    'The profile was bound to an account, and its mail is not compared with that yet.',
    { remedy: 'retry', advice: 'Run postern sync first.' },
  )
}

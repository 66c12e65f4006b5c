import { PosternError } from '../../errors.ts'
import type { Logger } from '../../log/logger.ts'
import type { Store } from '../../store/store.ts'
import { synchronizableFolders } from '../choose-folders.ts'
import { isRefusal } from '../refusal.ts'
import { folderClass, type SyncSettings } from '../settings.ts'
import { FolderTidings } from './folder-tidings.ts'
import type { ConnectWatch, RemoteWatch } from './remote-watch.ts'

const MAX_IDLE_CONNECTIONS = 4 // servers allow 10 to 20 of a user, and other programs want some
const RETRY_MIN_MS = 1000
const RETRY_MAX_MS = 5 * 60_000
const YIELD_MS = 15 * 60_000 // after a server that had no connection left for us, or asked us to wait
const CALM_MS = 60_000 // a session that lived this long was no failure to connect

/** How a profile is watched. `timers`: not at all, since the server cannot tell of changes or has no connection left. */
export interface WatchState {
  readonly kind: 'connecting' | 'notify' | 'idle' | 'timers' | 'stopped'
  /** Folders that are watched. */
  readonly folders: number
  /** Why there is no connection now; with `stopped`, a person has to change something. */
  readonly error: { readonly code: string; readonly message: string } | undefined
}

/** What has changed on the server. */
export interface ServerChange {
  readonly paths: readonly string[]
  /** Whether folders came or went. */
  readonly structure: boolean
}

/** Options of {@link Watcher}. */
export interface WatcherOptions {
  readonly store: Store
  readonly connect: ConnectWatch
  readonly settings: Pick<SyncSettings, 'automaticFolders' | 'priorityFolders'>
  readonly onChange: (change: ServerChange) => void
  readonly onState: (state: WatchState) => void
  readonly log: Logger
  /** For tests. */
  readonly timing?: { readonly retryMinMs: number; readonly yieldMs: number }
}

/**
 * Watches a profile on connections of its own: all automatic folders on one (NOTIFY), else the priority folders on a few
 * (IDLE). A lost connection is made anew; a refused sign-in ends it all, so that no account is locked by a watcher.
 */
export class Watcher implements AsyncDisposable {
  readonly #options: WatcherOptions
  readonly #timing: { readonly retryMinMs: number; readonly yieldMs: number }
  readonly #tidings: FolderTidings
  readonly #stop = new AbortController()
  #running: Promise<void> | undefined
  #round = new AbortController()
  #limit = MAX_IDLE_CONNECTIONS
  #open = 0
  #watched: readonly string[] = []

  constructor(options: WatcherOptions) {
    this.#options = options
    this.#timing = options.timing ?? { retryMinMs: RETRY_MIN_MS, yieldMs: YIELD_MS }
    this.#tidings = new FolderTidings(options)
  }

  /** Begins to watch. */
  start(): void {
    this.#running ??= this.#run().catch(error => {
      this.#options.log.error({ err: error }, 'a watcher ended with a bug')
      this.#tell('stopped', 0, error)
    })
  }

  /** Begins anew at once, as after a change of the network. */
  reconnect(): void {
    this.#round.abort()
  }

  /** Begins anew if other folders are to be watched now. */
  refresh(): void {
    const { automatic } = this.#wanted()
    if (automatic.join('\n') !== this.#watched.join('\n')) this.reconnect()
  }

  /** Gives up a connection for others of the profile: the server allows no more. */
  shrink(): void {
    if (this.#open === 0) return
    this.#limit = Math.min(this.#limit, this.#open) - 1
    this.reconnect()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    this.#tidings[Symbol.dispose]()
    await this.#running
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop
    for (let failures = 0; !signal.aborted; ) {
      this.#round = new AbortController()
      const round = AbortSignal.any([signal, this.#round.signal])
      const startedMs = performance.now()
      const reason = await this.#session(round).catch(error => error)
      if (signal.aborted) return
      if (this.#round.signal.aborted) failures = 0
      else if (!(reason instanceof PosternError)) throw reason
      else if (reason.remedy === 'user') return this.#giveUp(reason)
      else {
        failures = performance.now() - startedMs > CALM_MS ? 1 : failures + 1
        await this.#backOff(reason, failures, round)
      }
    }
  }

  /** Resolves with the reason when it has ended. */
  async #session(signal: AbortSignal): Promise<unknown> {
    const { automatic, priority } = this.#wanted()
    this.#watched = automatic
    if (automatic.length === 0) return this.#leaveToTimers(signal)
    if (this.#limit === 0) return this.#rest(signal)
    this.#tell('connecting', 0)
    await using watches = new AsyncDisposableStack()
    watches.defer(() => {
      this.#open = 0
    })
    const first = watches.use(await this.#options.connect(signal))
    this.#open = 1
    if (first.ways.notify && (await this.#notify(first, automatic))) return await first.ended
    if (first.ways.idle) return await this.#idle(watches, first, priority, signal)
    await watches.disposeAsync()
    return this.#leaveToTimers(signal)
  }

  async #leaveToTimers(signal: AbortSignal): Promise<unknown> {
    this.#tell('timers', 0)
    return await aborted(signal)
  }

  async #notify(watch: RemoteWatch, paths: readonly string[]): Promise<boolean> {
    try {
      await watch.notify(paths, this.#tidings)
    } catch (error) {
      if (!isRefusal(error)) throw error
      this.#options.log.info({ err: error }, 'the server refuses NOTIFY')
      return false
    }
    this.#tell('notify', paths.length)
    return true
  }

  async #idle(watches: AsyncDisposableStack, first: RemoteWatch, paths: readonly string[], signal: AbortSignal) {
    const ends: Promise<unknown>[] = []
    let refusal: unknown
    let spare: RemoteWatch | undefined = first
    for (const path of paths) {
      if (ends.length === this.#limit || isTooMany(refusal)) break
      try {
        spare ??= watches.use(await this.#options.connect(signal))
        await spare.idle(path, this.#tidings)
        ends.push(spare.ended)
        spare = undefined
      } catch (error) {
        if (!(isRefusal(error) || isTooMany(error))) throw error
        this.#options.log.info({ err: error, watched: ends.length }, 'a folder cannot be watched')
        refusal = error
      }
    }
    if (ends.length === 0) throw refusal
    if (isTooMany(refusal)) this.#limit = ends.length
    await spare?.[Symbol.asyncDispose]() // others may use it
    this.#open = ends.length
    this.#tell('idle', ends.length)
    return await Promise.race(ends)
  }

  /** Leaves the connections to others for a while. */
  async #rest(signal: AbortSignal): Promise<unknown> {
    this.#tell('timers', 0)
    await delay(this.#timing.yieldMs, signal)
    this.#limit = 1
    this.#round.abort()
    return undefined
  }

  async #backOff(reason: PosternError, failures: number, signal: AbortSignal): Promise<void> {
    const isAsked = isTooMany(reason) || reason.code.endsWith('UNAVAILABLE')
    const waitMs = Math.min(this.#timing.retryMinMs * 2 ** Math.min(failures - 1, 20), RETRY_MAX_MS)
    const retryMs = isAsked ? this.#timing.yieldMs : waitMs * (0.75 + Math.random() / 2) // not all clients at once
    this.#options.log.info({ err: reason, retryMs }, 'the watching connection is lost')
    this.#tell(isAsked ? 'timers' : 'connecting', 0, reason)
    await delay(retryMs, signal)
  }

  #giveUp(reason: PosternError): void {
    this.#options.log.warn({ err: reason }, 'watching stops: a person has to change something')
    this.#tell('stopped', 0, reason)
  }

  #wanted(): { readonly automatic: readonly string[]; readonly priority: readonly string[] } {
    const { store, settings } = this.#options
    const paths = synchronizableFolders(store).map(({ path }) => path) // INBOX first
    const automatic = paths.filter(path => folderClass(path, settings) !== 'other')
    const priority = automatic.filter(path => folderClass(path, settings) === 'priority')
    return { automatic, priority: priority.length > 0 ? priority : automatic.slice(0, 1) }
  }

  #tell(kind: WatchState['kind'], folders: number, error?: unknown): void {
    const { code, message } = error instanceof PosternError ? error : { code: 'BUG', message: String(error) }
    this.#options.onState({ kind, folders, error: error === undefined ? undefined : { code, message } })
  }
}

function isTooMany(error: unknown): boolean {
  return error instanceof PosternError && error.code === 'UPSTREAM_TOO_MANY_CONNECTIONS'
}

function delay(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, ms)
  const end = () => {
    clearTimeout(timer)
    resolve()
  }
  signal.addEventListener('abort', end, { once: true })
  if (signal.aborted) end()
  return promise
}

function aborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  signal.addEventListener('abort', () => resolve(), { once: true })
  if (signal.aborted) resolve()
  return promise
}

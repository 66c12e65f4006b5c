import type { Logger } from '../../log/logger.ts'
import type { Store } from '../../store/store.ts'
import type { ConnectWatch } from '../../sync/watch/remote-watch.ts'
import { Watcher } from '../../sync/watch/watcher.ts'
import type { FromEngine, WatchRequest } from './engine-protocol.ts'

/** What {@link EngineWatchers} work with. */
export interface EngineWatchersOptions {
  readonly connect: (request: WatchRequest, log: Logger) => ConnectWatch
  readonly storeOf: (request: WatchRequest) => Store
  readonly send: (message: FromEngine) => void
  readonly log: Logger
}

/** The watchers of the engine process, one for a profile at most. */
export class EngineWatchers implements AsyncDisposable {
  readonly #options: EngineWatchersOptions
  readonly #watchers = new Map<number, Watcher>()

  constructor(options: EngineWatchersOptions) {
    this.#options = options
  }

  /** Watches a profile, in place of what watched it. */
  watch(request: WatchRequest): void {
    const { profile, settings } = request
    const { connect, storeOf, send } = this.#options
    const log = this.#options.log.child({ component: 'watcher', profile })
    void this.unwatch(profile)
    const watcher: Watcher = new Watcher({
      // Asked for each time: it may have been repaired, restored, or be in no state to be opened now.
      get store() {
        return storeOf(request)
      },
      connect: connect(request, log),
      settings,
      log,
      // What a predecessor says while it ends is not its successor's.
      onChange: change => this.#isCurrent(watcher, profile) && send({ kind: 'changed', profile, change }),
      onState: state => this.#isCurrent(watcher, profile) && send({ kind: 'watching', profile, state }),
    })
    this.#watchers.set(profile, watcher)
    watcher.start()
  }

  /** Resolves when nothing of it uses the store any more. */
  async unwatch(profile: number): Promise<void> {
    const watcher = this.#watchers.get(profile)
    this.#watchers.delete(profile)
    await watcher?.[Symbol.asyncDispose]()
  }

  /** Makes all connections anew. */
  reconnect(): void {
    for (const watcher of this.#watchers.values()) watcher.reconnect()
  }

  /** A run may have found other folders. */
  refresh(profile: number): void {
    this.#watchers.get(profile)?.refresh()
  }

  /** A run got no connection: the server allows no more. */
  shrink(profile: number): void {
    this.#watchers.get(profile)?.shrink()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#watchers.keys()].map(profile => this.unwatch(profile)))
  }

  #isCurrent(watcher: Watcher, profile: number): boolean {
    return this.#watchers.get(profile) === watcher
  }
}

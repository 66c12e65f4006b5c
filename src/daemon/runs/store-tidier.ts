import type { Profile } from '../../profile/profiles.ts'
import type { Installation } from '../installation.ts'
import type { RunObserver, RunOutcome } from './run.ts'

const AFTER_RUN_MS = 10_000 // who has just got mail may be about to do something with it
const DAY_MS = 86_400_000

/** The daemon's own care for stores: once a day, when a run is done and nothing else is going on, much dead space goes. */
export class StoreTidier implements RunObserver, Disposable {
  readonly #installation: Installation
  readonly #abort = new AbortController()
  readonly #timers = new Map<number, NodeJS.Timeout>()
  readonly #lastMs = new Map<number, number>()

  constructor(installation: Installation) {
    this.#installation = installation
  }

  started({ number }: Profile): void {
    clearTimeout(this.#timers.get(number))
  }

  ended(profile: Profile, _options: unknown, outcome: RunOutcome): void {
    const lastMs = this.#lastMs.get(profile.number)
    const isDue = lastMs === undefined || performance.now() - lastMs > DAY_MS
    if (outcome.kind !== 'done' || !isDue || this.#abort.signal.aborted) return
    clearTimeout(this.#timers.get(profile.number))
    this.#timers.set(profile.number, setTimeout(() => void this.#tidy(profile), AFTER_RUN_MS).unref())
  }

  [Symbol.dispose](): void {
    this.#abort.abort()
    for (const timer of this.#timers.values()) clearTimeout(timer)
  }

  async #tidy(profile: Profile): Promise<void> {
    const { syncs, stores, log } = this.#installation
    if (syncs.stateOf(profile.number) !== 'idle') return
    this.#lastMs.set(profile.number, performance.now())
    const interrupted = new AbortController()
    const signal = AbortSignal.any([this.#abort.signal, interrupted.signal])
    // A run that is asked for meanwhile does not wait: what was moved until then stays moved.
    const onProgress = () => {
      if (syncs.stateOf(profile.number) === 'syncing') interrupted.abort()
    }
    try {
      const report = await stores.compact(profile, { isDryRun: false, isAutomatic: true }, { onProgress, signal })
      if (report.retired > 0) log.info({ profile: profile.number, freed: report.freed }, 'compacted a store')
    } catch (error) {
      if (!signal.aborted) log.warn({ err: error, profile: profile.number }, 'a store could not be compacted')
    }
  }
}

import type { Logger } from '../../log/logger.ts'
import { hasMailServer } from '../../profile/binding.ts'
import { isPaused } from '../../profile/pause.ts'
import type { Profile, Profiles } from '../../profile/profiles.ts'
import type { Secrets } from '../../profile/secrets.ts'
import type { ServerChange, WatchState } from '../../sync/watch/watcher.ts'
import { requestOf, type Ways } from '../engine/account-request.ts'
import type { EngineClient, EngineObserver } from '../engine/engine-client.ts'
import type { WatchRequest } from '../engine/engine-protocol.ts'
import type { RunObserver, RunOptions, RunOutcome } from './run.ts'

/** What {@link Watchers} work with. */
export interface WatchersOptions {
  readonly profiles: Pick<Profiles, 'list'>
  readonly engine: Pick<EngineClient, 'watch' | 'unwatch' | 'observe'>
  readonly secrets: () => Promise<Secrets>
  readonly ways: Ways
  readonly log: Logger
  /** The server of a profile has told of changes. */
  readonly onChange: (profile: Profile, change: ServerChange) => void
  /** The server of a profile has refused a watcher's sign-in; that watcher tries no more. */
  readonly onRefused: (profile: Profile) => void
  /** A watcher needs a person to sign in; it tries no more, and whoever else tries tells why. */
  readonly onSignInNeeded?: (profile: Profile) => void
  /** Monotonic, in ms. */
  readonly clock?: () => number
}

const REFUSED_REST_MS = 3_600_000 // a server whose directory was down for a moment refuses everybody

interface Watched {
  readonly request: WatchRequest
  readonly sinceMs: number
  /** Undefined until the engine has told. */
  state: WatchState | undefined
}

/**
 * Decides which profiles the engine watches. A profile is watched from its first run that ended well: the watcher is
 * never the one who finds out that a password is wrong.
 */
export class Watchers implements RunObserver, EngineObserver, Disposable {
  readonly #options: WatchersOptions
  readonly #clock: () => number
  readonly #watched = new Map<number, Watched>()
  /** Profiles whose password is right, as a run has shown. */
  readonly #proven = new Set<number>()
  #isEnding = false

  constructor(options: WatchersOptions) {
    this.#options = options
    this.#clock = options.clock ?? (() => performance.now())
    options.engine.observe(this)
  }

  /** How a profile is watched; undefined when it is not. */
  stateOf({ number }: Profile): WatchState | undefined {
    return this.#watched.get(number)?.state
  }

  /** Settings of a profile have changed: its watching begins, ends, or begins anew. */
  reconsider(profile: Profile): void {
    if (!isWanted(profile)) this.#end(profile)
    else if (this.#proven.has(profile.number)) this.#watch(profile)
  }

  /** Ends the watching of a profile until a run has ended well again. */
  forget(profile: Profile): void {
    this.#proven.delete(profile.number)
    this.#end(profile)
  }

  started(): void {
    // A run and a watcher have connections of their own.
  }

  ended(profile: Profile, _run: RunOptions, outcome: RunOutcome): void {
    if (outcome.kind === 'done') this.#proven.add(profile.number)
    // A policy that came with the run may want it otherwise.
    if (outcome.kind === 'done') this.reconsider(this.#find(profile.number) ?? profile)
    else if (outcome.kind === 'failed' && outcome.error.remedy === 'user') this.forget(profile)
  }

  changed(profile: number, change: ServerChange): void {
    const found = this.#find(profile)
    if (found && this.#watched.has(profile)) this.#options.onChange(found, change)
  }

  watching(profile: number, state: WatchState): void {
    const watched = this.#watched.get(profile)
    if (!watched) return
    watched.state = state
    const found = this.#find(profile)
    if (found && isRefusal(state)) this.#options.onRefused(found)
    if (found && stoppedBy(state, 'PROFILE_SIGN_IN_NEEDED')) this.#options.onSignInNeeded?.(found)
  }

  /** The engine process has ended, and its watchers with it. */
  exited(): void {
    for (const [number, { state }] of [...this.#watched]) {
      if (state?.kind === 'stopped') continue
      this.#watched.delete(number)
      const profile = this.#find(number)
      if (profile) this.#watch(profile)
    }
  }

  /** A profile's store was closed, and nothing watches it any more. */
  closed(profile: number): void {
    this.#watched.delete(profile)
  }

  [Symbol.dispose](): void {
    this.#isEnding = true
  }

  #find(number: number): Profile | undefined {
    return this.#options.profiles.list().find(profile => profile.number === number)
  }

  // A run has just ended well: what stopped the watcher (a hotel's sign-in page in the way) may be over. One whose
  // password was refused waits longer, so that no account is locked by it. A new sign-in begins with another watcher.
  #mayTryAgain({ state, sinceMs }: Watched): boolean {
    if (state?.kind !== 'stopped') return false
    return !isRefused(state) || this.#clock() - sinceMs > REFUSED_REST_MS
  }

  #end({ number }: Profile): void {
    if (this.#watched.delete(number)) this.#options.engine.unwatch(number)
  }

  #watch(profile: Profile): void {
    this.#begin(profile).catch(error => {
      this.#options.log.error({ err: error, profile: profile.number }, 'a profile cannot be watched')
    })
  }

  async #begin(profile: Profile): Promise<void> {
    const secrets = await this.#options.secrets()
    const request = await requestOf(profile, secrets, this.#options.ways)
    const { number } = profile
    // Removed, paused, given another password, or ended meanwhile.
    if (this.#isEnding || !request || !this.#proven.has(number) || !isWanted(this.#find(number) ?? profile)) return
    const before = this.#watched.get(number)
    if (before && JSON.stringify(before.request) === JSON.stringify(request) && !this.#mayTryAgain(before)) return
    this.#watched.set(number, { request, sinceMs: this.#clock(), state: undefined })
    await this.#options.engine.watch(request)
    if (!this.#watched.has(number)) this.#options.engine.unwatch(number) // forgotten while the engine was not there
  }
}

function isRefused(state: WatchState): boolean {
  return isRefusal(state) || stoppedBy(state, 'PROFILE_SIGN_IN_NEEDED')
}

function stoppedBy({ kind, error }: WatchState, code: string): boolean {
  return kind === 'stopped' && error?.code === code
}

function isWanted(profile: Profile): boolean {
  if (!hasMailServer(profile)) return false // a server of calendars tells of nothing by itself
  // Outlook's polls drive the profile when it uses Outlook's settings; each change told would cost metered octets.
  return profile.watch && !profile.metered && !profile.useOutlookSettings && !isPaused(profile, Date.now())
}

function isRefusal(state: WatchState): boolean {
  return stoppedBy(state, 'UPSTREAM_SIGN_IN_REFUSED') || stoppedBy(state, 'UPSTREAM_CERTIFICATE_WANTED')
}

import { PosternError } from '../../errors.ts'
import type { Logger } from '../../log/logger.ts'
import { hasMailServer, isUnbound, mailElsewhere, profileUnbound } from '../../profile/binding.ts'
import type { AccessTokens } from '../../profile/oauth/access-tokens.ts'
import { isPaused, profilePaused } from '../../profile/pause.ts'
import type { Profile } from '../../profile/profiles.ts'
import type { Secrets } from '../../profile/secrets.ts'
import { mailAccountOf, type SignInAttempt, type SignInGuard, signInStopped } from '../../profile/sign-in-guard.ts'
import type { FetchResult } from '../../sync/download/body-fetcher.ts'
import { type LocalChange, type LocalChangeResult, needsWriter } from '../../sync/local/local-change.ts'
import type { SyncEvent, SyncResult } from '../../sync/progress.ts'
import { requestOf, type Ways } from '../engine/account-request.ts'
import type { EngineClient } from '../engine/engine-client.ts'
import type { EngineEvent, WatchRequest } from '../engine/engine-protocol.ts'
import { newProfileRuns, type ProfileRuns } from './profile-runs.ts'
import type { FetchOptions, RunObserver, RunOptions, RunOutcome } from './run.ts'
import { asPosternError, asResult, held, MAX_CRASHES, noPassword, noProfile, stopping, sum } from './run-outcomes.ts'
import { RunSignIns } from './run-sign-ins.ts'
import { SharedSignIns } from './shared-sign-ins.ts'
import type { SlowServer } from './slow-server.ts'

const SLOW_TOLD_MS = 12_000 // a silent server is told of every 10 s

/** What is known of a profile's runs since the start. */
export interface RunState {
  readonly state: 'idle' | 'syncing' | 'held'
}

/** What {@link SyncRunner} works with. */
export interface SyncRunnerOptions {
  readonly engine: EngineClient
  readonly secrets: () => Promise<Secrets>
  readonly ways: Ways
  readonly signIns: SignInGuard
  readonly tokens: Pick<AccessTokens, 'retry'>
  /** Takes what the mail server's annotation for policies holds; gives the profile by another policy than before. */
  readonly onPolicy: (profile: Profile, text: string | undefined) => Promise<Profile | undefined>
  readonly log: Logger
}

/** Runs synchronizations: one at a time for each profile, with crashes counted. */
export class SyncRunner implements AsyncDisposable {
  readonly #engine: EngineClient
  readonly #secrets: () => Promise<Secrets>
  readonly #ways: Ways
  readonly #signIns: SignInGuard
  readonly #tokens: SyncRunnerOptions['tokens']
  /** All that is fetched on demand for a profile comes over one connection. */
  readonly #fetchSignIns: SharedSignIns
  readonly #onPolicy: SyncRunnerOptions['onPolicy']
  readonly #log: Logger
  readonly #profiles = new Map<number, ProfileRuns>()
  readonly #stopping = new AbortController()
  readonly #observers = new Set<RunObserver>()
  /** Profiles that are removed; their numbers are never given again. */
  readonly #retired = new Set<number>()
  #alone: Promise<unknown> = Promise.resolve()

  constructor({ engine, secrets, ways, signIns, tokens, onPolicy, log }: SyncRunnerOptions) {
    this.#engine = engine
    this.#secrets = secrets
    this.#ways = ways
    this.#signIns = signIns
    this.#tokens = tokens
    this.#fetchSignIns = new SharedSignIns(signIns)
    this.#onPolicy = onPolicy
    this.#log = log
  }

  /** Tells an observer of every run from now on. */
  observe(observer: RunObserver): void {
    this.#observers.add(observer)
  }

  stateOf(profile: number): RunState['state'] {
    const runs = this.#profiles.get(profile)
    if (runs && runs.waiting > 0) return 'syncing'
    return runs && runs.crashes >= MAX_CRASHES ? 'held' : 'idle'
  }

  /** Tells whether a profile's store is being worked with: by a run, or between two. */
  isBusy(profile: number): boolean {
    const runs = this.#profiles.get(profile)
    return runs !== undefined && runs.waiting + runs.alone > 0
  }

  /** Tells whether a run waits for a server that says nothing. */
  slowOf(profile: number): SlowServer | undefined {
    const slow = this.#profiles.get(profile)?.slow
    const sinceMs = slow ? performance.now() - slow.toldMs : Number.POSITIVE_INFINITY
    return slow && sinceMs < SLOW_TOLD_MS ? { path: slow.path, silentMs: slow.silentMs + sinceMs } : undefined
  }

  /**
   * Runs after the run that is under way, whose events are told as well and whose counts are added: who waits for mail
   * wants to know of all that came meanwhile.
   *
   * @throws {PosternError} PROFILE_UNBOUND, PROFILE_PAUSED, DAEMON_PROFILE_HELD, DAEMON_ENGINE_CRASHED, and what the run throws
   */
  async run(profile: Profile, options: RunOptions): Promise<SyncResult> {
    this.#assertThere(profile)
    if (isUnbound(profile)) throw profileUnbound(profile)
    const runs = this.#runsOf(profile.number)
    if (runs.crashes >= MAX_CRASHES && !options.isExplicit) throw held(profile)
    if (isPaused(profile, Date.now())) throw profilePaused(profile)
    if (options.retrySignIn) await this.#signIns.clear(profile.number)
    if (options.retrySignIn && profile.auth === 'oauth2') await this.#tokens.retry(profile)
    runs.watchers.add(options.onEvent)
    const signal = AbortSignal.any([options.signal, this.#stopping.signal, runs.cancel.signal])
    const before = runs.last
    runs.waiting++
    const own = before
      .then(undefined, () => undefined) // that one's failure is told to who asked for it
      .then(earlier =>
        this.#observed(profile, { ...options, signal }, runs).then(result => sum(asResult(earlier), result)),
      )
      .finally(() => {
        runs.waiting--
        runs.watchers.delete(options.onEvent)
      })
    runs.last = own
    const result = await own
    if (runs.last === own) runs.last = Promise.resolve() // counts are told once
    return result
  }

  /** Breaks off the runs of a profile, those that wait included; what has arrived is kept. */
  cancel({ number }: Profile, reason: PosternError): void {
    const runs = this.#runsOf(number)
    runs.cancel.abort(reason)
    runs.cancel = new AbortController()
  }

  /**
   * Removes a profile: what is under way is broken off, `work` follows it, and nothing comes after, which would make its
   * store again. When `work` fails, the profile goes on.
   */
  async retire<Result>(profile: Profile, work: () => Promise<Result>): Promise<Result> {
    this.#assertThere(profile)
    this.cancel(profile, noProfile(profile))
    const done = this.exclusively(profile, work)
    this.#retired.add(profile.number)
    return await done.catch(error => {
      this.#retired.delete(profile.number)
      throw error
    })
  }

  /** Lets runs and watchers begin anew on other connections: the old ones are dead, and would be waited for. */
  reconnect(): void {
    this.#engine.reconnectWatchers()
    for (const observer of this.#observers) observer.reconnecting?.()
    for (const runs of this.#profiles.values()) {
      if (runs.waiting > 0) runs.reconnect.abort(stopping())
    }
  }

  /** Puts a message of our own making into a profile's Inbox, between two runs. */
  async deliver(profile: Profile, message: Buffer): Promise<void> {
    this.#assertThere(profile)
    const { number, dir } = profile
    const runs = this.#runsOf(number)
    const delivered = runs.last
      .then(undefined, () => undefined) // told to who asked for it
      .then(() => this.#engine.deliver({ profile: number, storeDir: dir, message }))
    runs.last = delivered
    await delivered
  }

  /** Makes a change to a profile's local mail: at once, or between two runs where it needs the pack. */
  async change(profile: Profile, change: LocalChange): Promise<LocalChangeResult> {
    this.#assertThere(profile)
    const { number, dir } = profile
    const apply = () => this.#engine.change({ profile: number, storeDir: dir, change })
    return needsWriter(change) ? this.exclusively(profile, apply) : apply()
  }

  /**
   * Fetches the bodies of items now, whatever run is under way; resolves when they are durable.
   *
   * @throws {PosternError} PROFILE_UNBOUND, PROFILE_MAIL_ELSEWHERE, PROFILE_PAUSED, SYNC_FETCH_TIMEOUT, and what keeps the server from being asked
   */
  async fetch(
    profile: Profile,
    items: readonly number[],
    { timeoutMs, onProgress, signal }: FetchOptions,
  ): Promise<FetchResult> {
    this.#assertThere(profile)
    if (isUnbound(profile)) throw profileUnbound(profile)
    if (!hasMailServer(profile)) throw mailElsewhere(profile)
    if (isPaused(profile, Date.now())) throw profilePaused(profile)
    const account = await this.#account(profile)
    const cancelled = this.#runsOf(profile.number).cancel.signal // a pause, or its removal
    const any = AbortSignal.any([signal, this.#stopping.signal, cancelled])
    return this.#fetchSignIns.with(mailAccountOf(profile), async signIn => {
      const onEvent = (event: EngineEvent) => {
        if (event.kind === 'signed-in') signIn.accepted()
        else if (event.kind === 'body') onProgress(event)
      }
      return this.#engine.fetch({ ...account, items, timeoutMs }, onEvent, any).catch(async error => {
        const cause = await this.#refusal(profile, signIn, error)
        throw cancelled.aborted ? cancelled.reason : cause
      })
    })
  }

  /** Does something with a profile's store between two runs; runs that are asked for meanwhile wait. */
  async exclusively<Result>(profile: Profile, work: () => Promise<Result>): Promise<Result> {
    this.#assertThere(profile)
    const runs = this.#runsOf(profile.number)
    runs.alone++
    const done = runs.last
      .then(undefined, () => undefined)
      .then(work)
      .finally(() => runs.alone--) // its failure is told to who asked for it
    runs.last = done.then(() => undefined)
    runs.last.catch(() => undefined) // told below
    return done
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort(stopping())
    await Promise.allSettled([...this.#profiles.values()].map(({ last }) => last))
  }

  async #observed(profile: Profile, options: RunOptions, runs: ProfileRuns): Promise<SyncResult> {
    const { signal } = options
    const tell = (outcome: RunOutcome) => {
      for (const observer of this.#observers) observer.ended(profile, options, outcome)
    }
    for (const observer of this.#observers) observer.started(profile, options)
    try {
      const result = await this.#runUntilConnected(profile, options, runs)
      tell({ kind: 'done', result })
      return result
    } catch (error) {
      tell(signal.aborted ? { kind: 'stopped' } : { kind: 'failed', error: asPosternError(error) })
      throw signal.aborted ? signal.reason : error
    }
  }

  /** Repeats a run that was broken off only to get another connection, or other settings; what it had done is kept. */
  async #runUntilConnected(profile: Profile, options: RunOptions, runs: ProfileRuns) {
    let settings = profile
    for (;;) {
      const controller = new AbortController()
      const reconnect = controller.signal
      runs.reconnect = controller
      // Once: a server that has another policy each time would be signed in to without an end.
      const onPolicy = (fixed: Profile) => {
        if (settings !== profile) return
        settings = fixed
        controller.abort(stopping())
      }
      try {
        const signal = AbortSignal.any([options.signal, reconnect])
        return await this.#runOnce(settings, { ...options, signal }, runs, onPolicy)
      } catch (error) {
        if (!reconnect.aborted || options.signal.aborted) throw error
      }
    }
  }

  async #runOnce(profile: Profile, options: RunOptions, runs: ProfileRuns, onPolicy: (fixed: Profile) => void) {
    const { signal } = options
    signal.throwIfAborted()
    const whole = await this.#request(profile, options)
    const signIns = await RunSignIns.begin(this.#signIns, profile)
    const request = signIns.leavesCollections ? { ...whole, collections: undefined } : whole
    const onEvent = (event: SyncEvent) => {
      if (event.kind === 'slow') runs.slow = { ...event, toldMs: performance.now() }
      else if (event.kind === 'folder') runs.slow = undefined
      if (event.kind === 'signed-in') signIns.accepted(event)
      else if (event.kind === 'policy')
        void this.#onPolicy(profile, event.text).then(fixed => fixed && !signal.aborted && onPolicy(fixed))
      else for (const watcher of runs.watchers) watcher(event)
    }
    const start = () => this.#engine.run(request, onEvent, signal)
    try {
      const result = await (runs.crashes > 0 ? this.#runAlone(start) : start())
      runs.crashes = 0
      return await signIns.done(result)
    } catch (error) {
      if (error instanceof PosternError && error.code === 'DAEMON_ENGINE_CRASHED') this.#countCrash(profile, runs)
      const refusal = await signIns.failed(error)
      throw signal.aborted ? refusal : await this.#ways.explain(profile, refusal)
    } finally {
      runs.slow = undefined
    }
  }

  /** Counts a refused password, and says so where it was one too many. */
  async #refusal(profile: Profile, signIn: SignInAttempt, error: unknown): Promise<unknown> {
    await signIn.failed(error)
    const account = mailAccountOf(profile)
    const isRefusal = error instanceof PosternError && error.code === 'UPSTREAM_SIGN_IN_REFUSED'
    return isRefusal && this.#signIns.isStopped(account) ? signInStopped(account, error) : error
  }

  // A profile under suspicion shares the engine with no other suspect.
  #runAlone(start: () => Promise<SyncResult>): Promise<SyncResult> {
    const run = this.#alone.then(start, start)
    this.#alone = run.catch(() => undefined)
    return run
  }

  #countCrash({ number }: Profile, runs: ProfileRuns): void {
    runs.crashes++
    if (runs.crashes === MAX_CRASHES) this.#log.error({ profile: number }, 'a profile crashed the engine and is held')
  }

  async #request(profile: Profile, { folders, scope, structure }: RunOptions) {
    return { ...(await this.#account(profile)), folders, scope, structure }
  }

  async #account(profile: Profile): Promise<WatchRequest> {
    const request = await requestOf(profile, await this.#secrets(), this.#ways)
    if (!request) throw noPassword(profile)
    return request
  }

  #assertThere(profile: Profile): void {
    if (this.#retired.has(profile.number)) throw noProfile(profile)
  }

  #runsOf(profile: number): ProfileRuns {
    const runs = this.#profiles.get(profile) ?? newProfileRuns()
    this.#profiles.set(profile, runs)
    return runs
  }
}

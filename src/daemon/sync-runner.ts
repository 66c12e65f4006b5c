import { parseUpstreamUrl } from '../config/upstream-url.ts'
import { PosternError } from '../errors.ts'
import type { Logger } from '../log/logger.ts'
import type { ProfileErrorCode } from '../profile/errors.ts'
import type { Profile } from '../profile/profiles.ts'
import type { Secrets } from '../profile/secrets.ts'
import type { SyncScope } from '../sync/choose-folders.ts'
import type { SyncRun } from '../sync/cycle.ts'
import { type LocalChange, type LocalChangeResult, needsWriter } from '../sync/local-change.ts'
import type { SyncEvent, SyncResult } from '../sync/progress.ts'
import type { EngineClient } from './engine-client.ts'
import type { DaemonErrorCode } from './errors.ts'
import { syncSettingsOf } from './sync-settings.ts'
import { fromWireError, toWireError } from './wire-error.ts'

const MAX_CRASHES = 3 // of one profile, before it is held

/** What a run is to do. */
export interface RunOptions {
  readonly folders: readonly string[]
  /** Which folders, when none is named. */
  readonly scope: SyncScope
  readonly structure: SyncRun['structure']
  readonly onEvent: (event: SyncEvent) => void
  readonly signal: AbortSignal
  /** Whether a person asked: lets a held profile try once more. */
  readonly isExplicit: boolean
}

/** What a run has come to. A bug counts as a failure, with the code BUG. */
export type RunOutcome =
  | { readonly kind: 'done'; readonly result: SyncResult }
  | { readonly kind: 'failed'; readonly error: PosternError }
  /** Broken off by whoever asked for it, or because the daemon is ending. */
  | { readonly kind: 'stopped' }

/** Is told of every run, whoever asked for it. */
export interface RunObserver {
  started(profile: Profile, run: RunOptions): void
  ended(profile: Profile, run: RunOptions, outcome: RunOutcome): void
}

/** What is known of a profile's runs since the start. */
export interface RunState {
  readonly state: 'idle' | 'syncing' | 'held'
}

interface ProfileRuns {
  /** Ends when the run under way, and those that wait behind it, have ended. */
  last: Promise<unknown>
  waiting: number
  crashes: number
  /** Breaks the run under way off, so that it begins anew on another connection. */
  reconnect: AbortController
  readonly watchers: Set<(event: SyncEvent) => void>
}

/** Runs synchronizations: one at a time for each profile, with crashes counted. */
export class SyncRunner implements AsyncDisposable {
  readonly #engine: EngineClient
  readonly #secrets: () => Promise<Secrets>
  readonly #log: Logger
  readonly #profiles = new Map<number, ProfileRuns>()
  readonly #stopping = new AbortController()
  readonly #observers = new Set<RunObserver>()
  #alone: Promise<unknown> = Promise.resolve()

  constructor(engine: EngineClient, secrets: () => Promise<Secrets>, log: Logger) {
    this.#engine = engine
    this.#secrets = secrets
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

  /**
   * Runs after the run that is under way, whose events are told as well and whose counts are added: who waits for mail
   * wants to know of all that came meanwhile.
   *
   * @throws {PosternError} DAEMON_PROFILE_HELD, DAEMON_ENGINE_CRASHED, and what the run throws
   */
  async run(profile: Profile, options: RunOptions): Promise<SyncResult> {
    const runs = this.#runsOf(profile.number)
    if (runs.crashes >= MAX_CRASHES && !options.isExplicit) throw held(profile)
    runs.watchers.add(options.onEvent)
    const before = runs.last
    runs.waiting++
    const own = before
      .then(undefined, () => undefined) // that one's failure is told to who asked for it
      .then(earlier => this.#observed(profile, options, runs).then(result => sum(asResult(earlier), result)))
      .finally(() => {
        runs.waiting--
        runs.watchers.delete(options.onEvent)
      })
    runs.last = own
    const result = await own
    if (runs.last === own) runs.last = Promise.resolve() // counts are told once
    return result
  }

  /** Lets every run under way begin anew on another connection: the old one is dead, and would be waited for. */
  reconnect(): void {
    for (const runs of this.#profiles.values()) {
      if (runs.waiting > 0) runs.reconnect.abort(stopping())
    }
  }

  /** Puts a message of our own making into a profile's Inbox, between two runs. */
  async deliver({ number, dir }: Profile, message: Buffer): Promise<void> {
    const runs = this.#runsOf(number)
    const delivered = runs.last
      .then(undefined, () => undefined) // told to who asked for it
      .then(() => this.#engine.deliver({ profile: number, storeDir: dir, message }))
    runs.last = delivered
    await delivered
  }

  /** Makes a change to a profile's local mail: at once, or between two runs where it needs the pack. */
  async change({ number, dir }: Profile, change: LocalChange): Promise<LocalChangeResult> {
    const apply = () => this.#engine.change({ profile: number, storeDir: dir, change })
    if (!needsWriter(change)) return apply()
    const runs = this.#runsOf(number)
    const changed = runs.last.then(undefined, () => undefined).then(apply) // its failure is told to who asked for it
    runs.last = changed.then(() => undefined)
    runs.last.catch(() => undefined) // told below
    return changed
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort(stopping())
    await Promise.allSettled([...this.#profiles.values()].map(({ last }) => last))
  }

  async #observed(profile: Profile, options: RunOptions, runs: ProfileRuns): Promise<SyncResult> {
    const signal = AbortSignal.any([options.signal, this.#stopping.signal])
    const tell = (outcome: RunOutcome) => {
      for (const observer of this.#observers) observer.ended(profile, options, outcome)
    }
    for (const observer of this.#observers) observer.started(profile, options)
    try {
      const result = await this.#runUntilConnected(profile, options, runs, signal)
      tell({ kind: 'done', result })
      return result
    } catch (error) {
      tell(signal.aborted ? { kind: 'stopped' } : { kind: 'failed', error: asPosternError(error) })
      throw signal.aborted ? signal.reason : error
    }
  }

  /** Repeats a run that was broken off only to get another connection; what it had done is kept. */
  async #runUntilConnected(profile: Profile, options: RunOptions, runs: ProfileRuns, signal: AbortSignal) {
    for (;;) {
      runs.reconnect = new AbortController()
      const reconnect = runs.reconnect.signal
      try {
        return await this.#runOnce(profile, options, runs, AbortSignal.any([signal, reconnect]))
      } catch (error) {
        if (!reconnect.aborted || signal.aborted) throw error
      }
    }
  }

  async #runOnce(profile: Profile, options: RunOptions, runs: ProfileRuns, signal: AbortSignal): Promise<SyncResult> {
    signal.throwIfAborted()
    const request = await this.#request(profile, options)
    const onEvent = (event: SyncEvent) => {
      for (const watcher of runs.watchers) watcher(event)
    }
    const start = () => this.#engine.run(request, onEvent, signal)
    try {
      const result = await (runs.crashes > 0 ? this.#runAlone(start) : start())
      runs.crashes = 0
      return result
    } catch (error) {
      if (error instanceof PosternError && error.code === 'DAEMON_ENGINE_CRASHED') this.#countCrash(profile, runs)
      throw error
    }
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
    const secrets = await this.#secrets()
    const password = secrets.find(profile.number, 'password')
    const imap = parseUpstreamUrl(profile.imap)
    if (password === undefined || !imap) throw noPassword(profile)
    const { number, dir, user, email } = profile
    const account = { profile: number, storeDir: dir, imap, user: user ?? email, password }
    return { ...account, folders, scope, structure, settings: syncSettingsOf(profile) }
  }

  #runsOf(profile: number): ProfileRuns {
    const known = this.#profiles.get(profile)
    if (known) return known
    const reconnect = new AbortController()
    const watchers = new Set<(event: SyncEvent) => void>()
    const runs = { last: Promise.resolve(), waiting: 0, crashes: 0, reconnect, watchers }
    this.#profiles.set(profile, runs)
    return runs
  }
}

function asPosternError(error: unknown): PosternError {
  return error instanceof PosternError ? error : fromWireError(toWireError(error))
}

function asResult(value: unknown): SyncResult | undefined {
  return value as SyncResult | undefined // `last` is a run of ours, or a promise of nothing
}

function sum(earlier: SyncResult | undefined, result: SyncResult): SyncResult {
  if (!earlier) return result
  return {
    ...result,
    downloaded: earlier.downloaded + result.downloaded,
    imported: earlier.imported + result.imported,
    uploaded: earlier.uploaded + result.uploaded,
  }
}

function held({ name }: Profile): PosternError {
  return new PosternError<DaemonErrorCode>(
    'DAEMON_PROFILE_HELD',
    `Synchronizing ${name} made the engine crash ${MAX_CRASHES} times; it is held.`,
    { remedy: 'user', advice: `Look into the log, then try \`postern sync --profile ${name}\`.` },
  )
}

function noPassword({ name }: Profile): PosternError {
  return new PosternError<ProfileErrorCode>('PROFILE_NO_PASSWORD', `No password is stored for ${name}.`, {
    remedy: 'user',
    advice: `Store one: postern profile password ${name}`,
  })
}

function stopping(): PosternError {
  return new PosternError<DaemonErrorCode>('DAEMON_STOPPING', 'Postern is stopping.', {
    remedy: 'retry',
    advice: 'What has arrived is kept; the next run goes on from there.',
  })
}

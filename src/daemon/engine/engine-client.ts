import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { PosternError } from '../../errors.ts'
import type { Logger } from '../../log/logger.ts'
import type { MaintenanceProgress } from '../../store/maintenance/problem.ts'
import type { FetchResult } from '../../sync/download/body-fetcher.ts'
import type { LocalChangeResult } from '../../sync/local/local-change.ts'
import type { SyncEvent, SyncResult } from '../../sync/progress.ts'
import type { ServerChange, WatchState } from '../../sync/watch/watcher.ts'
import { fromWireError, toWireError } from '../control/wire-error.ts'
import { entryPoint } from '../entry-point.ts'
import type { DaemonErrorCode } from '../errors.ts'
import type {
  AccountCounts,
  ChangeRequest,
  DeliverRequest,
  EngineEvent,
  EngineSettings,
  FetchRequest,
  FromEngine,
  MaintainRequest,
  RunRequest,
  SurveyRequest,
  ToEngine,
  WatchRequest,
} from './engine-protocol.ts'

const HANG_MS = 120_000 // no transaction is longer than a second; a disk at its end may be
const HANG_CHECK_MS = 5000
const SHUTDOWN_MS = 5000
const RESTART_MIN_MS = 200
const RESTART_MAX_MS = 60_000
const CALM_MS = 60_000 // an engine that lived this long was no crash loop

interface Waiting extends PromiseWithResolvers<unknown> {
  readonly onEvent: ((event: EngineEvent) => void) | undefined
}

/** Is told what the engine says unasked. */
export interface EngineObserver {
  changed(profile: number, change: ServerChange): void
  watching(profile: number, state: WatchState): void
  /** Something was written into a profile's store. */
  committed?(profile: number): void
  /** The process has ended unexpectedly. */
  exited(): void
  /** A profile's store was closed, its watcher ended. */
  closed(profile: number): void
}

/** Gives an access token of a profile; another one than `refused`. */
export type TokenSource = (profile: number, refused: string | undefined) => Promise<string>

/** The main process's side of the engine: starts it when it is needed, kills it when it hangs, restarts it when it dies. */
export class EngineClient implements AsyncDisposable {
  #settings: EngineSettings
  readonly #log: Logger
  readonly #tokens: TokenSource
  readonly #waiting = new Map<number, Waiting>()
  readonly #observers = new Set<EngineObserver>()
  readonly #ending = new AbortController()
  #child: ChildProcess | undefined
  #id = 0
  #lastAliveMs = 0
  #lastCheckMs = 0
  #startedAtMs = 0
  #restartMs = RESTART_MIN_MS
  #notBeforeMs = 0
  #watchdog: NodeJS.Timeout | undefined

  constructor(settings: EngineSettings, log: Logger, tokens: TokenSource) {
    this.#settings = settings
    this.#log = log
    this.#tokens = tokens
  }

  observe(observer: EngineObserver): void {
    this.#observers.add(observer)
  }

  /** Logs more or less from now on. */
  setLogLevel(logLevel: EngineSettings['logLevel']): void {
    this.#settings = { ...this.#settings, logLevel }
    this.#send({ kind: 'logLevel', logLevel })
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  /**
   * Runs one synchronization.
   *
   * @throws {PosternError} what the run threw, or DAEMON_ENGINE_CRASHED
   */
  async run(
    request: Omit<RunRequest, 'id'>,
    onEvent: (event: SyncEvent) => void,
    signal: AbortSignal,
  ): Promise<SyncResult> {
    await this.#afterBackOff(signal)
    const id = ++this.#id
    const onRunEvent = (event: EngineEvent) => {
      if (event.kind !== 'maintenance' && event.kind !== 'body') onEvent(event)
    }
    const result = await this.#cancellable(id, { kind: 'run', ...request, id }, onRunEvent, signal)
    return result as SyncResult // engine-main answers each kind of request with its kind of result
  }

  /**
   * Looks after a store as a whole.
   *
   * @throws {PosternError} what the task threw, or DAEMON_ENGINE_CRASHED
   */
  async maintain(
    request: Omit<MaintainRequest, 'id'>,
    onProgress: (progress: MaintenanceProgress) => void,
    signal: AbortSignal,
  ): Promise<unknown> {
    await this.#afterBackOff(signal)
    const id = ++this.#id
    const onEvent = (event: EngineEvent) => {
      if (event.kind === 'maintenance') onProgress(event)
    }
    return this.#cancellable(id, { kind: 'maintain', ...request, id }, onEvent, signal)
  }

  /**
   * Fetches bodies on demand; resolves when they are durable.
   *
   * @throws {PosternError} what concerns all of them, or DAEMON_ENGINE_CRASHED
   */
  async fetch(
    request: Omit<FetchRequest, 'id'>,
    onEvent: (event: EngineEvent) => void,
    signal: AbortSignal,
  ): Promise<FetchResult> {
    await this.#afterBackOff(signal)
    const id = ++this.#id
    const result = await this.#cancellable(id, { kind: 'fetch', ...request, id }, onEvent, signal)
    return result as FetchResult // engine-main answers each kind of request with its kind of result
  }

  /**
   * Counts what joining all that is here of a profile with an account would do.
   *
   * @throws {PosternError} what keeps the account from being looked at, or DAEMON_ENGINE_CRASHED
   */
  async survey(
    request: Omit<SurveyRequest, 'id'>,
    onEvent: (event: EngineEvent) => void,
    signal: AbortSignal,
  ): Promise<AccountCounts> {
    await this.#afterBackOff(signal)
    const id = ++this.#id
    const result = await this.#cancellable(id, { kind: 'survey', ...request, id }, onEvent, signal)
    return result as AccountCounts // engine-main answers each kind of request with its kind of result
  }

  /** Puts a message of our own making into a profile's Inbox; resolves when it is durable. */
  async deliver(request: Omit<DeliverRequest, 'id'>): Promise<void> {
    const id = ++this.#id
    await this.#ask(id, { kind: 'deliver', ...request, id }, undefined)
  }

  /**
   * Makes a change to the local mail; resolves when it is durable.
   *
   * @throws {PosternError} what the change threw, or DAEMON_ENGINE_CRASHED
   */
  async change(request: Omit<ChangeRequest, 'id'>): Promise<LocalChangeResult> {
    const id = ++this.#id
    return (await this.#ask(id, { kind: 'change', ...request, id }, undefined)) as LocalChangeResult
  }

  /** Lets the engine watch a profile from now on, in place of what watched it. */
  async watch(request: WatchRequest): Promise<void> {
    const { signal } = this.#ending
    await this.#afterBackOff(signal).catch(error => {
      if (!signal.aborted) throw error
    })
    if (signal.aborted) return
    this.#child ??= this.#start()
    this.#send({ kind: 'watch', ...request })
  }

  unwatch(profile: number): void {
    this.#send({ kind: 'unwatch', profile })
  }

  /** Lets all watchers make their connections anew. */
  reconnectWatchers(): void {
    this.#send({ kind: 'reconnect' })
  }

  /** Makes the engine close a profile's store, and end its watcher. */
  async close(profile: number): Promise<void> {
    for (const observer of this.#observers) observer.closed(profile)
    if (!this.#child) return
    const id = ++this.#id
    await this.#ask(id, { kind: 'close', id, profile }, undefined)
  }

  /** Ends the engine: politely, then by force. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#watchdog)
    this.#ending.abort()
    const child = this.#child
    if (!child) return
    const exited = new Promise<void>(resolve => child.once('exit', () => resolve()))
    this.#send({ kind: 'shutdown' })
    const timer = setTimeout(() => child.kill('SIGKILL'), SHUTDOWN_MS)
    await exited
    clearTimeout(timer)
  }

  async #cancellable(
    id: number,
    message: ToEngine,
    onEvent: Waiting['onEvent'],
    signal: AbortSignal,
  ): Promise<unknown> {
    signal.throwIfAborted()
    const onAbort = () => this.#send({ kind: 'cancel', id })
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      return await this.#ask(id, message, onEvent)
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }

  async #ask(id: number, message: ToEngine, onEvent: Waiting['onEvent']): Promise<unknown> {
    if (this.#ending.signal.aborted) throw stopping() // a new process would outlive us
    this.#child ??= this.#start()
    const waiting = { ...Promise.withResolvers<unknown>(), onEvent }
    this.#waiting.set(id, waiting)
    this.#send(message)
    return waiting.promise
  }

  #send(message: ToEngine): void {
    // A child that is just dying refuses; its 'exit' tells everybody who waits.
    this.#child?.send(message, () => undefined)
  }

  async #afterBackOff(signal: AbortSignal): Promise<void> {
    const waitMs = this.#notBeforeMs - performance.now()
    if (waitMs <= 0 || this.#child) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, waitMs)
    signal.addEventListener('abort', () => resolve(), { once: true })
    await promise
    clearTimeout(timer)
    signal.throwIfAborted()
  }

  #start(): ChildProcess {
    const child = fork(fileURLToPath(entryPoint('engine/engine-main')), [], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      // Octets pass through in buffers outside the heap: a large young generation would only hold garbage.
      execArgv: ['--max-semi-space-size=4'],
    })
    this.#startedAtMs = performance.now()
    this.#lastAliveMs = this.#startedAtMs
    child.on('message', (message: FromEngine) => this.#onMessage(message))
    child.once('exit', (code, signal) => this.#onExit(child, code, signal))
    child.on('error', error => this.#onError(child, error))
    this.#child = child
    this.#send({ kind: 'configure', ...this.#settings })
    this.#watchdog ??= setInterval(() => this.#checkHang(), HANG_CHECK_MS).unref()
    return child
  }

  #onMessage(message: FromEngine): void {
    this.#lastAliveMs = performance.now()
    if (message.kind === 'alive') return
    if (message.kind === 'changed' || message.kind === 'watching' || message.kind === 'committed') {
      this.#tellObservers(message)
      return
    }
    if (message.kind === 'token') {
      void this.#giveToken(message)
      return
    }
    const waiting = this.#waiting.get(message.id)
    if (message.kind === 'event') {
      waiting?.onEvent?.(message.event)
      return
    }
    this.#waiting.delete(message.id)
    if (message.kind === 'done') waiting?.resolve(message.result)
    else waiting?.reject(fromWireError(message.error))
  }

  #tellObservers(message: FromEngine & { readonly kind: 'changed' | 'watching' | 'committed' }): void {
    for (const observer of this.#observers) {
      if (message.kind === 'changed') observer.changed(message.profile, message.change)
      else if (message.kind === 'watching') observer.watching(message.profile, message.state)
      else observer.committed?.(message.profile)
    }
  }

  async #giveToken({ id, profile, refused }: FromEngine & { readonly kind: 'token' }): Promise<void> {
    try {
      this.#send({ kind: 'token', id, token: await this.#tokens(profile, refused) })
    } catch (error) {
      if (!(error instanceof PosternError)) this.#log.error({ err: error, profile }, 'getting a token hit a bug')
      this.#send({ kind: 'token', id, error: toWireError(error) })
    }
  }

  // One that could not be started has no exit.
  #onError(child: ChildProcess, error: Error): void {
    this.#log.error({ err: error }, 'the engine process could not be started, or not be reached')
    if (child.pid === undefined) this.#onExit(child, null, null)
  }

  #onExit(child: ChildProcess, code: number | null, signal: NodeJS.Signals | null): void {
    if (this.#child === child) this.#child = undefined
    if (this.#waiting.size === 0 && code === 0) return
    const now = performance.now()
    this.#restartMs = now - this.#startedAtMs > CALM_MS ? RESTART_MIN_MS : Math.min(this.#restartMs * 2, RESTART_MAX_MS)
    this.#notBeforeMs = now + this.#restartMs
    this.#log.error({ code, signal, restartMs: this.#restartMs }, 'the engine process ended unexpectedly')
    for (const waiting of this.#waiting.values()) waiting.reject(crashed())
    this.#waiting.clear()
    for (const observer of this.#observers) observer.exited()
  }

  #checkHang(): void {
    const nowMs = performance.now()
    // A check that comes late means that the machine slept: the engine has had no time to say anything either.
    if (nowMs - this.#lastCheckMs > 2 * HANG_CHECK_MS) this.#lastAliveMs = nowMs
    this.#lastCheckMs = nowMs
    if (!this.#child || this.#waiting.size === 0) return
    if (nowMs - this.#lastAliveMs < HANG_MS) return
    this.#log.error('the engine process does not answer and is killed')
    this.#child.kill('SIGKILL')
  }
}

function stopping(): PosternError {
  return new PosternError<DaemonErrorCode>('DAEMON_STOPPING', 'Postern is stopping.', {
    remedy: 'retry',
    advice: 'Repeat the command when it runs again.',
  })
}

function crashed(): PosternError {
  return new PosternError<DaemonErrorCode>(
    'DAEMON_ENGINE_CRASHED',
    'The engine process ended in the middle of a run.',
    {
      remedy: 'retry',
      advice: 'Nothing is lost; the next run goes on where it stopped. If it happens again, see the log.',
    },
  )
}

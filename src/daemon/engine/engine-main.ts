import process from 'node:process'
import { PosternError } from '../../errors.ts'
import { logCrashes } from '../../log/crash-log.ts'
import { DailyFile } from '../../log/daily-file.ts'
import { createLogger, type Logger, type LogLevel, pinoLevel } from '../../log/logger.ts'
import { SyncEngine } from '../../sync/engine.ts'
import { deliverLocally } from '../../sync/local/deliver-local.ts'
import { applyLocalChange } from '../../sync/local/local-change.ts'
import type { SyncEvent } from '../../sync/progress.ts'
import type { ConnectMail } from '../../sync/remote.ts'
import { Approvals } from '../../tls/approvals.ts'
import type { ClientIdentity } from '../../tls/client-identity.ts'
import { verifyPeers } from '../../tls/verified-peer.ts'
import { toWireError } from '../control/wire-error.ts'
import type { DaemonErrorCode } from '../errors.ts'
import { CommitNews } from './commit-news.ts'
import { countAccount } from './count-account.ts'
import { EngineConnections } from './engine-connections.ts'
import { EngineFetchers } from './engine-fetchers.ts'
import {
  ALIVE_MS,
  type ChangeRequest,
  type DeliverRequest,
  type EngineSettings,
  type FetchRequest,
  type FromEngine,
  type MaintainRequest,
  type RunRequest,
  type SurveyRequest,
  type ToEngine,
  type TokenAnswer,
  type WatchRequest,
} from './engine-protocol.ts'
import { EngineTokens } from './engine-tokens.ts'
import { EngineWatchers } from './engine-watchers.ts'
import { OpenStores } from './open-stores.ts'
import { needsStoreAlone, runStoreTask } from './store-tasks.ts'
import { ImportWorker } from './worker-importer.ts'

const CLOSING_TIMEOUT_MS = 3000

/** The engine process: the only writer of all stores. It may be killed at any instruction. */
class EngineProcess {
  readonly #log: Logger
  readonly #logFile: DailyFile
  readonly #connections: EngineConnections
  readonly #tokens = new EngineTokens(send)
  readonly #importWorker = new ImportWorker()
  readonly #stores: OpenStores
  readonly #runs = new Map<number, AbortController>()
  readonly #watchers: EngineWatchers
  readonly #fetchers: EngineFetchers

  constructor(settings: EngineSettings) {
    this.#logFile = new DailyFile({ dir: settings.logsDir, clock: Date.now })
    this.#log = createLogger(settings.logLevel, this.#logFile).child({ component: 'engine', pid: process.pid })
    logCrashes(this.#log, () => this.#logFile.flush()) // for as long as the process lives
    const approvals = new Approvals(settings.approvalsFile)
    const verifierFor = (identity?: ClientIdentity) => verifyPeers(approvals, { identity })
    this.#connections = new EngineConnections({
      verifierFor,
      clientVersion: settings.version,
      token: (profile, refused) => this.#tokens.ask(profile, refused),
    })
    const news = new CommitNews(profile => send({ kind: 'committed', profile }))
    this.#stores = new OpenStores(this.#log, {
      onClosed: storeDir => this.#importWorker.forget(storeDir),
      onCommit: profile => news.committed(profile),
    })
    this.#watchers = new EngineWatchers({
      connect: (request, log) => this.#connections.forWatch(request, log),
      storeOf: request => this.#stores.get(request),
      send,
      log: this.#log,
    })
    this.#fetchers = new EngineFetchers({
      contextOf: request => this.#fetchContext(request, this.#log.child({ profile: request.profile })),
      onTooManyConnections: profile => this.#shrink(profile),
      send,
      log: this.#log,
    })
  }

  /** What begins from now on is logged at that level. */
  setLogLevel(level: LogLevel): void {
    this.#log.level = pinoLevel(level)
  }

  async fetch(request: FetchRequest): Promise<void> {
    using _use = this.#stores.use(request.profile)
    await this.#fetchers.fetch(request)
  }

  async run(request: RunRequest): Promise<void> {
    const { id, profile } = request
    const abort = new AbortController()
    this.#runs.set(id, abort)
    const log = this.#log.child({ profile })
    try {
      using _use = this.#stores.use(profile)
      const result = await this.#engine(request, log).run({
        folders: request.folders,
        scope: request.scope,
        structure: request.structure,
        signal: abort.signal,
        onEvent: event => send({ kind: 'event', id, event }),
      })
      send({ kind: 'done', id, result })
      this.#watchers.refresh(profile)
    } catch (error) {
      if (error instanceof PosternError && error.code === 'UPSTREAM_TOO_MANY_CONNECTIONS') this.#shrink(profile)
      if (!(error instanceof PosternError)) log.error({ err: error }, 'a run ended with a bug')
      else log.debug({ err: error }, 'a run failed')
      send({ kind: 'failed', id, error: toWireError(error) })
    } finally {
      this.#runs.delete(id)
    }
  }

  async survey(request: SurveyRequest): Promise<void> {
    const { id, profile } = request
    const abort = new AbortController()
    this.#runs.set(id, abort)
    const log = this.#log.child({ profile })
    const tell = (event: SyncEvent) => send({ kind: 'event', id, event })
    try {
      using _use = this.#stores.use(profile)
      const watch = { signal: abort.signal, onFolder: (path: string) => tell({ kind: 'folder', path }) }
      const result = await countAccount(
        { mail: this.#connections.forMail(request, log), collections: this.#connections.forCollections(request, log) },
        { store: this.#stores.get(request), onSignedIn: server => tell({ kind: 'signed-in', ...server }), ...watch },
      )
      send({ kind: 'done', id, result })
    } catch (error) {
      if (!(error instanceof PosternError)) log.error({ err: error }, 'looking at an account hit a bug')
      send({ kind: 'failed', id, error: toWireError(error) })
    } finally {
      this.#runs.delete(id)
    }
  }

  async deliver(request: DeliverRequest): Promise<void> {
    const { id, message } = request
    try {
      using _use = this.#stores.use(request.profile)
      await deliverLocally(this.#stores.get(request), Buffer.from(message))
      send({ kind: 'done', id, result: undefined })
    } catch (error) {
      this.#log.error({ err: error }, 'a report could not be put into the Inbox')
      send({ kind: 'failed', id, error: toWireError(error) })
    }
  }

  async change({ id, profile, storeDir, change }: ChangeRequest): Promise<void> {
    try {
      using _use = this.#stores.use(profile)
      const result = await applyLocalChange(this.#stores.get({ profile, storeDir }), change, Date.now)
      send({ kind: 'done', id, result })
    } catch (error) {
      if (!(error instanceof PosternError)) this.#log.error({ err: error, profile }, 'a change hit a bug')
      send({ kind: 'failed', id, error: toWireError(error) })
    }
  }

  async maintain({ id, profile, storeDir, task }: MaintainRequest): Promise<void> {
    const abort = new AbortController()
    this.#runs.set(id, abort)
    const log = this.#log.child({ profile })
    try {
      using _use = this.#stores.use(profile)
      using _hold = needsStoreAlone(task) ? this.#stores.hold(profile) : undefined
      const result = await runStoreTask(task, {
        ...{ storeDir, log, signal: abort.signal },
        open: () => this.#stores.get({ profile, storeDir }),
        close: () => this.#stores.close(profile),
        onProgress: event => send({ kind: 'event', id, event }),
      })
      send({ kind: 'done', id, result })
    } catch (error) {
      const isBug = !(error instanceof PosternError) && !abort.signal.aborted
      if (isBug) log.error({ err: error }, 'the care for a store hit a bug')
      send({ kind: 'failed', id, error: toWireError(abort.signal.aborted ? stopping() : error) })
    } finally {
      this.#runs.delete(id)
    }
  }

  watch(request: WatchRequest): void {
    this.#watchers.watch(request)
  }

  /** Leaves the server of a profile alone until it is asked for something again. */
  async unwatch(profile: number): Promise<void> {
    this.#connections.drop(profile)
    await this.#watchers.unwatch(profile)
  }

  /** Makes all connections anew: the network is another one. */
  reconnect(): void {
    this.#connections.drop()
    this.#watchers.reconnect()
  }

  /** Takes an access token that was asked for. */
  takeToken(answer: TokenAnswer): void {
    this.#tokens.answered(answer)
  }

  cancel(id: number): void {
    this.#runs.get(id)?.abort(stopping())
    this.#fetchers.cancel(id, stopping())
  }

  async close(id: number, profile: number): Promise<void> {
    await this.#fetchers.stop(stopping(), profile)
    await this.unwatch(profile)
    this.#stores.close(profile)
    send({ kind: 'done', id, result: undefined })
  }

  async shutdown(): Promise<void> {
    // SQLite was seen to hang in exit with a worker at work: nothing may keep us for ever.
    setTimeout(() => process.exit(1), CLOSING_TIMEOUT_MS).unref()
    for (const run of this.#runs.values()) run.abort(stopping())
    await this.#fetchers.stop(stopping())
    await this.#watchers[Symbol.asyncDispose]()
    this.#connections.drop()
    await this.#importWorker[Symbol.asyncDispose]()
    this.#stores[Symbol.dispose]()
    this.#logFile.flush()
    process.exit(0)
  }

  #engine(request: RunRequest, log: Logger): SyncEngine {
    const collections = this.#connections.forCollections(request, log)
    const { settings } = request
    return new SyncEngine({ ...this.#engineParts(request, log), collections, settings, log, clock: Date.now })
  }

  #engineParts(request: WatchRequest, log: Logger) {
    const importer = this.#importWorker.importerFor(request.storeDir)
    return { store: this.#stores.get(request), connect: this.#connections.forMail(request, log), importer }
  }

  #fetchContext(request: WatchRequest, log: Logger) {
    return { ...this.#engineParts(request, log), connect: this.#connectMail(request, log) }
  }

  #connectMail(request: WatchRequest, log: Logger): ConnectMail {
    const connect = this.#connections.forMail(request, log)
    if (!connect) throw new Error('a mail server is wanted that is not ours to ask')
    return connect
  }

  // A connection that waits for its use takes the place of one that is needed now.
  #shrink(profile: number): void {
    this.#connections.drop(profile)
    this.#watchers.shrink(profile)
  }
}

function send(message: FromEngine): void {
  if (process.connected) process.send?.(message)
}

function stopping(): PosternError {
  return new PosternError<DaemonErrorCode>('DAEMON_STOPPING', 'The run was stopped.', {
    remedy: 'retry',
    advice: 'What has arrived is kept; the next run goes on from there.',
  })
}

let engine: EngineProcess | undefined

process.on('message', (message: ToEngine) => {
  if (message.kind === 'configure') engine = new EngineProcess(message)
  else if (message.kind === 'logLevel') engine?.setLogLevel(message.logLevel)
  else if (message.kind === 'run') void engine?.run(message)
  else if (message.kind === 'deliver') void engine?.deliver(message)
  else if (message.kind === 'change') void engine?.change(message)
  else if (message.kind === 'maintain') void engine?.maintain(message)
  else if (message.kind === 'fetch') void engine?.fetch(message)
  else if (message.kind === 'survey') void engine?.survey(message)
  else if (message.kind === 'cancel') engine?.cancel(message.id)
  else if (message.kind === 'watch') engine?.watch(message)
  else if (message.kind === 'unwatch') void engine?.unwatch(message.profile)
  else if (message.kind === 'reconnect') engine?.reconnect()
  else if (message.kind === 'token') engine?.takeToken(message)
  else if (message.kind === 'close') void engine?.close(message.id, message.profile)
  else void engine?.shutdown()
})

// Without the main process there is nobody to work for. Ctrl-C goes to the whole terminal: the main process decides.
process.on('disconnect', () => void (engine ? engine.shutdown() : process.exit(0)))
process.on('SIGINT', () => undefined).on('SIGTERM', () => undefined)
setInterval(() => send({ kind: 'alive' }), ALIVE_MS).unref()

import type { RemoteWatch, WatchSink } from '../../../sync/watch/remote-watch.ts'
import type { ImapConnection } from '../connection/connection.ts'
import { type ImapAccount, type ImapClientOptions, openSession } from '../connection/session.ts'
import { Heartbeat } from './heartbeat.ts'
import { Idle } from './idle.ts'
import { beginNotify } from './notify.ts'

const BEAT_MS = 10 * 60_000 // servers end what is idle for 30 minutes; routers forget it earlier
const ANSWER_MS = 30_000

/** Options of {@link connectWatch}. */
export interface ImapWatchOptions extends ImapClientOptions {
  /** How often a waiting connection is used, in ms: 10 to 28 minutes make sense. */
  readonly beatMs?: number
}

/**
 * Connects and signs in, to wait for what the server tells.
 *
 * @throws {PosternError} NET_…, TLS_…, UPSTREAM_…
 */
export async function connectWatch(
  account: ImapAccount,
  options: ImapWatchOptions,
  signal: AbortSignal,
): Promise<RemoteWatch> {
  const connection = await openSession(account, { silenceTimeoutMs: ANSWER_MS, ...options }, signal)
  return new ImapWatch(connection, options.beatMs ?? BEAT_MS, signal)
}

class ImapWatch implements RemoteWatch {
  readonly #connection: ImapConnection
  readonly #beatMs: number
  readonly #signal: AbortSignal
  readonly #onAbort = () => this.#connection.destroy(this.#signal.reason)
  #heartbeat: Heartbeat | undefined
  readonly ways: RemoteWatch['ways']

  constructor(connection: ImapConnection, beatMs: number, signal: AbortSignal) {
    this.#connection = connection
    this.#beatMs = beatMs
    this.#signal = signal
    this.ways = { notify: connection.capabilities.has('NOTIFY'), idle: connection.capabilities.has('IDLE') }
    signal.addEventListener('abort', this.#onAbort, { once: true })
    if (signal.aborted) this.#onAbort()
  }

  get ended(): Promise<unknown> {
    return this.#connection.ended
  }

  async notify(paths: readonly string[], sink: WatchSink): Promise<void> {
    await beginNotify(this.#connection, paths, sink)
    this.#keepAlive(async () => {
      await this.#connection.command(['NOOP'])
    })
  }

  async idle(path: string, sink: WatchSink): Promise<void> {
    const idle = new Idle(this.#connection)
    await idle.begin(path, sink, () => this.#heartbeat?.remark())
    this.#keepAlive(() => idle.again())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#signal.removeEventListener('abort', this.#onAbort)
    this.#heartbeat?.[Symbol.dispose]()
    await this.#connection[Symbol.asyncDispose]()
  }

  #keepAlive(renew: () => Promise<void>): void {
    // A server that refuses tells no more, though it does not hang up: then others are to know that nobody watches.
    const beat = () =>
      renew().catch(error => {
        this.#connection.destroy(error)
        throw error
      })
    const lastHeardMs = () => this.#connection.lastHeardMs
    this.#heartbeat = new Heartbeat({ beatMs: this.#beatMs, lastHeardMs, beat })
    this.#connection.ended.then(() => this.#heartbeat?.[Symbol.dispose]())
  }
}

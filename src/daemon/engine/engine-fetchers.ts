import { PosternError } from '../../errors.ts'
import type { Logger } from '../../log/logger.ts'
import { BodyFetcher, type FetchContext } from '../../sync/download/body-fetcher.ts'
import type { SyncErrorCode } from '../../sync/errors.ts'
import { toWireError } from '../control/wire-error.ts'
import type { EngineEvent, FetchRequest, FromEngine } from './engine-protocol.ts'

/** Options of {@link EngineFetchers}. */
export interface EngineFetchersOptions {
  readonly contextOf: (request: FetchRequest) => Omit<FetchContext, 'onSignedIn'>
  /** Makes room for a connection where the server allows no more. */
  readonly onTooManyConnections: (profile: number) => void
  readonly send: (message: FromEngine) => void
  readonly log: Logger
}

/** The engine's fetching on demand: one connection for each profile that wants something now. */
export class EngineFetchers {
  readonly #options: EngineFetchersOptions
  readonly #fetchers = new Map<number, BodyFetcher>()
  readonly #running = new Map<number, AbortController>()

  constructor(options: EngineFetchersOptions) {
    this.#options = options
  }

  /** Fetches, and answers with what became of each item. */
  async fetch(request: FetchRequest): Promise<void> {
    const { id, profile, timeoutMs } = request
    const { send, log } = this.#options
    const abort = new AbortController()
    this.#running.set(id, abort)
    const timer = setTimeout(() => abort.abort(tooLate(timeoutMs)), timeoutMs)
    const tell = (event: EngineEvent) => send({ kind: 'event', id, event })
    try {
      const context = { ...this.#options.contextOf(request), onSignedIn: () => tell({ kind: 'signed-in' }) }
      const wish = { onProgress: tell, signal: abort.signal }
      send({ kind: 'done', id, result: await this.#fetcherOf(profile).fetch(context, request.items, wish) })
    } catch (error) {
      if (!(error instanceof PosternError)) log.error({ err: error, profile }, 'fetching on demand hit a bug')
      else if (error.code === 'UPSTREAM_TOO_MANY_CONNECTIONS') this.#options.onTooManyConnections(profile)
      send({ kind: 'failed', id, error: toWireError(error) })
    } finally {
      clearTimeout(timer)
      this.#running.delete(id)
    }
  }

  cancel(id: number, reason: PosternError): void {
    this.#running.get(id)?.abort(reason)
  }

  /** Ends what is fetched for a profile, or for all. */
  async stop(reason: PosternError, profile?: number): Promise<void> {
    const chosen = [...this.#fetchers].filter(([number]) => profile === undefined || number === profile)
    await Promise.all(chosen.map(([, fetcher]) => fetcher.stop(reason)))
  }

  #fetcherOf(profile: number): BodyFetcher {
    const fetcher = this.#fetchers.get(profile) ?? new BodyFetcher()
    this.#fetchers.set(profile, fetcher)
    return fetcher
  }
}

function tooLate(timeoutMs: number): PosternError {
  return new PosternError<SyncErrorCode>(
    'SYNC_FETCH_TIMEOUT',
    `The message was not here within ${timeoutMs / 1000} s.`,
    {
      remedy: 'retry',
      advice: 'Try again; give a large message on a slow line more time (--timeout).',
    },
  )
}

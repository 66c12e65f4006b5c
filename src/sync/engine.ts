import { PosternError } from '../errors.ts'
import type { Logger } from '../log/logger.ts'
import type { Store } from '../store/store.ts'
import { Cycle, type SyncRun } from './cycle.ts'
import type { Importer } from './download/importer.ts'
import type { SyncResult } from './progress.ts'
import type { ConnectMail } from './remote.ts'
import type { SyncSettings } from './settings.ts'

/** Options of {@link SyncEngine}. */
export interface SyncEngineOptions {
  readonly store: Store
  readonly connect: ConnectMail
  readonly importer: Importer
  readonly settings: SyncSettings
  readonly log: Logger
  readonly clock: () => number
  /** Waits for so many ms; rejects when the run is stopped. Injected by tests. */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>
}

/** Synchronizes one profile: folders, PLAN of all, PUSH, DOWNLOAD and IMPORT folder by folder, SWEEP. */
export class SyncEngine {
  readonly #options: SyncEngineOptions

  constructor(options: SyncEngineOptions) {
    this.#options = options
  }

  /**
   * Runs one cycle. A folder that fails is told in the result, the others go on; a lost connection ends the run.
   *
   * @throws {PosternError} NET_…, TLS_…, UPSTREAM_…, STORE_…
   */
  async run(run: SyncRun): Promise<SyncResult> {
    try {
      const result = await this.#cycle(run)
      this.#note(undefined)
      return result
    } catch (error) {
      if (error instanceof PosternError && !run.signal.aborted) this.#note(error)
      throw error
    }
  }

  async #cycle(run: SyncRun): Promise<SyncResult> {
    let path = ''
    const onEvent: SyncRun['onEvent'] = event => {
      if ('path' in event) path = event.path
      run.onEvent(event)
    }
    const onSlow = (silentMs: number) => {
      this.#options.log.warn({ silentMs }, 'the server says nothing; a virus scanner may hold mail back')
      onEvent({ kind: 'slow', path, silentMs })
    }
    await using remote = await this.#options.connect(run.signal, { onSlow })
    onEvent({ kind: 'signed-in' })
    return await new Cycle(this.#options, remote, { ...run, onEvent }).run() // the connection must outlive the cycle
  }

  #note(error: PosternError | undefined): void {
    try {
      // Not worth a wait for the disk in every run.
      this.#options.store.transactRepeatable(transactor => transactor.noteRun(error))
    } catch (cause) {
      // A full disk takes no note of being full: what ended the run is told all the same.
      if (error === undefined) throw cause
      this.#options.log.warn({ err: cause }, 'how the run ended could not be noted')
    }
  }
}

import { PosternError } from '../errors.ts'
import type { Logger } from '../log/logger.ts'
import type { Store } from '../store/store.ts'
import { Cycle, type SyncRun } from './cycle.ts'
import type { Importer } from './download/importer.ts'
import { CollectionsCycle } from './objects/collections-cycle.ts'
import type { RemoteCollections } from './objects/remote-collections.ts'
import { addResults, COLLECTIONS, type FolderFailure, noResult, type SyncResult } from './progress.ts'
import type { ConnectMail } from './remote.ts'
import type { SyncSettings } from './settings.ts'

const OF_A_SERVER = /^(NET|TLS|UPSTREAM|FORMATS)_/ // what this machine fails with concerns both

/** Makes what lists and changes an account's collections; nothing is asked for before it is used. */
export type ConnectCollections = (signal: AbortSignal) => Promise<RemoteCollections>

/** Where an account's collections are. */
export interface CollectionsSource {
  readonly connect: ConnectCollections
  /** Other servers, or another user, are another account. */
  readonly account: string
}

/** Options of {@link SyncEngine}. */
export interface SyncEngineOptions {
  readonly store: Store
  /** Undefined where the mail is not ours to synchronize. */
  readonly connect: ConnectMail | undefined
  /** Undefined where there are no calendars and address books. */
  readonly collections?: CollectionsSource | undefined
  readonly importer: Importer
  readonly settings: SyncSettings
  readonly log: Logger
  readonly clock: () => number
  /** Waits for so many ms; rejects when the run is stopped. Injected by tests. */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>
}

/**
 * Synchronizes one profile. Mail: folders, PLAN of all, PUSH, DOWNLOAD and IMPORT folder by folder, SWEEP. Then calendars and
 * address books, one after the other.
 */
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
      const { result, standing } = await this.#cycles(run)
      this.#note(undefined)
      if (standing) this.#note(standing)
      return result
    } catch (error) {
      if (error instanceof PosternError && !run.signal.aborted) this.#note(error)
      throw error
    }
  }

  /** What is wrong with one of the two servers keeps nobody from the other one; a refused password is tried once. */
  async #cycles(run: SyncRun): Promise<{ readonly result: SyncResult; readonly standing?: PosternError }> {
    const { connect, collections } = this.#options
    const mail = connect && (await settle(this.#mailCycle(connect, run), run))
    if (!collections || isRefusedSignIn(mail?.error)) {
      if (mail?.error) throw mail.error
      return { result: mail?.result ?? noResult() }
    }
    const objects = await settle(this.#collectionsCycle(collections, run), run)
    if (mail?.error) throw mail.error
    if (!objects.error) return { result: addResults(mail?.result, objects.result) }
    if (!mail?.result || !OF_A_SERVER.test(objects.error.code)) throw objects.error
    this.#options.log.warn({ err: objects.error }, 'calendars and address books could not be synchronized')
    const { code, message } = objects.error
    const errors: FolderFailure[] = [...mail.result.errors, { folder: COLLECTIONS, code, message }]
    return { result: { ...mail.result, errors }, standing: objects.error }
  }

  async #mailCycle(connect: ConnectMail, run: SyncRun): Promise<SyncResult> {
    let path = ''
    const onEvent: SyncRun['onEvent'] = event => {
      if ('path' in event) path = event.path
      run.onEvent(event)
    }
    const onSlow = (silentMs: number) => {
      this.#options.log.warn({ silentMs }, 'the server says nothing; a virus scanner may hold mail back')
      onEvent({ kind: 'slow', path, silentMs })
    }
    await using remote = await connect(run.signal, { onSlow })
    onEvent({ kind: 'signed-in' })
    return await new Cycle(this.#options, remote, { ...run, onEvent }).run() // the connection must outlive the cycle
  }

  async #collectionsCycle({ connect, account }: CollectionsSource, run: SyncRun): Promise<SyncResult> {
    await using remote = await connect(run.signal)
    return await new CollectionsCycle({ ...this.#options, account }, remote, run).run() // the connection must outlive the cycle
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

type Settled =
  | { readonly result: SyncResult; readonly error?: undefined }
  | { readonly error: PosternError; readonly result?: undefined }

/** Waits for an expected failure as well; a bug, and who stops the run, end it at once. */
async function settle(cycle: Promise<SyncResult>, { signal }: SyncRun): Promise<Settled> {
  try {
    return { result: await cycle }
  } catch (error) {
    if (signal.aborted || !(error instanceof PosternError)) throw error
    return { error }
  }
}

function isRefusedSignIn(error: PosternError | undefined): boolean {
  return error?.code === 'UPSTREAM_SIGN_IN_REFUSED'
}

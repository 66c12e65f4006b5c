import { PosternError } from '../errors.ts'
import type { Logger } from '../log/logger.ts'
import type { FolderRow } from '../store/rows.ts'
import type { Store } from '../store/store.ts'
import { runDownload } from './download-folder.ts'
import { FolderImport } from './import-folder.ts'
import type { Importer } from './importer.ts'
import { isUnchanged, runPlan } from './plan-folder.ts'
import { type FolderFailure, newCounters, type SyncCounters, type SyncEvent, type SyncResult } from './progress.ts'
import { type PushContext, pushAccount } from './push-account.ts'
import { pushFolders } from './push-folders.ts'
import { isRefusal } from './refusal.ts'
import type { ConnectMail, RemoteFolder, RemoteMail, RemoteStatus } from './remote.ts'

/** Options of {@link SyncEngine}. */
export interface SyncEngineOptions {
  readonly store: Store
  readonly connect: ConnectMail
  readonly importer: Importer
  readonly log: Logger
  readonly clock: () => number
}

/** What one run is to do. */
export interface SyncRun {
  /** Paths of folders; all when empty. */
  readonly folders: readonly string[]
  /** Only the folder list, no mail. */
  readonly structureOnly: boolean
  readonly onEvent: (event: SyncEvent) => void
  readonly signal: AbortSignal
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
    await using remote = await this.#options.connect(run.signal)
    return await new Cycle(this.#options, remote, run).run() // the connection must outlive the cycle
  }

  #note(error: PosternError | undefined): void {
    this.#options.store.transact(transactor => transactor.noteRun(error))
  }
}

// INBOX first, since people wait for it; then what they look at most.
const ROLE_ORDER = ['inbox', 'sent', 'archive', 'flagged', undefined, 'trash', 'junk', 'all']

class Cycle {
  readonly #store: Store
  readonly #importer: Importer
  readonly #log: Logger
  readonly #clock: () => number
  readonly #remote: RemoteMail
  readonly #run: SyncRun
  readonly #errors: FolderFailure[] = []
  readonly #failed = new Set<number>()
  readonly #totals: SyncCounters = newCounters()

  constructor({ store, importer, log, clock }: SyncEngineOptions, remote: RemoteMail, run: SyncRun) {
    this.#store = store
    this.#importer = importer
    this.#log = log
    this.#clock = clock
    this.#remote = remote
    this.#run = run
  }

  async run(): Promise<SyncResult> {
    await pushFolders(this.#pushContext)
    const listed = await this.#remote.listFolders()
    this.#planStructure(listed)
    if (this.#run.structureOnly) return this.#result([])
    const statuses = new Map(listed.map(({ path, status }) => [path, status]))
    const folders = this.#chooseFolders()
    for (const folder of folders) await this.#tryFolder(folder, () => this.#plan(folder, statuses.get(folder.path)))
    // Only a cycle that saw every folder proves that a message was moved nowhere, or has not arrived.
    const isPaused = this.#store.read.folders().some(({ state }) => state === 'paused')
    const isComplete = this.#run.folders.length === 0 && this.#errors.length === 0
    await pushAccount(this.#pushContext, isComplete && !isPaused)
    for (const folder of folders) await this.#tryFolder(folder, () => this.#transfer(folder))
    if (isComplete && this.#errors.length === 0) this.#store.transact(transactor => transactor.sweep())
    return this.#result(folders)
  }

  get #pushContext(): PushContext {
    return {
      store: this.#store,
      remote: this.#remote,
      log: this.#log,
      clock: this.#clock,
      onUploaded: (uploaded, total) => this.#tellUploaded(uploaded, total),
      onRefused: failure => this.#errors.push(failure),
    }
  }

  #tellUploaded(uploaded: number, toUpload: number): void {
    this.#totals.uploaded = uploaded
    this.#run.onEvent({ kind: 'counters', path: '', counters: { ...newCounters(), uploaded, toUpload } })
  }

  #planStructure(listed: readonly RemoteFolder[]): void {
    const paths = new Set(listed.map(({ path }) => path))
    // What the server refused to change keeps the user's wish until it is given up.
    const pending = this.#store.read.pending.folders().flatMap(({ path, newPath }) => [path, newPath ?? path])
    const isPending = ({ path, delimiter }: { path: string; delimiter: string | undefined }) =>
      pending.some(each => path === each || (delimiter && path.startsWith(`${each}${delimiter}`)))
    const gone = this.#store.read.folders().filter(folder => !paths.has(folder.path) && !isPending(folder))
    this.#store.transact(transactor => {
      for (const folder of listed.filter(folder => !isPending(folder))) {
        const { path, delimiter, role, objectId, selectable } = folder
        const isExcluded = role === 'drafts'
        transactor.putFolder({ path, delimiter, role, objectId, isSelectable: selectable, isExcluded })
      }
      for (const folder of gone) transactor.loseFolder(folder)
    })
  }

  #chooseFolders(): FolderRow[] {
    const wanted = this.#run.folders.map(path => this.#store.read.getFolder(path).id)
    return this.#store.read
      .folders()
      .filter(folder => folder.isSelectable && !folder.isExcluded && folder.state === 'ok')
      .filter(folder => wanted.length === 0 || wanted.includes(folder.id))
      .sort((left, right) => rank(left) - rank(right))
  }

  async #tryFolder(folder: FolderRow, work: () => Promise<void>): Promise<void> {
    this.#run.signal.throwIfAborted()
    if (this.#failed.has(folder.id)) return
    try {
      await work()
      if (folder.error) this.#store.transact(transactor => transactor.setFolderError(folder.id, undefined))
    } catch (error) {
      // These concern this folder; everything else (a lost connection, a full disk) concerns all of them.
      const isHeld = error instanceof PosternError && error.code === 'SYNC_MASS_DELETION'
      if (!isHeld && !isRefusal(error)) throw error
      const { code, message } = error
      this.#log.warn({ folder: folder.id, code }, 'a folder could not be synchronized')
      this.#failed.add(folder.id)
      this.#errors.push({ folder: folder.path, code, message })
      this.#store.transact(transactor => {
        if (isHeld) transactor.pause(folder.id, { code, message })
        else transactor.setFolderError(folder.id, { code, message })
      })
    }
  }

  async #plan(folder: FolderRow, status: RemoteStatus | undefined): Promise<void> {
    const known = folder.uidValidity === undefined ? -1 : this.#store.read.knownCount(folder.id, folder.uidValidity)
    if (folder.consent === undefined && isUnchanged(folder, status, known)) return
    this.#run.onEvent({ kind: 'folder', path: folder.path })
    await runPlan(this.#store, this.#remote, folder)
  }

  /** DOWNLOAD and IMPORT side by side: what is durable is imported while the rest is still coming. */
  async #transfer(folder: FolderRow): Promise<void> {
    const { queuedDownload, queuedImport } = this.#store.read.counts(folder.id)
    if (queuedDownload + queuedImport === 0) return
    this.#run.onEvent({ kind: 'folder', path: folder.path })
    const counters = newCounters()
    counters.toDownload = queuedDownload
    counters.toDownloadOctets = this.#store.read.queuedOctets(folder.id)
    counters.toImport = queuedDownload + queuedImport
    const tell = () => this.#run.onEvent({ kind: 'counters', path: folder.path, counters: { ...counters } })
    tell()
    const imports = new FolderImport(this.#store, this.#importer, folder.id, count => {
      counters.imported += count
      this.#totals.imported += count
      tell()
    })
    imports.poke()
    try {
      if (queuedDownload > 0) {
        const selected = await this.#remote.examine(folder.path)
        await using writer = this.#store.openPackWriter()
        await runDownload(this.#store, writer, Object.assign(selected, { folder: folder.id }), {
          committed: (count, octets) => {
            counters.downloaded += count
            counters.downloadedOctets += octets
            this.#totals.downloaded += count
            tell()
            imports.poke()
          },
        })
      }
    } finally {
      await imports.finish()
    }
  }

  #result(folders: readonly FolderRow[]): SyncResult {
    const ignored = folders.reduce((sum, { id }) => sum + this.#store.read.counts(id).ignored, 0)
    const { downloaded, imported, uploaded } = this.#totals
    return { downloaded, imported, uploaded, ignored, conflicts: 0, errors: this.#errors }
  }
}

function rank({ role }: FolderRow): number {
  const index = ROLE_ORDER.indexOf(role)
  return index === -1 ? ROLE_ORDER.indexOf(undefined) : index
}

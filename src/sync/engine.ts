import { PosternError } from '../errors.ts'
import type { Logger } from '../log/logger.ts'
import type { FolderRow } from '../store/rows.ts'
import type { Store } from '../store/store.ts'
import { runDownload } from './download-folder.ts'
import { FolderImport } from './import-folder.ts'
import type { Importer } from './importer.ts'
import { isUnchanged, runPlan } from './plan-folder.ts'
import { type FolderFailure, newCounters, type SyncCounters, type SyncEvent, type SyncResult } from './progress.ts'
import type { ConnectMail, RemoteFolder, RemoteMail, RemoteStatus, SelectedFolder } from './remote.ts'

/** Options of {@link SyncEngine}. */
export interface SyncEngineOptions {
  readonly store: Store
  readonly connect: ConnectMail
  readonly importer: Importer
  readonly log: Logger
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

/** Synchronizes one profile: folder structure, then PLAN, DOWNLOAD and IMPORT folder by folder, then SWEEP. */
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
  readonly #remote: RemoteMail
  readonly #run: SyncRun
  readonly #errors: FolderFailure[] = []
  readonly #totals: SyncCounters = newCounters()

  constructor({ store, importer, log }: SyncEngineOptions, remote: RemoteMail, run: SyncRun) {
    this.#store = store
    this.#importer = importer
    this.#log = log
    this.#remote = remote
    this.#run = run
  }

  async run(): Promise<SyncResult> {
    const listed = await this.#remote.listFolders()
    this.#planStructure(listed)
    const statuses = new Map(listed.map(({ path, status }) => [path, status]))
    const folders = this.#run.structureOnly ? [] : this.#chooseFolders()
    for (const folder of folders) await this.#tryFolder(folder, statuses.get(folder.path))
    // Only a cycle that saw every folder proves that a vanished message was moved nowhere.
    if (!this.#run.structureOnly && this.#run.folders.length === 0 && this.#errors.length === 0) {
      this.#store.transact(transactor => transactor.sweep())
    }
    return this.#result(folders)
  }

  #planStructure(listed: readonly RemoteFolder[]): void {
    const paths = new Set(listed.map(({ path }) => path))
    const gone = this.#store.read.folders().filter(({ path }) => !paths.has(path))
    this.#store.transact(transactor => {
      for (const { path, delimiter, role, objectId, selectable } of listed) {
        transactor.putFolder({
          path,
          delimiter,
          role,
          objectId,
          isSelectable: selectable,
          isExcluded: role === 'drafts',
        })
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

  async #tryFolder(folder: FolderRow, status: RemoteStatus | undefined): Promise<void> {
    this.#run.signal.throwIfAborted()
    try {
      await this.#syncFolder(folder, status)
      if (folder.error) this.#store.transact(transactor => transactor.setFolderError(folder.id, undefined))
    } catch (error) {
      // A refused command concerns this folder; everything else (a lost connection, a full disk) concerns all of them.
      if (!(error instanceof PosternError) || error.code !== 'UPSTREAM_REFUSED') throw error
      const { code, message } = error
      this.#log.warn({ folder: folder.id, code }, 'a folder could not be synchronized')
      this.#errors.push({ folder: folder.path, code, message })
      this.#store.transact(transactor => transactor.setFolderError(folder.id, { code, message }))
    }
  }

  async #syncFolder(folder: FolderRow, status: RemoteStatus | undefined): Promise<void> {
    const before = this.#store.read.counts(folder.id)
    const hasWork = before.queuedDownload + before.queuedImport > 0
    const known = folder.uidValidity === undefined ? -1 : this.#store.read.knownCount(folder.id, folder.uidValidity)
    if (!hasWork && isUnchanged(folder, status, known)) return
    this.#run.onEvent({ kind: 'folder', path: folder.path })
    const selected = await runPlan(this.#store, this.#remote, folder)
    await this.#transfer(folder, selected)
  }

  /** DOWNLOAD and IMPORT side by side: what is durable is imported while the rest is still coming. */
  async #transfer(folder: FolderRow, selected: SelectedFolder): Promise<void> {
    const { queuedDownload, queuedImport } = this.#store.read.counts(folder.id)
    if (queuedDownload + queuedImport === 0) return
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
    const { downloaded, imported } = this.#totals
    return { downloaded, imported, uploaded: 0, ignored, conflicts: 0, errors: this.#errors }
  }
}

function rank({ role }: FolderRow): number {
  const index = ROLE_ORDER.indexOf(role)
  return index === -1 ? ROLE_ORDER.indexOf(undefined) : index
}

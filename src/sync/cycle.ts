import type { PosternError } from '../errors.ts'
import type { FolderRow } from '../store/rows.ts'
import type { Store } from '../store/store.ts'
import { chooseFolders, type SyncScope, synchronizableFolders } from './choose-folders.ts'
import type { AskedCompanies } from './download/download-batches.ts'
import { refetchDamaged } from './download/refetch-damaged.ts'
import { type TransferContext, type TransferPass, transferFolder } from './download/transfer-folder.ts'
import type { SyncEngineOptions } from './engine.ts'
import { inBlocks } from './in-blocks.ts'
import { isMergeDue, mergeAccount } from './merge/merge-account.ts'
import { trustsDeltas } from './plan/audit-delta.ts'
import { chooseBodies } from './plan/choose-bodies.ts'
import { finishHeld, holdFolder } from './plan/held-folders.ts'
import { findMassDeletions, massDeletion } from './plan/mass-deletion.ts'
import { planEmptyFolders } from './plan/plan-empty-folders.ts'
import { isFullDue, isUnchanged, runPlan } from './plan/plan-folder.ts'
import { planStructure } from './plan/plan-structure.ts'
import { settleRenames } from './plan/settle-renames.ts'
import { type FolderFailure, newCounters, type SyncCounters, type SyncEvent, type SyncResult } from './progress.ts'
import { purgeOld } from './purge-old.ts'
import { type PushContext, pushAccount } from './push/push-account.ts'
import { pushFolders } from './push/push-folders.ts'
import { readPolicy } from './read-policy.ts'
import { readQuota } from './read-quota.ts'
import { isConnectionLoss, isDenied, isFolderFailure, isHold } from './refusal.ts'
import type { RemoteMail, RemoteStatus } from './remote.ts'
import { sweep } from './sweep.ts'

/** What one run is to do. */
export interface SyncRun {
  /** Paths of folders; those of the scope when empty. */
  readonly folders: readonly string[]
  readonly scope: SyncScope
  /** Whether the list of folders is read as well, alone, or not at all (then only folders known already are looked at). */
  readonly structure: 'also' | 'only' | 'skip'
  readonly onEvent: (event: SyncEvent) => void
  readonly signal: AbortSignal
}

type Statuses = ReadonlyMap<string, RemoteStatus | undefined>

/** One pass over the folders of an account, on one connection. */
export class Cycle {
  readonly #options: SyncEngineOptions
  readonly #store: Store
  readonly #remote: RemoteMail
  readonly #run: SyncRun
  readonly #errors: FolderFailure[] = []
  readonly #failed = new Set<number>()
  /** Those of them that leave it open where a message is. */
  readonly #unseen = new Set<number>()
  /** Those that the user may not look into, now as in the run before: nobody waits for what may be in them. */
  readonly #closed = new Set<number>()
  readonly #asked = new Map<number, AskedCompanies>()
  readonly #totals: SyncCounters = newCounters()
  readonly #lastConflict: number

  constructor(options: SyncEngineOptions, remote: RemoteMail, run: SyncRun) {
    this.#options = options
    this.#store = options.store
    this.#remote = remote
    this.#run = run
    this.#lastConflict = options.store.read.kept.lastConflict()
  }

  /** Runs it to its end. */
  async run(): Promise<SyncResult> {
    await finishHeld(this.#store)
    if (isMergeDue(this.#store)) await this.#merge()
    await pushFolders(this.#pushContext)
    const statuses = (await this.#askStatuses()) ?? (await this.#readStructure())
    if (this.#run.structure === 'only') return this.#result([])
    const chosen = chooseFolders(this.#store, this.#options.settings, this.#run)
    const planned = await this.#planAll(this.#foldersToPlan(chosen), statuses)
    const isComplete = this.#sawEverything(planned)
    await pushAccount(this.#pushContext, isComplete, this.#closed)
    await this.#transfer(chosen, 'fresh')
    for (const folder of chosen) await this.#tryFolder(folder, () => refetchDamaged(this.#transferContext, folder))
    if (isComplete && this.#unseen.size === 0) await this.#sweep()
    await purgeOld(this.#store)
    // Last: any of these may cost the connection.
    await this.#transferSuspects(chosen)
    return this.#result(chosen)
  }

  #merge(): Promise<void> {
    const { signal, onEvent } = this.#run
    return mergeAccount(this.#pushContext, { signal, onFolder: path => onEvent({ kind: 'folder', path }) })
  }

  /** Plans folders; all of them when messages are missing so many that they may have been moved. Gives those. */
  async #planAll(folders: readonly FolderRow[], statuses: Statuses): Promise<readonly FolderRow[]> {
    const plan = (folder: FolderRow) => this.#tryFolder(folder, () => this.#plan(folder, statuses.get(folder.path)))
    for (const folder of planEmptyFolders(this.#store, folders, statuses)) await plan(folder)
    const hasConsent = this.#store.read.folders().some(({ consent }) => consent !== undefined)
    if (!hasConsent && findMassDeletions(this.#store, this.#options.clock()).length === 0) return folders
    const planned = new Set(folders.map(({ id }) => id))
    const others = synchronizableFolders(this.#store).filter(({ id }) => !planned.has(id))
    for (const folder of others) await plan(folder)
    const vanished = this.#store.read.restorable()
    // A message that another client moved meanwhile may be in a folder that was looked at before: each is, once more.
    if (vanished.length > 0) {
      for (const folder of [...folders, ...others]) await this.#tryFolder(folder, () => this.#plan(folder, undefined))
    }
    for (const { folder, path, doomed, remaining } of findMassDeletions(this.#store, this.#options.clock())) {
      await this.#fail({ id: folder, path }, massDeletion(path, doomed, doomed + remaining))
    }
    // What was moved into a held folder by another client would be uploaded beside it.
    const isAnyHeld = this.#store.read.folders().some(({ state }) => state === 'paused')
    if (this.#unseen.size === 0 && !isAnyHeld) {
      await inBlocks(this.#store, vanished, ({ held }, items) => held.restoreVanished(items))
    }
    this.#store.transact(({ held }) => held.endConsents())
    return [...folders, ...others]
  }

  async #transfer(folders: readonly FolderRow[], pass: TransferPass): Promise<void> {
    const context = this.#transferContext
    for (const folder of folders) {
      if (pass === 'suspects' && !this.#store.read.incoming.hasSuspects(folder.id)) continue
      const asked = this.#asked.get(folder.id) ?? new Map<number, number>()
      this.#asked.set(folder.id, asked)
      await this.#tryFolder(folder, async () => {
        if (pass === 'fresh') await chooseBodies(context, folder)
        await transferFolder(context, folder, { pass, asked, totals: this.#totals })
      })
    }
  }

  // Any of them may cost the connection. Everything else is done by then: it is told as the folder's failure.
  async #transferSuspects(folders: readonly FolderRow[]): Promise<void> {
    for (const folder of folders) {
      try {
        await this.#transfer([folder], 'suspects')
      } catch (error) {
        if (!isConnectionLoss(error) || this.#run.signal.aborted) throw error
        await this.#fail(folder, error)
        return
      }
    }
  }

  get #transferContext(): TransferContext {
    const { onEvent, signal } = this.#run
    return { ...this.#options, remote: this.#remote, onEvent, signal }
  }

  async #readStructure(): Promise<Statuses> {
    const [listed] = await Promise.all([
      this.#remote.listFolders(),
      readPolicy(this.#options, this.#remote, this.#run),
      readQuota(this.#options, this.#remote),
    ])
    const isSettled = await settleRenames(this.#store, listed, this.#options.settings.conflictResolution)
    const isRemade = planStructure(this.#store, listed)
    if (isSettled || isRemade) await pushFolders(this.#pushContext) // before anybody opens them
    return new Map(listed.map(({ path, status }) => [path, status]))
  }

  /** Asks for the counters of known folders alone; undefined when the list of folders is needed. */
  async #askStatuses(): Promise<Statuses | undefined> {
    // What has vanished may be in a folder that nobody has listed yet.
    if (this.#run.structure !== 'skip' || this.#store.read.adoptable().all > 0) return undefined
    const folders = this.#foldersToPlan(chooseFolders(this.#store, this.#options.settings, this.#run))
    // All at once: the network's round trips overlap.
    const asked = folders.map(async ({ path }) => [path, await this.#remote.status(path)] as const)
    const statuses = new Map(await Promise.all(asked))
    const isMissing = [...statuses.values()].includes(undefined) // deleted or renamed there
    return statuses.size === 0 || isMissing ? undefined : statuses
  }

  // What has vanished, or was sent without an answer, may be in any folder: then the others are looked at as well.
  #foldersToPlan(chosen: readonly FolderRow[]): readonly FolderRow[] {
    const isWhole = this.#run.folders.length === 0 && this.#run.scope !== 'priority'
    const isOpen = isWhole && this.#store.read.adoptable().all > 0
    return isOpen ? synchronizableFolders(this.#store) : chosen
  }

  // Only a cycle that saw every folder proves that a message was moved nowhere, or has not arrived.
  #sawEverything(planned: readonly FolderRow[]): boolean {
    const isPaused = this.#store.read.folders().some(({ state }) => state === 'paused')
    const isPending = this.#store.read.pending.folders().length > 0
    return (
      !isPaused && !isPending && this.#unseen.size === 0 && planned.length === synchronizableFolders(this.#store).length
    )
  }

  get #pushContext(): PushContext {
    return {
      ...this.#options,
      remote: this.#remote,
      onUploaded: (uploaded, total) => this.#tellUploaded(uploaded, total),
      onRefused: failure => this.#errors.push(failure),
    }
  }

  #tellUploaded(uploaded: number, toUpload: number): void {
    this.#totals.uploaded = uploaded
    this.#run.onEvent({ kind: 'counters', path: '', counters: { ...newCounters(), uploaded, toUpload } })
  }

  async #tryFolder(folder: FolderRow, work: () => Promise<void>): Promise<void> {
    this.#run.signal.throwIfAborted()
    if (this.#failed.has(folder.id)) return
    try {
      await work()
      if (folder.error && !isStanding(folder))
        this.#store.transact(transactor => transactor.setFolderError(folder.id, undefined))
    } catch (error) {
      // These concern this folder; everything else (a lost connection, a full disk) concerns all of them.
      if (!isHold(error) && !isFolderFailure(error)) throw error
      await this.#fail(folder, error)
    }
  }

  async #fail(
    { id, path, error: before }: Pick<FolderRow, 'id' | 'path'> & Partial<FolderRow>,
    error: PosternError,
  ): Promise<void> {
    const { code, message } = error
    const isClosed = isDenied(error) && before?.code === code && before.message === message
    ;(isClosed ? this.#closed : this.#unseen).add(id)
    this.#options.log.warn({ folder: id, code }, 'a folder could not be synchronized')
    this.#failed.add(id)
    this.#errors.push({ folder: path, code, message })
    if (isHold(error)) await holdFolder(this.#store, id, { code, message })
    else this.#store.transact(transactor => transactor.setFolderError(id, { code, message }))
  }

  async #plan(folder: FolderRow, status: RemoteStatus | undefined): Promise<void> {
    const context = { ...this.#options, remote: this.#remote }
    const known = folder.uidValidity === undefined ? -1 : this.#store.read.knownCount(folder.id, folder.uidValidity)
    const mayTrust = folder.consent === undefined && !isFullDue(context, folder) && trustsDeltas(context)
    if (mayTrust && isUnchanged(folder, status, known)) return
    this.#run.onEvent({ kind: 'folder', path: folder.path })
    await runPlan(context, folder)
  }

  // Counted as a cycle only when something came or went: else nothing is written.
  async #sweep(): Promise<void> {
    if (this.#store.read.hasRestored()) this.#store.transact(transactor => transactor.settleRestored())
    if (this.#totals.imported === 0 && !this.#store.read.hasUnlinked()) return
    await sweep(this.#store, this.#options.settings.conflictResolution)
  }

  #result(folders: readonly FolderRow[]): SyncResult {
    const ignored = folders.reduce((sum, { id }) => sum + this.#store.read.ignoredCount(id), 0)
    const { downloaded, imported, uploaded } = this.#totals
    const conflicts = this.#store.read.kept.lastConflict() - this.#lastConflict
    return { downloaded, imported, uploaded, ignored, conflicts, errors: this.#errors }
  }
}

// Of what the user has to decide, or the server to allow: reading the folder well does not end it.
function isStanding({ error }: FolderRow): boolean {
  return error?.code === 'SYNC_DELETIONS_HELD' || error?.code === 'SYNC_READ_ONLY'
}

import { PosternError } from '../../errors.ts'
import type { Logger } from '../../log/logger.ts'
import type { FolderRow } from '../../store/rows.ts'
import type { Store } from '../../store/store.ts'
import { chooseCollections } from '../choose-folders.ts'
import type { SyncRun } from '../cycle.ts'
import { collectionGone, isMuch } from '../plan/mass-deletion.ts'
import { type FolderFailure, newCounters, type SyncCounters, type SyncResult } from '../progress.ts'
import { isFolderFailure, isHold } from '../refusal.ts'
import type { SyncSettings } from '../settings.ts'
import { type PlaceContext, placeCollections } from './join/place-collections.ts'
import { placeOf, planCollections } from './plan-collections.ts'
import type { RemoteCollections } from './remote-collections.ts'
import { type CollectionContext, syncCollection } from './sync-collection.ts'

const OF_A_COLLECTION: ReadonlySet<string> = new Set(['UPSTREAM_PROTOCOL', 'SYNC_COLLECTION_NOT_MADE'])

/** What {@link CollectionsCycle} works with. */
export interface CollectionsCycleOptions {
  readonly store: Store
  readonly settings: SyncSettings
  /** Which account's they are: another one's servers and user give another text. */
  readonly account: string
  readonly log: Logger
  readonly clock: () => number
}

/** One pass over the calendars and address books of an account. */
export class CollectionsCycle {
  readonly #options: CollectionsCycleOptions
  readonly #store: Store
  readonly #remote: RemoteCollections
  readonly #run: SyncRun
  readonly #errors: FolderFailure[] = []
  readonly #totals: SyncCounters = newCounters()

  constructor(options: CollectionsCycleOptions, remote: RemoteCollections, run: SyncRun) {
    this.#options = options
    this.#store = options.store
    this.#remote = remote
    this.#run = run
  }

  /** Runs it to its end. A collection that fails is told in the result, the others go on. */
  async run(): Promise<SyncResult> {
    const { account } = this.#options
    if (this.#store.read.collectionsOf() !== account) {
      this.#store.transact(({ collections }) => collections.belongTo(account))
    }
    const lastConflict = this.#store.read.keptObjects.lastConflict()
    if (this.#run.structure !== 'skip' || this.#store.read.join.isPlaceDue()) await this.#readStructure()
    const chosen =
      this.#run.structure === 'only' ? [] : chooseCollections(this.#store, this.#options.settings, this.#run)
    for (const folder of chosen) await this.#try(folder, () => this.#sync(folder))
    const ignored = chosen.reduce((sum, { id }) => sum + this.#store.read.objects.counts(id).ignored, 0)
    const { downloaded, imported, uploaded } = this.#totals
    const conflicts = this.#store.read.keptObjects.lastConflict() - lastConflict
    return { downloaded, imported, uploaded, ignored, conflicts, errors: this.#errors }
  }

  async #readStructure(): Promise<void> {
    const listed = await this.#remote.list()
    this.#run.onEvent({ kind: 'signed-in', server: 'collections' })
    const isPlaceDue = this.#store.read.join.isPlaceDue()
    const listing = isPlaceDue ? await placeCollections(this.#placeContext, listed) : listed
    for (const folder of planCollections(this.#store, listing)) {
      if (folder.state !== 'ok') continue // a person decides first
      if (folder.joining === 'compare') {
        this.#store.transact(({ collections }) => collections.displace(folder.id))
        continue
      }
      await this.#try(folder, async () => {
        const count = this.#store.read.objects.count(folder.id)
        if (isMuch(count) && folder.consent !== 'accept') throw collectionGone(folder.path, count)
        this.#store.transact(({ collections }) => collections.lose(folder.id))
      })
    }
  }

  get #placeContext(): PlaceContext {
    const attempt: PlaceContext['attempt'] = async ({ id }, step) => {
      const folder = this.#store.read.findFolder(id)
      if (folder) await this.#try(folder, step)
    }
    return { store: this.#store, remote: this.#remote, attempt }
  }

  async #sync(folder: FolderRow): Promise<void> {
    this.#run.onEvent({ kind: 'folder', path: folder.path })
    await syncCollection(this.#contextOf(folder), folder)
    this.#run.onEvent({ kind: 'signed-in', server: 'collections' })
    if (folder.consent !== undefined) this.#store.transact(({ collections }) => collections.endConsent(folder.id))
  }

  #contextOf(folder: FolderRow): CollectionContext {
    const counters = newCounters()
    const tell = (change: Partial<SyncCounters>) => {
      for (const key of Object.keys(change) as (keyof SyncCounters)[]) counters[key] += change[key] ?? 0
      this.#totals.downloaded += change.downloaded ?? 0
      this.#totals.imported += change.imported ?? 0
      this.#totals.uploaded += change.uploaded ?? 0
      this.#run.onEvent({ kind: 'counters', path: folder.path, counters: { ...counters } })
    }
    const onRefused = ({ code, message }: PosternError) =>
      void this.#errors.push({ folder: folder.path, code, message })
    const { signal } = this.#run
    return { ...this.#options, remote: this.#remote.open(placeOf(folder)), onCounted: tell, onRefused, signal }
  }

  async #try(folder: FolderRow, work: () => Promise<void>): Promise<void> {
    this.#run.signal.throwIfAborted()
    try {
      await work()
      if (folder.error) this.#store.transact(transactor => transactor.setFolderError(folder.id, undefined))
    } catch (error) {
      this.#run.signal.throwIfAborted()
      // These concern this collection; everything else (a lost connection, a full disk) concerns all of them.
      if (!isHeld(error) && !isCollectionFailure(error)) throw error
      this.#fail(folder, error)
    }
  }

  #fail({ id, path }: FolderRow, error: PosternError): void {
    const { code, message } = error
    this.#options.log.warn({ folder: id, code }, 'a collection could not be synchronized')
    this.#errors.push({ folder: path, code, message })
    this.#store.transact(transactor => {
      if (isHeld(error)) transactor.held.hold(id, { code, message })
      else transactor.setFolderError(id, { code, message })
    })
  }
}

// Until a person has said what is right, on either side.
function isHeld(error: unknown): error is PosternError {
  return isHold(error) || (error instanceof PosternError && error.code === 'SYNC_DELETIONS_HELD')
}

// Of what one of them answers the others may be free.
function isCollectionFailure(error: unknown): error is PosternError {
  return isFolderFailure(error) || (error instanceof PosternError && OF_A_COLLECTION.has(error.code))
}

import { PosternError } from '../../errors.ts'
import type { FolderRow } from '../../store/rows.ts'
import type { Store } from '../../store/store.ts'
import { folderClass, type SyncSettings } from '../settings.ts'
import { Pace } from './pace.ts'
import type { FolderNews, WatchSink } from './remote-watch.ts'
import type { ServerChange } from './watcher.ts'

const GATHER_MS = 20 // a server tells of several folders in one breath
// Each starts a run, with a sign-in of its own: a server that tells without an end must not make us sign in without one.
const PACE = { burst: 5, intervalMs: 1000 }
const RETRY_MS = 5000 // the store is being repaired or restored

/** What {@link FolderTidings} are compared with, and told to. */
export interface TidingsOptions {
  readonly store: Store
  readonly settings: Pick<SyncSettings, 'automaticFolders' | 'priorityFolders'>
  readonly onChange: (change: ServerChange) => void
}

/** Gathers what a server tells, and passes on what the store does not know yet: a run's own doings are no news. */
export class FolderTidings implements WatchSink, Disposable {
  readonly #options: TidingsOptions
  readonly #told = new Map<string, { readonly news: FolderNews | undefined; readonly isFirst: boolean }>()
  readonly #pace = new Pace(PACE, () => performance.now())
  #isStructure = false
  #hasMissed = false
  #timer: NodeJS.Timeout | undefined

  constructor(options: TidingsOptions) {
    this.#options = options
  }

  counters(path: string, news: FolderNews, isFirst: boolean): void {
    const before = this.#told.get(path)
    const isKnownToHaveChanged = before !== undefined && before.news === undefined
    const merged = isKnownToHaveChanged ? undefined : merge(before?.news, news)
    this.#told.set(path, { news: merged, isFirst: isFirst && before?.isFirst !== false })
    this.#soon()
  }

  changed(path: string): void {
    this.#told.set(path, { news: undefined, isFirst: false })
    this.#soon()
  }

  structureChanged(): void {
    this.#isStructure = true
    this.#soon()
  }

  missed(): void {
    this.#hasMissed = true
    this.#isStructure = true
    this.#soon()
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
  }

  #soon(): void {
    this.#timer ??= setTimeout(() => this.#tell(), Math.max(GATHER_MS, this.#pace.waitMs))
  }

  #tell(): void {
    this.#timer = undefined
    const folders = this.#readFolders()
    if (!folders) return
    const known = new Set(folders.map(({ path }) => path))
    const isNew = [...this.#told.keys()].some(path => !known.has(path))
    const paths = folders.filter(folder => this.#concerns(folder) && this.#isNews(folder)).map(({ path }) => path)
    const structure = this.#isStructure || isNew
    this.#told.clear()
    this.#isStructure = false
    this.#hasMissed = false
    if (paths.length === 0 && !structure) return
    this.#pace.spend()
    this.#options.onChange({ paths, structure })
  }

  /** Undefined while the store cannot be read, as during a repair: then it is tried again. */
  #readFolders(): readonly FolderRow[] | undefined {
    try {
      return this.#options.store.read.folders()
    } catch (error) {
      if (!(error instanceof PosternError)) throw error
      this.#timer = setTimeout(() => this.#tell(), RETRY_MS)
      return undefined
    }
  }

  #concerns(folder: FolderRow): boolean {
    const isOpen = folder.isSelectable && !folder.isExcluded && folder.state === 'ok'
    return isOpen && folderClass(folder.path, this.#options.settings) !== 'other'
  }

  #isNews(folder: FolderRow): boolean {
    const told = this.#told.get(folder.path)
    if (!told) return this.#hasMissed
    const { news, isFirst } = told
    if (!news || folder.uidValidity === undefined) return true
    if (news.uidValidity !== undefined && news.uidValidity !== folder.uidValidity) return true
    if (news.uidNext !== undefined && news.uidNext !== folder.uidNext) return true
    if (news.highestModseq !== undefined && news.highestModseq !== folder.highestModseq) return true
    const held = () => this.#options.store.read.knownCount(folder.id, folder.uidValidity ?? 0)
    if (news.messages !== undefined && news.messages !== held()) return true
    // Without mod-sequences changed flags cannot be seen: a change was told, and the state at the beginning was none.
    return news.highestModseq === undefined && !isFirst
  }
}

// What is told later may name fewer counters.
function merge(before: FolderNews | undefined, news: FolderNews): FolderNews {
  return {
    uidValidity: news.uidValidity ?? before?.uidValidity,
    uidNext: news.uidNext ?? before?.uidNext,
    messages: news.messages ?? before?.messages,
    highestModseq: news.highestModseq ?? before?.highestModseq,
  }
}

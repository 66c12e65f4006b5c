import type { PosternError } from '../../errors.ts'
import type { SyncScope } from '../../sync/choose-folders.ts'
import type { SyncRun } from '../../sync/cycle.ts'
import { folderClass, type SyncSettings } from '../../sync/settings.ts'
import { backOffMs, type ErrorClass, errorClassOf } from './error-class.ts'

const MINUTE_MS = 60_000
const MIN_HASTENED_MS = MINUTE_MS // polls hasten the priority folders at most this often
const MIN_DRIVEN_MS = 10_000 // and drive all folders at most this often: Outlook polls once per account and key press
const MIN_ENTERED_MS = 30_000 // a folder that is looked at again and again is read once

/** What the schedule of a profile depends on. */
export interface ScheduleSettings extends Pick<SyncSettings, 'automaticFolders' | 'priorityFolders'> {
  readonly useOutlookSettings: boolean
  readonly prioritySyncMinutes: number
  readonly standardSyncMinutes: number
  readonly structureSyncMinutes: number
}

/** A run that is due. */
export interface PlannedRun {
  readonly folders: readonly string[]
  readonly scope: SyncScope
  readonly structure: SyncRun['structure']
}

/** Why a profile waits. */
export interface RunFailure {
  readonly class: ErrorClass
  readonly code: string
  readonly message: string
  readonly advice: string
  /** How many runs in a row have failed with this class. */
  readonly failures: number
  /** When the next attempt is due, on the monotonic clock; infinite when only a person can help. */
  readonly retryAtMs: number
}

/** What can be due: folders by their class, and the list of folders. */
export type SchedulePart = 'priority' | 'standard' | 'structure'
const PARTS: readonly SchedulePart[] = ['priority', 'standard', 'structure']

/**
 * What is due when for one profile. Pure: it starts nothing, and is told the time, in ms of a clock that never goes
 * back. Parts that are due together become one run; what failed is due again when its back-off has passed.
 */
export class ProfileSchedule {
  readonly #lastMs = new Map<SchedulePart, number>()
  readonly #wishes = new Map<SchedulePart, number>()
  readonly #folderWishes = new Map<string, number>()
  readonly #enteredMs = new Map<string, number>()
  #failure: RunFailure | undefined

  get failure(): RunFailure | undefined {
    return this.#failure
  }

  /** What to run now; undefined while nothing is due. */
  due(settings: ScheduleSettings, nowMs: number): PlannedRun | undefined {
    if (this.#failure && nowMs < this.#failure.retryAtMs) return undefined
    const parts = PARTS.filter(part => this.#dueMs(part, settings) <= nowMs)
    const has = (part: SchedulePart) => parts.includes(part)
    if (has('standard') || has('priority')) {
      return {
        folders: [],
        scope: has('standard') ? 'automatic' : 'priority',
        structure: has('structure') ? 'also' : 'skip',
      }
    }
    if (has('structure')) return { folders: [], scope: 'automatic', structure: 'only' }
    const folders = [...this.#folderWishes].filter(([, atMs]) => atMs <= nowMs).map(([path]) => path)
    return folders.length === 0 ? undefined : { folders, scope: 'all', structure: 'skip' }
  }

  /** When `due` will have something, if nothing happens till then; infinite for never. */
  nextMs(settings: ScheduleSettings): number {
    let nextMs = Math.min(...PARTS.map(part => this.#dueMs(part, settings)))
    for (const atMs of this.#folderWishes.values()) nextMs = Math.min(nextMs, atMs) // may be a hundred thousand
    return Math.max(nextMs, this.#failure?.retryAtMs ?? Number.NEGATIVE_INFINITY)
  }

  /** Wants parts to be run at that time, or earlier if they are due earlier. */
  want(parts: readonly SchedulePart[], atMs: number): void {
    for (const part of parts) this.#wishes.set(part, Math.min(atMs, this.#wishes.get(part) ?? atMs))
  }

  /** Wants folders to be run, whatever their class. */
  wantFolders(paths: readonly string[], atMs: number): void {
    for (const path of paths) this.#folderWishes.set(path, Math.min(atMs, this.#folderWishes.get(path) ?? atMs))
  }

  /** A client has asked for new mail: it drives the profile, or hastens its priority folders. */
  polled(settings: ScheduleSettings, nowMs: number): void {
    if (settings.useOutlookSettings) {
      const notBeforeMs = (this.#lastMs.get('standard') ?? Number.NEGATIVE_INFINITY) + MIN_DRIVEN_MS
      this.want(['priority', 'standard'], Math.max(nowMs, notBeforeMs))
      if (nowMs >= this.#intervalMs('structure', settings)) this.want(['structure'], Math.max(nowMs, notBeforeMs))
      return
    }
    const lastMs = this.#lastMs.get('priority')
    if (lastMs !== undefined && nowMs - lastMs >= MIN_HASTENED_MS) this.want(['priority'], nowMs)
  }

  /** A person has opened a folder. */
  entered(path: string, nowMs: number): void {
    if (nowMs - (this.#enteredMs.get(path) ?? Number.NEGATIVE_INFINITY) < MIN_ENTERED_MS) return
    this.#enteredMs.set(path, nowMs)
    this.wantFolders([path], nowMs)
  }

  /** A run has begun, by the schedule or by a person: what it is about is due no more. */
  started(run: PlannedRun, settings: ScheduleSettings, nowMs: number): void {
    for (const part of partsOf(run)) {
      this.#lastMs.set(part, nowMs)
      this.#wishes.delete(part)
    }
    for (const path of [...this.#folderWishes.keys()]) if (covers(run, path, settings)) this.#folderWishes.delete(path)
  }

  succeeded(): void {
    this.#failure = undefined
  }

  /** A run has failed: it is wanted again after the back-off of its class. */
  failed(run: PlannedRun, error: PosternError, nowMs: number): void {
    if (error.code === 'STORE_NO_SUCH_FOLDER') return // it was named, and is gone: nothing to repeat
    const kind = errorClassOf(error)
    const failures = this.#failure?.class === kind ? this.#failure.failures + 1 : 1
    const { code, message, advice } = error
    this.#failure = { class: kind, code, message, advice, failures, retryAtMs: nowMs + backOffMs(error, failures) }
    this.postponed(run, nowMs)
  }

  /** A run was broken off, or never began: what it was about stays wanted. */
  postponed(run: PlannedRun, nowMs: number): void {
    this.want(partsOf(run), nowMs)
    this.wantFolders(run.folders, nowMs)
  }

  /** Something has changed that may have been the cause of failures of these classes: the next attempt is due now. */
  hasten(classes: readonly ErrorClass[]): void {
    if (this.#failure && classes.includes(this.#failure.class)) this.#failure = undefined
  }

  #dueMs(part: SchedulePart, settings: ScheduleSettings): number {
    const intervalMs = settings.useOutlookSettings ? Number.POSITIVE_INFINITY : this.#intervalMs(part, settings)
    return Math.min(intervalMs, this.#wishes.get(part) ?? Number.POSITIVE_INFINITY)
  }

  // What was never run is due since ever.
  #intervalMs(part: SchedulePart, settings: ScheduleSettings): number {
    const lastMs = this.#lastMs.get(part)
    return lastMs === undefined ? Number.NEGATIVE_INFINITY : lastMs + settings[`${part}SyncMinutes`] * MINUTE_MS
  }
}

function partsOf({ folders, scope, structure }: PlannedRun): SchedulePart[] {
  const list: SchedulePart[] = structure === 'skip' ? [] : ['structure']
  if (folders.length > 0 || structure === 'only') return list
  return scope === 'priority' ? ['priority', ...list] : ['priority', 'standard', ...list]
}

function covers({ folders, scope, structure }: PlannedRun, path: string, settings: ScheduleSettings): boolean {
  if (structure === 'only') return false
  if (folders.length > 0) return folders.includes(path)
  const kind = folderClass(path, settings)
  return scope === 'all' || kind === 'priority' || (scope === 'automatic' && kind === 'standard')
}

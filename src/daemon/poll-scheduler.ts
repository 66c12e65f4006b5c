import { PosternError } from '../errors.ts'
import type { Installation } from './installation.ts'

const MIN_POLL_MS = 60_000 // a poll starts a run at most this often
const AFTER_CHANGE_MS = 500
const TICK_MS = 15_000
const REFUSED_BACK_OFF_MS = 15 * 60_000 // after a failure that only a person can cure

interface Due {
  lastStartMs: number
  notBeforeMs: number
}

/** Starts runs by itself: at the start, when Outlook polls, and every few minutes. */
export class PollScheduler implements Disposable {
  readonly #installation: Installation
  readonly #due = new Map<string, Due>()
  readonly #changes = new Map<string, NodeJS.Timeout>()
  readonly #abort = new AbortController()
  #timer: NodeJS.Timeout | undefined

  constructor(installation: Installation) {
    this.#installation = installation
  }

  /** Runs every profile once, and from then on when it is due. */
  start(): void {
    this.#tick()
    this.#timer = setInterval(() => this.#tick(), TICK_MS).unref()
  }

  /** A client has asked for new mail (the setting "Use Outlook settings"). */
  polled(name: string): void {
    const due = this.#due.get(name)
    if (due && performance.now() - due.lastStartMs >= MIN_POLL_MS) this.#start(name)
  }

  /** The user has changed something: the server is told soon, with what else comes meanwhile. */
  changed(name: string): void {
    clearTimeout(this.#changes.get(name))
    const timer = setTimeout(() => this.#uploadChanges(name), AFTER_CHANGE_MS).unref()
    this.#changes.set(name, timer)
  }

  forget(name: string): void {
    this.#due.delete(name)
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
    for (const timer of this.#changes.values()) clearTimeout(timer)
    this.#abort.abort()
  }

  #uploadChanges(name: string): void {
    this.#changes.delete(name)
    const profile = this.#installation.profiles.list().find(profile => profile.name === name)
    if (!profile) return
    if (this.#installation.syncs.stateOf(profile.number) === 'syncing') this.changed(name)
    else this.#start(name)
  }

  #tick(): void {
    for (const { name, standardSyncMinutes } of this.#installation.profiles.list()) {
      const due = this.#due.get(name)
      const sinceMs = due ? performance.now() - due.lastStartMs : Number.POSITIVE_INFINITY
      if (sinceMs >= standardSyncMinutes * 60_000) this.#start(name)
    }
  }

  #start(name: string): void {
    const now = performance.now()
    const due = this.#due.get(name) ?? { lastStartMs: now, notBeforeMs: 0 }
    this.#due.set(name, due)
    const profile = this.#installation.profiles.list().find(profile => profile.name === name)
    if (!profile || now < due.notBeforeMs || this.#installation.syncs.stateOf(profile.number) !== 'idle') return
    due.lastStartMs = now
    const what = { folders: [], scope: 'automatic', structure: 'also', isExplicit: false } as const
    const options = { ...what, onEvent: () => undefined, signal: this.#abort.signal }
    this.#installation.syncs.run(profile, options).catch(error => this.#failed(due, error))
  }

  // The cause is in the store for `status`; the log has it once per run.
  #failed(due: Due, error: unknown): void {
    if (this.#abort.signal.aborted) return
    this.#installation.log.warn({ err: error }, 'a scheduled run failed')
    const isRefused = error instanceof PosternError && error.remedy === 'user'
    if (isRefused) due.notBeforeMs = performance.now() + REFUSED_BACK_OFF_MS
  }
}

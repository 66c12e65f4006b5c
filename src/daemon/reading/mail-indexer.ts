import { PosternError } from '../../errors.ts'
import type { Logger } from '../../log/logger.ts'
import type { Profile } from '../../profile/profiles.ts'
import type { EngineObserver } from '../engine/engine-client.ts'
import { type Readers, readOne } from './readers.ts'

const AFTER_COMMIT_MS = 1000 // what comes next is indexed with it; until then it is found by reading it
const AFTER_FAILURE_MS = 60_000
const SLICE = { items: 1000, ms: 50 } // short enough for a store that has to be let go of

/** What is indexed, and when that would be in the way. */
export interface MailIndexerOptions {
  readonly profiles: () => readonly Pick<Profile, 'number' | 'dir'>[]
  readonly readers: Readers
  /** Whether a profile's store is being worked with: nothing takes the disk and the processor from a download. */
  readonly isBusy: (profile: number) => boolean
  readonly log: Logger
}

/** Keeps the search indexes of all profiles up to date, in the background, whenever their stores have changed. */
export class MailIndexer implements EngineObserver, Disposable {
  readonly #options: MailIndexerOptions
  readonly #due = new Set<number>()
  #timer: NodeJS.Timeout | undefined
  #isWorking = false
  /** The profile that is being indexed; undefined when its store was closed meanwhile. */
  #current: number | undefined
  #isOver = false

  constructor(options: MailIndexerOptions) {
    this.#options = options
  }

  /** Indexes what came before the daemon was started. */
  start(): void {
    for (const { number } of this.#options.profiles()) this.committed(number)
  }

  committed(profile: number): void {
    this.#due.add(profile)
    this.#wait(AFTER_COMMIT_MS)
  }

  changed(): void {
    // Of the server: what of it arrives is committed.
  }

  watching(): void {
    // No news of mail.
  }

  exited(): void {
    // What it had written was told before.
  }

  closed(profile: number): void {
    // The store may be about to be removed, or to be another one: that commits.
    this.#due.delete(profile)
    if (this.#current === profile) this.#current = undefined
  }

  [Symbol.dispose](): void {
    this.#isOver = true
    clearTimeout(this.#timer)
  }

  #wait(ms: number): void {
    if (this.#timer || this.#isWorking || this.#isOver) return
    this.#timer = setTimeout(() => void this.#work(), ms).unref()
  }

  async #work(): Promise<void> {
    this.#timer = undefined
    this.#isWorking = true
    let hasFailed = false
    for (const profile of [...this.#due]) hasFailed = !(await this.#index(profile)) || hasFailed
    this.#isWorking = false
    if (this.#due.size > 0) this.#wait(hasFailed ? AFTER_FAILURE_MS : AFTER_COMMIT_MS)
  }

  /** Tells whether it went well; what is not done stays due. */
  async #index(number: number): Promise<boolean> {
    const { profiles, readers, isBusy, log } = this.#options
    const profile = profiles().find(each => each.number === number)
    if (!profile) return this.#due.delete(number)
    try {
      while (this.#due.has(number) && !isBusy(number) && !this.#isOver) {
        this.#due.delete(number)
        this.#current = number
        const left = await readOne(readers, 'indexMail', { dir: profile.dir, ...SLICE })
        if (left > 0 && this.#current === number) this.#due.add(number)
      }
      return true
    } catch (error) {
      this.#due.add(number)
      const isBug = !(error instanceof PosternError) && !this.#isOver
      if (isBug) log.error({ err: error, profile: number }, 'indexing mail hit a bug')
      else log.warn({ err: error, profile: number }, 'mail could not be indexed; searching reads it instead')
      return false
    }
  }
}

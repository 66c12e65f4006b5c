const PAUSE_MS = 20 // a first download commits many times a second

/** Tells that stores have changed: at once, then no more often than every 20 ms. */
export class CommitNews {
  readonly #tell: (profile: number) => void
  /** Profiles that were told of a moment ago, and whether something has come since. */
  readonly #resting = new Map<number, boolean>()

  constructor(tell: (profile: number) => void) {
    this.#tell = tell
  }

  committed(profile: number): void {
    if (this.#resting.has(profile)) {
      this.#resting.set(profile, true)
      return
    }
    this.#resting.set(profile, false)
    this.#tell(profile)
    setTimeout(() => this.#rested(profile), PAUSE_MS).unref()
  }

  #rested(profile: number): void {
    const hasMore = this.#resting.get(profile)
    this.#resting.delete(profile)
    if (hasMore) this.committed(profile)
  }
}

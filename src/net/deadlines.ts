/** What is ended when it takes too long. */
export interface Bounded {
  /** Milliseconds without traffic after which it ends. */
  idleTimeoutMs: number
  /** When the last octet went either way, on the clock of {@link Deadlines}. */
  lastActivityMs: number
  /** When it ends at the latest. */
  readonly endsAtMs: number
  expire(): void
}

const SWEEP_MS = 1000

/** Ends what is idle or too old. One timer for all of them, since thousands of timers are not free. */
export class Deadlines implements Disposable {
  readonly #bounded = new Set<Bounded>()
  readonly #clock: () => number
  #timer: NodeJS.Timeout | undefined

  constructor(clock: () => number = () => performance.now()) {
    this.#clock = clock
  }

  /** Reads the clock that the times are measured on (monotonic ms). */
  now(): number {
    return this.#clock()
  }

  add(bounded: Bounded): void {
    this.#bounded.add(bounded)
    this.#timer ??= setInterval(() => this.sweep(), SWEEP_MS).unref()
  }

  delete(bounded: Bounded): void {
    this.#bounded.delete(bounded)
    if (this.#bounded.size === 0) this[Symbol.dispose]()
  }

  /** Ends what is over its time now. */
  sweep(): void {
    const now = this.#clock()
    for (const bounded of this.#bounded) {
      if (now - bounded.lastActivityMs < bounded.idleTimeoutMs && now < bounded.endsAtMs) continue
      this.#bounded.delete(bounded)
      bounded.expire()
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}

const CHECK_MS = 1000

/** How long a server may say nothing while it is waited for. */
export interface SilenceLimits {
  /** Then it is given up. */
  readonly timeoutMs: number
  /** Then somebody is told, and from then on each time when a third of it has passed. */
  readonly slowMs?: number
  readonly onSlow?: (silentMs: number) => void
}

/** Notices that the server says nothing while it is waited for. */
export class SilenceWatch implements Disposable {
  readonly #limits: SilenceLimits
  readonly #onTimeout: () => void
  readonly #isWaiting: () => boolean
  readonly #timer: NodeJS.Timeout
  #lastHeardMs = performance.now()
  #toldMs = 0

  constructor(
    limits: SilenceLimits,
    { isWaiting, onTimeout }: { readonly isWaiting: () => boolean; readonly onTimeout: () => void },
  ) {
    this.#limits = limits
    this.#isWaiting = isWaiting
    this.#onTimeout = onTimeout
    const checkMs = Math.min(CHECK_MS, limits.timeoutMs / 4, (limits.slowMs ?? limits.timeoutMs) / 4)
    this.#timer = setInterval(() => this.#check(), checkMs).unref()
  }

  /** When the server last said something, or the waiting for it began; of `performance.now()`. */
  get lastHeardMs(): number {
    return this.#lastHeardMs
  }

  /** The server has said something, takes what is sent, or is waited for only from now on. */
  heard(): void {
    this.#lastHeardMs = performance.now()
    this.#toldMs = 0
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }

  #check(): void {
    if (!this.#isWaiting()) return
    const { timeoutMs, slowMs, onSlow } = this.#limits
    const silentMs = performance.now() - this.#lastHeardMs
    if (silentMs >= timeoutMs) {
      this.#onTimeout()
    } else if (slowMs !== undefined && silentMs >= (this.#toldMs === 0 ? slowMs : this.#toldMs + slowMs / 3)) {
      this.#toldMs = silentMs
      onSlow?.(silentMs)
    }
  }
}

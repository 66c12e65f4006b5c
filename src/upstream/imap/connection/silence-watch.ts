const CHECK_MS = 1000

/** How long a server may say nothing while it is waited for. */
export interface SilenceLimits {
  /** Then it is given up. */
  readonly timeoutMs: number
  /** Then somebody is told, and from then on each time when a third of it has passed. */
  readonly slowMs: number
}

/** What {@link SilenceWatch} asks and tells. */
export interface SilenceHandlers {
  readonly isWaiting: () => boolean
  readonly onSlow: (silentMs: number) => void
  readonly onTimeout: () => void
}

/** Notices that the server says nothing while it is waited for. */
export class SilenceWatch implements Disposable {
  readonly #limits: SilenceLimits
  readonly #handlers: SilenceHandlers
  readonly #timer: NodeJS.Timeout
  #lastHeardMs = performance.now()
  #toldMs = 0

  constructor(limits: SilenceLimits, handlers: SilenceHandlers) {
    this.#limits = limits
    this.#handlers = handlers
    const checkMs = Math.min(CHECK_MS, limits.timeoutMs / 4, limits.slowMs / 4)
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
    if (!this.#handlers.isWaiting()) return
    const { timeoutMs, slowMs } = this.#limits
    const silentMs = performance.now() - this.#lastHeardMs
    if (silentMs >= timeoutMs) {
      this.#handlers.onTimeout()
    } else if (silentMs >= (this.#toldMs === 0 ? slowMs : this.#toldMs + slowMs / 3)) {
      this.#toldMs = silentMs
      this.#handlers.onSlow(silentMs)
    }
  }
}

const CHECK_MS = 5000
const RHYTHMS_OF_SILENCE = 2.5 // of a server that used to say that it is still there, before it is asked

/** What a heartbeat is made with. */
export interface HeartbeatOptions {
  /** At least this often the connection is used. */
  readonly beatMs: number
  /** When the server last said something; of `performance.now()`. */
  readonly lastHeardMs: () => number
  /** Asks the server something. It ends the connection itself when there is no answer. */
  readonly beat: () => Promise<void>
}

/** Keeps a waiting connection alive, and notices in time that it is not. */
export class Heartbeat implements Disposable {
  readonly #options: HeartbeatOptions
  readonly #timer: NodeJS.Timeout
  #lastBeatMs = performance.now()
  #lastRemarkMs: number | undefined
  #rhythmMs: number | undefined
  #isBeating = false

  constructor(options: HeartbeatOptions) {
    this.#options = options
    this.#timer = setInterval(() => this.#check(), Math.min(CHECK_MS, options.beatMs / 4)).unref()
  }

  /** The server has said that it is still there (Dovecot does every two minutes): its silence would mean something. */
  readonly remark = (): void => {
    const nowMs = performance.now()
    if (this.#lastRemarkMs !== undefined) this.#rhythmMs = nowMs - this.#lastRemarkMs
    this.#lastRemarkMs = nowMs
  };

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }

  #check(): void {
    if (this.#isBeating) return
    const nowMs = performance.now()
    const isSilent =
      this.#rhythmMs !== undefined &&
      nowMs - this.#options.lastHeardMs() > Math.max(this.#rhythmMs * RHYTHMS_OF_SILENCE, this.#options.beatMs / 100)
    if (!isSilent && nowMs - this.#lastBeatMs < this.#options.beatMs) return
    this.#isBeating = true
    this.#options.beat().then(
      () => this.#beaten(),
      () => this[Symbol.dispose](), // the connection has ended, and tells
    )
  }

  #beaten(): void {
    this.#isBeating = false
    this.#lastBeatMs = performance.now()
    this.#lastRemarkMs = undefined
  }
}

const COST_TO_REST = 10
const MIN_COST_MS = 5 // what costs less may be done as often as somebody wants it
const MAX_REST_MS = 2000

/** Keeps what is done again and again from taking more than a small part of the time: after it there is a rest, long against it. */
export class Rest implements Disposable {
  readonly #onEnd: () => void
  #timer: NodeJS.Timeout | undefined

  /** `onEnd` is called after each rest. */
  constructor(onEnd: () => void) {
    this.#onEnd = onEnd
  }

  /** Whether it is not to be done now. */
  get isOn(): boolean {
    return this.#timer !== undefined
  }

  /** It was done, and took so many ms. */
  begin(costMs: number): void {
    if (costMs < MIN_COST_MS || this.isOn) return
    const restMs = Math.min(costMs * COST_TO_REST, MAX_REST_MS)
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#onEnd()
    }, restMs)
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
  }
}

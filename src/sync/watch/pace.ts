/** Lets a few go at once, and the rest at an even pace. */
export class Pace {
  readonly #burst: number
  readonly #intervalMs: number
  readonly #clock: () => number
  #credit: number
  #atMs: number

  /** `clock` is monotonic, in ms. */
  constructor({ burst, intervalMs }: { readonly burst: number; readonly intervalMs: number }, clock: () => number) {
    this.#burst = burst
    this.#intervalMs = intervalMs
    this.#clock = clock
    this.#credit = burst
    this.#atMs = clock()
  }

  /** How long the next one must wait, in ms; 0 when it may go. */
  get waitMs(): number {
    this.#earn()
    return this.#credit >= 1 ? 0 : (1 - this.#credit) * this.#intervalMs
  }

  /** One has gone. */
  spend(): void {
    this.#earn()
    this.#credit--
  }

  #earn(): void {
    const nowMs = this.#clock()
    this.#credit = Math.min(this.#burst, this.#credit + (nowMs - this.#atMs) / this.#intervalMs)
    this.#atMs = nowMs
  }
}

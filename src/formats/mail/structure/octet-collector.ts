const FIRST_OCTETS = 4096

/** Collects octets that come in pieces, up to a limit; copies, so that it keeps no chunk alive. */
export class OctetCollector {
  readonly #maxOctets: number
  #octets = Buffer.alloc(0)
  #length = 0
  #isFull = false

  constructor(maxOctets: number) {
    this.#maxOctets = maxOctets
  }

  /** Whether octets were left out. */
  get isFull(): boolean {
    return this.#isFull
  }

  append(chunk: Buffer, start: number, end: number): void {
    const wanted = this.#length + end - start
    if (wanted > this.#maxOctets) this.#isFull = true
    const length = Math.min(wanted, this.#maxOctets)
    if (length > this.#octets.length) this.#grow(length)
    chunk.copy(this.#octets, this.#length, start, start + length - this.#length)
    this.#length = length
  }

  /** What was collected, at most the first `length` octets. */
  head(length: number): Buffer {
    return this.#octets.subarray(0, Math.min(length, this.#length))
  }

  #grow(length: number): void {
    const grown = Buffer.alloc(Math.min(this.#maxOctets, Math.max(length, FIRST_OCTETS, 2 * this.#octets.length)))
    this.#octets.copy(grown, 0, 0, this.#length)
    this.#octets = grown
  }
}

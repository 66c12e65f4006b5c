const NOTHING = Buffer.alloc(0)
const FIRST_OCTETS = 128 // most commands are shorter

/** Octets that grow as they come. Each is copied a few times at most, and no chunk they came in is kept alive. */
export class HeldOctets {
  #octets: Buffer = NOTHING
  #length = 0

  get length(): number {
    return this.#length
  }

  append(octets: Buffer): void {
    const length = this.#length + octets.length
    if (length > this.#octets.length) this.#grow(length)
    octets.copy(this.#octets, this.#length)
    this.#length = length
  }

  /** Shows what is held between two offsets; later octets do not change it. */
  slice(start: number, end: number = this.#length): Buffer {
    return this.#octets.subarray(start, end)
  }

  /** Forgets everything; what {@link slice} has shown stays as it is. */
  clear(): void {
    this.#octets = NOTHING
    this.#length = 0
  }

  // Not from the pool of Node: a few octets held for long would keep a whole slab of it.
  #grow(length: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(length, this.#octets.length * 2, FIRST_OCTETS))
    this.#octets.copy(larger, 0, 0, this.#length)
    this.#octets = larger
  }
}

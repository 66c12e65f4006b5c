import { createCipheriv, hash } from 'node:crypto'

/** Random numbers that are the same for the same seed, on every machine. Not for secrets. */
export class SeededRandom {
  readonly #seed: string
  #state: number

  constructor(seed: string) {
    this.#seed = seed
    this.#state = hash('sha256', seed, 'buffer').readUInt32LE(0)
  }

  /** A stream of its own for a purpose, which does not depend on what was drawn before. */
  derive(purpose: string): SeededRandom {
    return new SeededRandom(`${this.#seed}/${purpose}`)
  }

  /** At least 0, less than 1. */
  next(): number {
    // A linear congruential step, its bits mixed: enough for what people look at.
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0
    let mixed = this.#state ^ (this.#state >>> 16)
    mixed = Math.imul(mixed, 0x45d9f3b)
    mixed ^= mixed >>> 15
    return (mixed >>> 0) / 2 ** 32
  }

  /** From `low` to `high`, both included. */
  integer(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1))
  }

  chance(probability: number): boolean {
    return this.next() < probability
  }

  pick<Item>(items: readonly Item[]): Item {
    const item = items[this.integer(0, items.length - 1)]
    if (item === undefined) throw new Error('nothing to pick from')
    return item
  }

  /** Octets without any pattern. */
  octets(count: number): Buffer {
    const key = hash('sha256', `${this.#seed}/octets`, 'buffer')
    return createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(count))
  }

  /** Lower-case hexadecimal digits, as in the numbers that programs give. */
  hex(digits: number): string {
    return Array.from({ length: digits }, () => this.integer(0, 15).toString(16)).join('')
  }
}

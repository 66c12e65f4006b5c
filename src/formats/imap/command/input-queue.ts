const LF = 0x0a
const NOTHING = Buffer.alloc(0)
const MANY_CHUNKS = 64

/** Chunks that wait to be read; each octet is looked at once, however the chunks are cut. */
export class InputQueue {
  #chunks: Buffer[] = []
  #first = 0
  #octets = 0

  /** Counts the octets that wait. */
  get octets(): number {
    return this.#octets
  }

  push(chunk: Buffer): void {
    if (chunk.length === 0) return
    this.#chunks.push(chunk)
    this.#octets += chunk.length
  }

  /** Takes the rest of the first chunk, but not more than `maxOctets`; undefined when nothing waits. */
  take(maxOctets: number): Buffer | undefined {
    const chunk = this.#chunks[this.#first]
    return chunk && this.#cut(chunk, Math.min(chunk.length, maxOctets))
  }

  /** Takes the rest of the first chunk, but nothing behind an LF; undefined when nothing waits. */
  takeThroughLf(): Buffer | undefined {
    const chunk = this.#chunks[this.#first]
    const lf = chunk?.indexOf(LF) ?? -1
    return chunk && this.#cut(chunk, lf === -1 ? chunk.length : lf + 1)
  }

  clear(): void {
    this.#chunks = []
    this.#first = 0
    this.#octets = 0
  }

  #cut(chunk: Buffer, end: number): Buffer {
    this.#octets -= end
    if (this.#octets === 0) this.clear()
    else if (end < chunk.length) this.#chunks[this.#first] = chunk.subarray(end)
    else this.#next()
    return end === chunk.length ? chunk : chunk.subarray(0, end)
  }

  #next(): void {
    this.#chunks[this.#first++] = NOTHING
    if (this.#first < MANY_CHUNKS || this.#first * 2 < this.#chunks.length) return
    this.#chunks = this.#chunks.slice(this.#first)
    this.#first = 0
  }
}

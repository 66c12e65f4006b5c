const LF = 0x0a
const CR = 0x0d
const NOTHING = Buffer.alloc(0)

/** A line without its end, or the news that one was longer than allowed and was thrown away. */
export type Line = { readonly kind: 'line'; readonly octets: Buffer } | { readonly kind: 'too-long' }

/** Cuts a byte stream into lines ended by CRLF or LF. Holds at most one unfinished line of the allowed length. */
export class LineSplitter {
  readonly #maxLineOctets: number
  #held: Buffer = NOTHING
  #isSkipping = false

  constructor(maxLineOctets: number) {
    this.#maxLineOctets = maxLineOctets
  }

  /** Takes octets and says nothing; {@link next} hands out the lines. */
  push(chunk: Buffer): void {
    this.#held = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk])
  }

  /** Takes out the next whole line; undefined when more octets are needed. */
  next(): Line | undefined {
    const end = this.#held.indexOf(LF)
    if (end === -1) {
      this.#limitHeld()
      return undefined
    }
    const start = this.#held
    // An empty rest of a chunk would keep the whole chunk in memory, for as long as a client is idle.
    this.#held = end + 1 === start.length ? NOTHING : start.subarray(end + 1)
    if (this.#isSkipping || end > this.#maxLineOctets) {
      this.#isSkipping = false
      return { kind: 'too-long' }
    }
    return { kind: 'line', octets: start.subarray(0, end > 0 && start[end - 1] === CR ? end - 1 : end) }
  }

  /** Takes out everything that is held, lines or not. */
  drain(): Buffer {
    const held = this.#held
    this.#held = NOTHING
    this.#isSkipping = false
    return held
  }

  #limitHeld(): void {
    if (this.#held.length <= this.#maxLineOctets + 1) return // + 1 for the CR
    this.#held = NOTHING
    this.#isSkipping = true
  }
}

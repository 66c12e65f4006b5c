const CR = 0x0d
const LF = 0x0a
const DOT = 0x2e

/** What is wrong with the lines of a message. */
export type DataFault = 'bare CR' | 'bare LF'

/** What a chunk of DATA brought. */
export interface ScannedData {
  /** Octets of the message as they were sent, dots still doubled. */
  readonly octets: Buffer
  /** What follows the final dot; undefined while the message goes on. */
  readonly rest: Buffer | undefined
}

/**
 * Finds the end of a message (RFC 5321 section 4.1.1.4) and passes everything before it on untouched. A CR or LF alone
 * is a fault: servers that take it for a line end could be made to see another message than we do.
 */
export class DataScanner {
  #fault: DataFault | undefined
  #octetCount = 0
  #isAtLineStart = true
  #endsWithCr = false
  /** The beginning of a line that may become the final dot. */
  #held: Buffer = Buffer.alloc(0)

  /** The first fault; the end of the message is looked for all the same. */
  get fault(): DataFault | undefined {
    return this.#fault
  }

  /** Octets of the message so far. */
  get octetCount(): number {
    return this.#octetCount
  }

  push(input: Buffer): ScannedData {
    const chunk = this.#held.length > 0 ? Buffer.concat([this.#held, input]) : input
    this.#held = Buffer.alloc(0)
    let at = this.#endsWithCr ? this.#afterCr(chunk) : 0
    while (at < chunk.length) {
      if (this.#isAtLineStart && chunk[at] === DOT) {
        const end = this.#finalDot(chunk, at)
        if (end === 'unknown') return this.#pass(chunk.subarray(0, at), undefined)
        if (end !== undefined) return this.#pass(chunk.subarray(0, at), chunk.subarray(end))
      }
      at = this.#nextLine(chunk, at)
    }
    return this.#pass(chunk, undefined)
  }

  #afterCr(chunk: Buffer): number {
    if (chunk.length === 0) return 0
    this.#endsWithCr = false
    this.#isAtLineStart = chunk[0] === LF
    if (this.#isAtLineStart) return 1
    this.#fault ??= 'bare CR'
    return 0
  }

  /** The offset behind `.CRLF`; `unknown` when it may follow in the next chunk. */
  #finalDot(chunk: Buffer, at: number): number | 'unknown' | undefined {
    const [second, third] = [chunk[at + 1], chunk[at + 2]]
    if (second === CR && third === LF) return at + 3
    if (second !== undefined && (second !== CR || third !== undefined)) return undefined
    this.#held = Buffer.from(chunk.subarray(at))
    return 'unknown'
  }

  /** Looks for the end of the line and returns where the next one begins. After a fault no line begins. */
  #nextLine(chunk: Buffer, at: number): number {
    const [cr, lf] = [chunk.indexOf(CR, at), chunk.indexOf(LF, at)]
    this.#isAtLineStart = false
    if (cr === -1 && lf === -1) return chunk.length
    if (cr === -1 || (lf !== -1 && lf < cr)) {
      this.#fault ??= 'bare LF'
      return lf + 1
    }
    this.#endsWithCr = cr === chunk.length - 1
    if (this.#endsWithCr) return chunk.length
    this.#isAtLineStart = chunk[cr + 1] === LF
    if (!this.#isAtLineStart) this.#fault ??= 'bare CR'
    return this.#isAtLineStart ? cr + 2 : cr + 1
  }

  #pass(octets: Buffer, rest: Buffer | undefined): ScannedData {
    this.#octetCount += octets.length
    return { octets, rest }
  }
}

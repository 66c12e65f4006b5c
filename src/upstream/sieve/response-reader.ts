import { LineSplitter } from '../../net/line-splitter.ts'
import { type LinePart, parseLine, type SieveLine, SieveSyntaxError } from './response-line.ts'

const MAX_LINE_OCTETS = 65_536 // of its text; the longest known, the extensions of a server, has 1,000
const MAX_ANSWER_OCTETS = 16 * 1_048_576 // servers take scripts of 1 MB
const MAX_VALUES = 50_000 // of an answer: each costs more memory here than octets on the wire
const LITERAL = /\{(\d{1,10})\+?\}$/

/** Cuts what a server says into lines, with their literals (RFC 5804 section 4). Holds no more than one answer may have. */
export class ResponseReader {
  readonly #lines = new LineSplitter(MAX_LINE_OCTETS)
  #parts: LinePart[] = []
  #literal: { left: number; readonly chunks: Buffer[] } | undefined
  #textOctets = 0
  #hasOctets = false
  #answerOctets = 0
  #answerValues = 0

  /** Whether nothing of a line is held. */
  get isBetweenLines(): boolean {
    return !this.#hasOctets
  }

  /** Begins to count for the next answer. */
  begin(): void {
    this.#answerOctets = 0
    this.#answerValues = 0
  }

  /** @throws {SieveSyntaxError} when the answer is too long */
  push(chunk: Buffer): void {
    if (chunk.length === 0) return
    this.#answerOctets += chunk.length
    if (this.#answerOctets > MAX_ANSWER_OCTETS) throw tooLong()
    this.#hasOctets = true
    this.#lines.push(chunk)
  }

  /**
   * Takes out the next whole line; undefined when more octets are needed.
   *
   * @throws {SieveSyntaxError}
   */
  next(): SieveLine | undefined {
    while (!this.#literal || this.#fillLiteral(this.#literal)) {
      const line = this.#lines.next()
      if (!line) return undefined
      if (line.kind === 'too-long') throw tooLong()
      if (!this.#takeText(line.octets)) return this.#finish()
    }
    return undefined
  }

  /** Whether a literal follows. */
  #takeText(octets: Buffer): boolean {
    this.#textOctets += octets.length
    if (this.#textOctets > MAX_LINE_OCTETS) throw tooLong() // between literals there may be any number of values
    const found = LITERAL.exec(octets.toString('latin1'))
    this.#parts.push({ kind: 'text', octets: found ? octets.subarray(0, found.index) : octets })
    if (!found) return false
    const length = Number(found[1])
    const values = this.#answerValues + this.#parts.length
    if (length > MAX_ANSWER_OCTETS || values > MAX_VALUES) throw tooLong()
    this.#literal = { left: length, chunks: [] }
    return true
  }

  #fillLiteral(literal: { left: number; readonly chunks: Buffer[] }): boolean {
    const held = this.#lines.drain()
    const taken = held.subarray(0, literal.left)
    literal.chunks.push(taken)
    literal.left -= taken.length
    if (taken.length < held.length) this.#lines.push(held.subarray(taken.length))
    if (literal.left > 0) return false
    this.#parts.push({ kind: 'literal', octets: Buffer.concat(literal.chunks) })
    this.#literal = undefined
    return true
  }

  #finish(): SieveLine {
    const line = parseLine(this.#parts)
    this.#parts = []
    this.#textOctets = 0
    const rest = this.#lines.drain()
    this.#hasOctets = rest.length > 0
    if (rest.length > 0) this.#lines.push(rest)
    this.#answerValues += line.count + 1 // a line without any is an object too
    if (this.#answerValues > MAX_VALUES) throw tooLong()
    return line
  }
}

function tooLong(): SieveSyntaxError {
  return new SieveSyntaxError('an answer is too long')
}

import { tooLarge } from './too-large.ts'

const LF = 0x0a
const CR = 0x0d
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const PLUS = 0x2b
const DIGIT_0 = 0x30
const SMALL_OCTETS = 4096
const PART_OCTETS = 256 // what a part costs beside its octets: a hostile response may be all literals of nothing
const MAX_LITERAL_DIGITS = 15 // below 2^53

/** A piece of a response: text up to a line end, or a literal. A literal that was streamed away has no chunks. */
export type ResponsePart =
  | { readonly kind: 'text'; readonly octets: Buffer }
  | { readonly kind: 'literal'; readonly length: number; readonly chunks: readonly Buffer[] | undefined }

/** Takes the octets of a literal as they come. */
export interface LiteralSink {
  write(chunk: Buffer): void
}

/** Options of a {@link ResponseReader}. */
export interface ResponseReaderOptions {
  /** What may be held for one response: its text and the literals that are not streamed. */
  readonly maxHeldOctets: number
  /** Offers a literal of `length` octets that follows the text; a sink takes it, undefined has it held. */
  readonly openLiteral: (text: Buffer, length: number) => LiteralSink | undefined
  readonly onResponse: (parts: readonly ResponsePart[]) => void
}

/** Cuts what a server sends into responses. Literals pass through as chunks and are never concatenated. */
export class ResponseReader {
  readonly #options: ResponseReaderOptions
  #parts: ResponsePart[] = []
  #line: Buffer[] = []
  #heldOctets = 0
  #literal: { sink: LiteralSink | undefined; chunks: Buffer[]; missing: number; readonly length: number } | undefined

  constructor(options: ResponseReaderOptions) {
    this.#options = options
  }

  /** Whether nothing of a response is held. */
  get isBetweenResponses(): boolean {
    return this.#parts.length === 0 && this.#line.length === 0
  }

  /**
   * Takes the next octets.
   *
   * @throws {PosternError} FORMATS_IMAP_TOO_LARGE
   */
  push(chunk: Buffer): void {
    let at = 0
    while (at < chunk.length) {
      at = this.#literal ? this.#readLiteral(chunk, at) : this.#readLine(chunk, at)
    }
  }

  #readLiteral(chunk: Buffer, at: number): number {
    const literal = this.#literal
    if (!literal) return at
    const end = Math.min(chunk.length, at + literal.missing)
    const octets = at === 0 && end === chunk.length ? chunk : chunk.subarray(at, end)
    literal.missing -= octets.length
    if (literal.sink) literal.sink.write(octets)
    else keepChunk(literal.chunks, octets)
    if (literal.missing === 0) this.#endLiteral()
    return end
  }

  #readLine(chunk: Buffer, at: number): number {
    const lf = chunk.indexOf(LF, at)
    const end = lf === -1 ? chunk.length : lf + 1
    this.#hold(end - at)
    if (lf !== -1 && this.#line.length === 0) {
      this.#endLine(chunk, at, end)
      return end
    }
    keepChunk(this.#line, chunk.subarray(at, end))
    if (lf === -1) return end
    const line = Buffer.concat(this.#line)
    this.#line = []
    this.#endLine(line, 0, line.length)
    return end
  }

  /** Takes a line, its line end included. */
  #endLine(octets: Buffer, start: number, afterLf: number): void {
    const end = afterLf - start >= 2 && octets[afterLf - 2] === CR ? afterLf - 2 : afterLf - 1
    const literal = literalAtEnd(octets, start, end)
    const text = octets.subarray(start, literal ? literal.start : end)
    this.#parts.push({ kind: 'text', octets: text })
    if (literal) this.#openLiteral(text, literal.length)
    else this.#endResponse()
  }

  #openLiteral(text: Buffer, length: number): void {
    this.#hold(PART_OCTETS)
    const sink = this.#options.openLiteral(text, length)
    if (!sink) this.#hold(length)
    this.#literal = { sink, chunks: [], missing: length, length }
    if (length === 0) this.#endLiteral()
  }

  #endLiteral(): void {
    const literal = this.#literal
    if (!literal) return
    const chunks = literal.sink ? undefined : literal.chunks
    this.#parts.push({ kind: 'literal', length: literal.length, chunks })
    this.#literal = undefined
  }

  #endResponse(): void {
    const parts = this.#parts
    this.#parts = []
    this.#heldOctets = 0
    this.#options.onResponse(parts)
  }

  #hold(octets: number): void {
    this.#heldOctets += octets
    if (this.#heldOctets <= this.#options.maxHeldOctets) return
    throw tooLarge(`a response of more than ${this.#options.maxHeldOctets} octets`)
  }
}

// A chunk costs some hundred octets beside its own: those of a server that sends octet by octet are put together, in pairs
// of the same size, so that each octet is copied a few times only.
function keepChunk(chunks: Buffer[], chunk: Buffer): void {
  let last = chunk
  for (;;) {
    const previous = chunks.at(-1)
    if (!previous || last.length >= SMALL_OCTETS || previous.length > last.length) break
    chunks.pop()
    last = Buffer.concat([previous, last])
  }
  chunks.push(last)
}

/** Finds `{n}`, `{n+}` or `~{n}` at the end of a line. */
function literalAtEnd(
  line: Buffer,
  start: number,
  end: number,
): { readonly start: number; readonly length: number } | undefined {
  let at = end - 1
  if (at < start + 2 || line[at] !== CLOSE_BRACE) return undefined
  at--
  if (line[at] === PLUS) at--
  let length = 0
  let digits = 0
  for (let factor = 1; digits <= MAX_LITERAL_DIGITS; at--, digits++, factor *= 10) {
    const digit = (line[at] ?? 0) - DIGIT_0
    if (digit < 0 || digit > 9) break
    length += digit * factor
  }
  if (digits === 0 || digits > MAX_LITERAL_DIGITS || line[at] !== OPEN_BRACE) return undefined
  return { start: at, length }
}

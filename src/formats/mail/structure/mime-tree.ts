import { type Boundary, LINE_HEAD_OCTETS, mayBeDelimiter } from './boundary.ts'
import { isBlankLine } from './header-fields.ts'
import { OctetCollector } from './octet-collector.ts'
import { OpenPart, type PartRole } from './open-part.ts'
import type { MessageStructure, MimePart } from './part.ts'

const MAX_DEPTH = 50 // parts in parts; what is deeper is a file
const MAX_PARTS = 1000 // what follows is one file
const MAX_HEADER_OCTETS = 262_144 // of one part; fields behind it are not read
const MAX_TREE_UNITS = 4_194_304 // of JSON: a hostile tree must not fill the memory; what follows is one file
const LF = 0x0a
const CR = 0x0d

interface Delimiter {
  /** Index of its multipart among the open parts. */
  readonly level: number
  readonly isClose: boolean
}

/** Reads the structure of a message that comes in chunks. */
export function parseMimeTree(chunks: Iterable<Buffer>): MessageStructure {
  const parser = new MimeTreeParser()
  for (const chunk of chunks) parser.push(chunk)
  return parser.end()
}

/**
 * Finds the parts of a message (RFC 2045, RFC 2046) in one pass, whatever the chunks are; holds the header of one part and
 * the tree, never a body. A header ends with a blank line, a boundary, or the message. Nothing is an error: a multipart
 * without a boundary is a text (RFC 2045 section 5.2), one without an end goes as far as what is around it.
 */
export class MimeTreeParser {
  readonly #root: OpenPart
  /** From the message to the innermost part. */
  readonly #open: OpenPart[] = []
  #header: OctetCollector | undefined
  #treeUnits = 0
  #partCount = 0
  #isSealed = false
  /** Of the octets seen: how many, and how many line ends. */
  #at = 0
  #lines = 0
  /** The line that is being read: where it began, its head if it came in pieces, its last octet. */
  #lineStart = 0
  readonly #head = Buffer.alloc(LINE_HEAD_OCTETS)
  #headLength = 0
  #lastOctet = -1
  #previousEol = 0

  constructor() {
    this.#root = this.#openPart(0, { isMessage: true, isInDigest: false })
  }

  push(chunk: Buffer): void {
    let start = 0
    while (start < chunk.length) {
      const lf = chunk.indexOf(LF, start)
      const end = lf === -1 ? chunk.length : lf + 1
      this.#piece(chunk, start, end, lf !== -1)
      start = end
    }
  }

  /** Ends the message; nothing can be pushed after that. */
  end(): MessageStructure {
    if (this.#at > this.#lineStart) this.#line(this.#head, 0, this.#headLength, 0)
    while (this.#header) this.#endHeader(this.#at)
    this.#previousEol = 0
    this.#closeDownTo(1, this.#at)
    return this.#root.asMessage(this.#closed(this.#root, this.#at))
  }

  #piece(chunk: Buffer, start: number, end: number, isLineEnd: boolean): void {
    const isWhole = isLineEnd && this.#at === this.#lineStart
    const beforeLast = end - start > 1 ? chunk[end - 2] : this.#lastOctet
    this.#header?.append(chunk, start, end)
    this.#lastOctet = chunk[end - 1] ?? -1
    this.#at += end - start
    if (!isWhole) this.#headLength += chunk.copy(this.#head, this.#headLength, start, end)
    if (!isLineEnd) return
    const eol = beforeLast === CR ? 2 : 1
    if (isWhole) this.#line(chunk, start, end, eol)
    else this.#line(this.#head, 0, this.#headLength, eol)
    this.#lineStart = this.#at
    this.#lastOctet = -1
    this.#headLength = 0
  }

  /** Looks at a line, or at the head of a long one; `eol` is the length of its line end. */
  #line(octets: Buffer, start: number, end: number, eol: number): void {
    const delimiter = this.#isSealed || !mayBeDelimiter(octets, start) ? undefined : this.#delimiter(octets, start, end)
    if (delimiter) this.#delimit(delimiter, eol)
    else if (eol > 0) this.#lines++
    if (!delimiter && this.#header && eol > 0 && isBlankLine(octets, start)) this.#endHeader(this.#at)
    this.#previousEol = eol
  }

  #delimiter(octets: Buffer, start: number, end: number): Delimiter | undefined {
    const line = octets.subarray(start, lineEnd(octets, start, Math.min(end, start + LINE_HEAD_OCTETS)))
    let [longest, level]: [Boundary | undefined, number] = [undefined, -1]
    for (let index = this.#open.length - 1; index >= 0; index--) {
      const boundary = this.#open[index]?.boundary
      const match = boundary?.match(line) ?? 'none'
      if (!boundary || match === 'none') continue
      if (match === 'exact') return { level: index, isClose: boundary.isClose(line) }
      if (boundary.octets > (longest?.octets ?? 0)) [longest, level] = [boundary, index]
    }
    return longest ? { level, isClose: longest.isClose(line) } : undefined
  }

  #delimit({ level, isClose }: Delimiter, eol: number): void {
    while (this.#header) this.#endHeader(this.#lineStart)
    this.#closeDownTo(level + 1, this.#lineStart)
    if (eol > 0) this.#lines++
    const multipart = this.#open[level]
    if (!multipart) return
    if (isClose) multipart.boundary = undefined
    else this.#openPart(this.#at, { isMessage: false, isInDigest: multipart.isDigest })
  }

  #openPart(start: number, role: PartRole): OpenPart {
    const part = new OpenPart(start, role)
    this.#open.push(part)
    this.#isSealed = ++this.#partCount > MAX_PARTS || this.#treeUnits > MAX_TREE_UNITS
    if (this.#isSealed) part.becomeOpaque(start, this.#lines)
    else this.#header = new OctetCollector(MAX_HEADER_OCTETS)
    return part
  }

  #endHeader(end: number): void {
    const [part, collector] = [this.#open.at(-1), this.#header]
    if (!part || !collector) return
    this.#header = undefined
    const mayNest = !collector.isFull && this.#open.length < MAX_DEPTH && this.#partCount < MAX_PARTS
    part.endHeader(collector.head(end - part.start), { bodyStart: end, lines: this.#lines, mayNest })
    this.#treeUnits += part.treeUnits
    if (part.kind === 'message') this.#openPart(end, { isMessage: true, isInDigest: false })
  }

  /** Closes the parts from the innermost one to that at `level`; the last line end belongs to the delimiter. */
  #closeDownTo(level: number, lineStart: number): void {
    while (this.#open.length > level) {
      const part = this.#open.pop()
      if (part) this.#open.at(-1)?.add(part, this.#closed(part, lineStart))
    }
  }

  #closed(part: OpenPart, lineStart: number): MimePart {
    const end = Math.max(part.minimumEnd, lineStart - this.#previousEol)
    return part.close(end, end < lineStart ? this.#lines - 1 : this.#lines)
  }
}

function lineEnd(octets: Buffer, start: number, end: number): number {
  let last = end
  if (last > start && octets[last - 1] === LF) last--
  if (last > start && octets[last - 1] === CR) last--
  return last
}

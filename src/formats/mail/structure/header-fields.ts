import type { OctetRange, OctetString } from './part.ts'

const TAB = 0x09
const LF = 0x0a
const CR = 0x0d
const SPACE = 0x20
const NAME = /^([\x21-\x39\x3b-\x7e]+)[ \t]*:/ // RFC 5322 section 3.6.8; blanks before the colon are obsolete syntax
const MAX_NAME_OCTETS = 998 // RFC 5322 section 2.1.1

/** A field of a header: where it stands, with its folded lines and the last line end. */
export interface HeaderField extends OctetRange {
  /** In lower case; empty when the line is no field. */
  readonly name: string
}

/** Cuts a header into its fields, up to the blank line (RFC 5322 section 2.2); lines may end with LF alone. */
export function* headerFields(header: Buffer): Generator<HeaderField> {
  let start = 0
  while (start < header.length && !isBlankLine(header, start)) {
    const end = fieldEnd(header, start)
    yield { name: nameOf(header, start, end), start, end }
    start = end
  }
}

/** Tells whether an empty line begins at an offset. */
export function isBlankLine(octets: Buffer, at: number): boolean {
  return octets[at] === LF || (octets[at] === CR && octets[at + 1] === LF)
}

/** Reads what a field says: unfolded (RFC 5322 section 2.2.3), without blanks around it. */
export function fieldValue(header: Buffer, field: HeaderField): OctetString {
  const text = header.toString('latin1', field.start, field.end)
  return trimmed(text.slice(text.indexOf(':') + 1).replace(/\r?\n/g, ''))
}

/** Takes blanks, tabs and line ends off both ends; what else JavaScript takes for white space may be octets of a text. */
export function trimmed(text: OctetString): OctetString {
  let [start, end] = [0, text.length]
  while (start < end && isBlank(text.charCodeAt(start))) start++
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--
  return text.slice(start, end)
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB || code === CR || code === LF
}

/** Collects what the wanted fields say, in their order; names are in lower case. */
export function collectFields(header: Buffer, wanted: ReadonlySet<string>): Map<string, OctetString[]> {
  const found = new Map<string, OctetString[]>()
  for (const field of headerFields(header)) {
    if (!wanted.has(field.name)) continue
    const values = found.get(field.name)
    if (values) values.push(fieldValue(header, field))
    else found.set(field.name, [fieldValue(header, field)])
  }
  return found
}

/** Finds the end of the field that begins at an offset: after its folded lines. */
export function fieldEnd(header: Buffer, start: number): number {
  let end = lineEnd(header, start)
  while (header[end] === SPACE || header[end] === TAB) end = lineEnd(header, end)
  return end
}

function lineEnd(header: Buffer, start: number): number {
  const lf = header.indexOf(LF, start)
  return lf === -1 ? header.length : lf + 1
}

function nameOf(header: Buffer, start: number, end: number): string {
  const head = header.toString('latin1', start, Math.min(end, start + MAX_NAME_OCTETS))
  return NAME.exec(head)?.[1]?.toLowerCase() ?? ''
}

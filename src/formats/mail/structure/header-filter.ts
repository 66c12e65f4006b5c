import { fieldEnd, isBlankLine } from './header-fields.ts'

const COLON = 0x3a
const UPPER_A = 0x41
const UPPER_Z = 0x5a
const TO_LOWER = 0x20
const SPACE = 0x20
const TAB = 0x09
const NAME = /^[\x21-\x39\x3b-\x7e]+$/ // no field has another one

/** Which fields of a header are wanted: those with the names, or all others. */
export interface HeaderFilter {
  readonly kind: 'HEADER.FIELDS' | 'HEADER.FIELDS.NOT'
  /** In any case. */
  readonly names: readonly string[]
}

/** Takes fields out of a header, octets and order untouched; the blank line, if there is one, stays (RFC 9051 section 6.4.5.1). */
export function filterHeader(header: Buffer, filter: HeaderFilter): Buffer {
  return headerFilter(filter)(header)
}

/** Makes a filter for many headers: names are compared where they stand, since texts of them all would cost most of the time. */
export function headerFilter({ kind, names }: HeaderFilter): (header: Buffer) => Buffer {
  const named = names.filter(name => NAME.test(name)).map(name => Buffer.from(name.toLowerCase(), 'latin1'))
  const isNamedWanted = kind === 'HEADER.FIELDS'
  return header => {
    const pieces: Buffer[] = []
    let pieceStart = 0 // of a stretch of wanted fields
    let start = 0
    while (start < header.length && !isBlankLine(header, start)) {
      const end = fieldEnd(header, start)
      if (named.some(name => hasName(header, start, name)) !== isNamedWanted) {
        if (pieceStart < start) pieces.push(header.subarray(pieceStart, start))
        pieceStart = end
      }
      start = end
    }
    const last = header.subarray(pieceStart)
    return pieces.length === 0 ? last : Buffer.concat([...pieces, last])
  }
}

/** Tells whether a field has a name, which is in lower case; blanks before the colon are obsolete syntax (RFC 5322 section 4.5). */
function hasName(header: Buffer, start: number, name: Buffer): boolean {
  for (let index = 0; index < name.length; index++) {
    const octet = header[start + index] ?? 0
    const lower = octet >= UPPER_A && octet <= UPPER_Z ? octet + TO_LOWER : octet
    if (lower !== name[index]) return false
  }
  let at = start + name.length
  while (header[at] === SPACE || header[at] === TAB) at++
  return header[at] === COLON
}

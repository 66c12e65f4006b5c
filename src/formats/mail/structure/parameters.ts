import type { FieldReader } from './field-reader.ts'
import { trimmed } from './header-fields.ts'
import type { OctetString, Parameter } from './part.ts'

const NAME = /[^=;\s("]+/y
const VALUE = /[^;("=]+|=|"/y
const NAME_VALUE = /[^;"=]+|=|"/y
const WORD = /^[^ \t]*/
const REST = /[^;"(]+/y
const CONTINUATION = /^([^*]+)\*(\d{1,3})(\*?)$/ // RFC 2231 section 3
const NO_ATTRIBUTE_CHARACTER = /[^!#$&+\-.0-9A-Z^_`a-z{|}~]/g // RFC 2231 section 7

interface Segment {
  readonly value: OctetString
  readonly isExtended: boolean
}

/**
 * Reads the parameters of a field (RFC 2045 section 5.1) and joins continuations, as RFC 2231 section 6 wants it of IMAP
 * servers; a value with a charset keeps it and its percent signs, under a name with an asterisk. Encoded words
 * (RFC 2047) stay as they are.
 */
export function readParameters(reader: FieldReader): Parameter[] {
  const parameters: Parameter[] = []
  while (reader.next !== '') {
    reader.blanksAndComments()
    const name = reader.take(NAME).toLowerCase()
    reader.blanksAndComments()
    if (name === '') reader.skip()
    else if (reader.next === '=') {
      reader.skip()
      parameters.push([name, readValue(reader, name)])
    }
  }
  return joinContinuations(parameters)
}

function readValue(reader: FieldReader, name: string): OctetString {
  reader.blanksAndComments()
  if (reader.next !== '"') return unquoted(reader, name)
  const value = reader.quotedString()
  skipToSemicolon(reader)
  return value.replace(/[\r\n]/g, '')
}

// Some programs write names of files without quotes, blanks and parentheses included.
function unquoted(reader: FieldReader, name: string): OctetString {
  const isName = /^(file)?name\b/.test(name)
  let text = ''
  for (;;) {
    const piece = reader.encodedWord() || reader.take(isName ? NAME_VALUE : VALUE)
    if (piece === '') break
    text += piece
  }
  skipToSemicolon(reader)
  return isName ? trimmed(text) : (WORD.exec(text)?.[0] ?? '')
}

function skipToSemicolon(reader: FieldReader): void {
  while (reader.next !== '' && reader.next !== ';') {
    if (reader.next === '(') reader.comment()
    else if (reader.next === '"') reader.quotedString()
    else reader.take(REST)
  }
}

function joinContinuations(parameters: readonly Parameter[]): Parameter[] {
  const segments = segmentsOf(parameters)
  if (segments.size === 0) return [...parameters]
  const joined: Parameter[] = []
  const done = new Set<string>()
  for (const [name, value] of parameters) {
    const base = CONTINUATION.exec(name)?.[1]
    const own = base === undefined ? undefined : segments.get(base)
    if (base === undefined || !own?.has(0)) joined.push([name, value])
    else if (!done.has(base)) joined.push(join(base, own))
    if (base !== undefined) done.add(base)
  }
  return joined
}

function segmentsOf(parameters: readonly Parameter[]): Map<string, Map<number, Segment>> {
  const segments = new Map<string, Map<number, Segment>>()
  for (const [name, value] of parameters) {
    const [, base, number, asterisk] = CONTINUATION.exec(name) ?? []
    if (base === undefined) continue
    const own = segments.get(base) ?? new Map<number, Segment>()
    segments.set(base, own)
    if (!own.has(Number(number))) own.set(Number(number), { value, isExtended: asterisk === '*' })
  }
  return segments
}

function join(base: string, segments: ReadonlyMap<number, Segment>): Parameter {
  const inOrder: Segment[] = []
  for (let number = 0; ; number++) {
    const segment = segments.get(number)
    if (!segment) break
    inOrder.push(segment)
  }
  if (!inOrder.some(segment => segment.isExtended)) return [base, inOrder.map(segment => segment.value).join('')]
  const text = inOrder.map(({ value, isExtended }) => (isExtended ? value : percentEncoded(value))).join('')
  return [`${base}*`, inOrder[0]?.isExtended ? text : `''${text}`]
}

function percentEncoded(text: OctetString): OctetString {
  return text.replace(
    NO_ATTRIBUTE_CHARACTER,
    character => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  )
}

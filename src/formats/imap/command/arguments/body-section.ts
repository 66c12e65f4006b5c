import { astringText } from '../../response-encoder.ts'
import type { CommandReader } from '../command-reader.ts'

const SECTION_TEXTS = ['HEADER', 'HEADER.FIELDS', 'HEADER.FIELDS.NOT', 'TEXT', 'MIME'] as const
const PART = /[1-9]\d{0,9}(?:\.[1-9]\d{0,9})*/y
const SECTION_TEXT = /[A-Z.]+/iy
const FIELD_NAME = /^[\x21-\x39\x3b-\x7e]+$/ // RFC 5322 section 2.2
const MAX_PART_DEPTH = 100

/** A section of a message (RFC 9051 section 6.4.5.1): `[1.2.HEADER.FIELDS (DATE)]`. */
export interface BodySection {
  /** Empty for the message itself. */
  readonly part: readonly number[]
  /** MIME only with a part; undefined for all of the part. */
  readonly text: (typeof SECTION_TEXTS)[number] | undefined
  /** The names of HEADER.FIELDS and HEADER.FIELDS.NOT, as the client spells them. */
  readonly fields: readonly string[]
}

/** A range of octets: `<0.2048>`. */
export interface BodyRange {
  readonly origin: number
  /** At least 1. */
  readonly octets: number
}

/** Reads a section with its brackets. */
export function readSection(reader: CommandReader): BodySection {
  reader.expect('[')
  const part = readPartNumbers(reader)
  const hasText = part.length === 0 ? reader.next !== ']' : reader.skip('.')
  const text = hasText ? readSectionText(reader) : undefined
  if (text === 'MIME' && part.length === 0) reader.fail('MIME needs a part')
  const fields = text?.startsWith('HEADER.FIELDS') ? readFieldNames(reader) : []
  reader.expect(']')
  return { part, text, fields }
}

/** Reads a section of BINARY with its brackets, which has a part only. */
export function readPart(reader: CommandReader): readonly number[] {
  reader.expect('[')
  const part = readPartNumbers(reader)
  reader.expect(']')
  return part
}

/** Reads a range, if there is one. */
export function readBodyRange(reader: CommandReader): BodyRange | undefined {
  if (!reader.skip('<')) return undefined
  const origin = reader.number64()
  reader.expect('.')
  const octets = reader.number64(1)
  reader.expect('>')
  return { origin, octets }
}

function readPartNumbers(reader: CommandReader): readonly number[] {
  const part = (reader.match(PART) ?? '').split('.').filter(digits => digits !== '')
  return part.length <= MAX_PART_DEPTH ? part.map(Number) : reader.fail('a part is nested too deeply')
}

function readSectionText(reader: CommandReader): (typeof SECTION_TEXTS)[number] {
  const word = reader.match(SECTION_TEXT)?.toUpperCase()
  return SECTION_TEXTS.find(text => text === word) ?? reader.fail('unknown section')
}

function readFieldNames(reader: CommandReader): readonly string[] {
  reader.space()
  return reader.list(() => readFieldName(reader))
}

/** Reads the name of a header field. */
export function readFieldName(reader: CommandReader): string {
  const name = reader.astring().toString('latin1')
  return FIELD_NAME.test(name) ? name : reader.fail('a header field name is malformed')
}

/** Writes what an answer calls a section of BODY or BINARY: `BODY[1.HEADER.FIELDS (DATE)]<0>`. */
export function sectionName(name: string, section: BodySection, range: BodyRange | undefined): string {
  const { part, text, fields } = section
  const spec = [...part.map(String), ...(text ? [text] : [])].join('.')
  const names = fields.length > 0 ? ` (${fields.map(astringText).join(' ')})` : ''
  return `${name}[${spec}${names}]${range ? `<${range.origin}>` : ''}`
}

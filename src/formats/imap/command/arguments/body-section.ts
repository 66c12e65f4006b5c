import { astringText } from '../../response-encoder.ts'
import type { CommandReader } from '../command-reader.ts'

const PLAIN_TEXTS = ['HEADER', 'TEXT', 'MIME'] as const
const FIELD_TEXTS = ['HEADER.FIELDS', 'HEADER.FIELDS.NOT'] as const
const PART = /[1-9]\d{0,9}(?:\.[1-9]\d{0,9})*/y
const SECTION_TEXT = /[A-Z.]+/iy
const FIELD_NAME = /^[\x21-\x39\x3b-\x7e]+$/ // RFC 5322 section 2.2
const MAX_PART_DEPTH = 100

/** A section of a message (RFC 9051 section 6.4.5.1): `[1.2.HEADER.FIELDS (DATE)]`. */
export interface BodySection {
  /** Part numbers from 1; empty for the message itself. */
  readonly path: readonly number[]
  /** Absent for all of the part; MIME only with a part. */
  readonly text?: BodySectionText
}

/** What of a part is wanted when it is not its content; names as the client spells them. */
export type BodySectionText =
  | { readonly kind: (typeof PLAIN_TEXTS)[number] }
  | { readonly kind: (typeof FIELD_TEXTS)[number]; readonly names: readonly string[] }

/** A range of octets: `<0.2048>`. */
export interface BodyRange {
  readonly origin: number
  /** At least 1. */
  readonly octets: number
}

/** Reads a section with its brackets. */
export function readSection(reader: CommandReader): BodySection {
  reader.expect('[')
  const path = readPartNumbers(reader)
  const hasText = path.length === 0 ? reader.next !== ']' : reader.skip('.')
  const section = hasText ? { path, text: readSectionText(reader) } : { path }
  if (section.text?.kind === 'MIME' && path.length === 0) reader.fail('MIME needs a part')
  reader.expect(']')
  return section
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

function readSectionText(reader: CommandReader): BodySectionText {
  const word = reader.match(SECTION_TEXT)?.toUpperCase()
  const plain = PLAIN_TEXTS.find(text => text === word)
  if (plain) return { kind: plain }
  const kind = FIELD_TEXTS.find(text => text === word) ?? reader.fail('unknown section')
  reader.space()
  return { kind, names: reader.list(() => readFieldName(reader)) }
}

/** Reads the name of a header field. */
export function readFieldName(reader: CommandReader): string {
  const name = reader.astring().toString('latin1')
  return FIELD_NAME.test(name) ? name : reader.fail('a header field name is malformed')
}

/** Writes what an answer calls a section of BODY or BINARY: `BODY[1.HEADER.FIELDS (DATE)]<0>`. */
export function sectionName(name: string, { path, text }: BodySection, range?: BodyRange): string {
  const spec = [...path.map(String), ...(text ? [text.kind] : [])].join('.')
  const names = text && 'names' in text ? ` (${text.names.map(astringText).join(' ')})` : ''
  return `${name}[${spec}${names}]${range ? `<${range.origin}>` : ''}`
}

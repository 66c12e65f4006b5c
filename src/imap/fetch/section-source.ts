import { type BodyRange, type BodySectionText, sectionName } from '../../formats/imap/command/arguments/body-section.ts'
import type { FetchItem } from '../../formats/imap/command/arguments/fetch.ts'
import { filterHeader } from '../../formats/mail/structure/header-filter.ts'
import type { MessageStructure } from '../../formats/mail/structure/part.ts'
import { findPart } from '../../formats/mail/structure/section.ts'
import { findTransferEncoding, type TransferEncoding } from '../../formats/mail/structure/transfer-decoder.ts'
import { ImapRefusal, type OctetSpan } from '../backend.ts'
import type { MessageOctets } from './message-octets.ts'
import { decodedOctets, nulFree, type OctetStream, spanOf } from './octet-stream.ts'

/** A data item that is told with octets of the message, or, for `binary-size`, by reading them. */
export type OctetItem = Extract<FetchItem, { readonly kind: 'body' | 'binary' | 'binary-size' }>

/** Octets that a section is answered with. */
export interface SectionSource {
  /** How many there are; undefined where only reading them tells. */
  readonly octets: number | undefined
  /** Reads them, from the first one on, each time anew. */
  readonly open: () => OctetStream
}

type FieldsText = Extract<BodySectionText, { readonly names: readonly string[] }>

const EVERYTHING: OctetSpan = { start: 0, end: Infinity }

/**
 * Finds what a data item is answered with; undefined when the message has no such section.
 *
 * @throws {ImapRefusal} UNKNOWN-CTE, and as the backend does
 */
export async function findSectionSource(message: MessageOctets, item: OctetItem): Promise<SectionSource | undefined> {
  if (item.kind === 'body') return findBody(message, item)
  const encoding = partEncoding(message.structure, item.path)
  const span = await message.find({ path: item.path })
  if (!span) return undefined
  const range = item.kind === 'binary' ? item.range : undefined
  if (encoding === 'identity') return storedOctets(message, span, range)
  return {
    octets: undefined,
    open: () => spanOf(decodedOctets(message.read(span), encoding), rangeSpan(range)),
  }
}

/**
 * Finds the encoding that BINARY takes off a part. What has parts has none (RFC 2045 section 6.4), and neither has a message.
 *
 * @throws {ImapRefusal} UNKNOWN-CTE (RFC 3516 section 4.3)
 */
export function partEncoding(structure: MessageStructure | undefined, path: readonly number[]): TransferEncoding {
  const part = structure && path.length > 0 ? findPart(structure, path) : undefined
  if (part?.kind !== 'leaf') return 'identity'
  const encoding = findTransferEncoding(part.encoding)
  if (!encoding) throw new ImapRefusal('UNKNOWN-CTE', 'The encoding of a part is not known.')
  return encoding
}

/** Writes what an answer calls a data item. */
export function octetItemName(item: OctetItem): string {
  if (item.kind === 'body') return item.name ?? sectionName('BODY', item.section, item.range)
  return sectionName(
    item.kind === 'binary' ? 'BINARY' : 'BINARY.SIZE',
    { path: item.path },
    item.kind === 'binary' ? item.range : undefined,
  )
}

async function findBody(
  message: MessageOctets,
  { section, range }: Extract<OctetItem, { readonly kind: 'body' }>,
): Promise<SectionSource | undefined> {
  const span = await message.find(section)
  if (!span) return undefined
  const { text } = section
  const { octets, open } =
    text && 'names' in text ? fieldOctets(message, span, text, range) : storedOctets(message, span, range)
  return { octets, open: () => nulFree(open()) }
}

function storedOctets(message: MessageOctets, { start, end }: OctetSpan, range: BodyRange | undefined): SectionSource {
  const wanted = rangeSpan(range)
  const span = { start: Math.min(end, start + wanted.start), end: Math.min(end, start + wanted.end) }
  return { octets: span.end - span.start, open: () => message.read(span) }
}

// Not kept: a client may ask for the fields of a large header in many ways at once.
function fieldOctets(
  message: MessageOctets,
  span: OctetSpan,
  text: FieldsText,
  range: BodyRange | undefined,
): SectionSource {
  async function* fields() {
    yield filterHeader(await message.header(span), text)
  }
  return { octets: undefined, open: () => spanOf(fields(), rangeSpan(range)) }
}

/** What a range stands for. */
export function rangeSpan(range: BodyRange | undefined): OctetSpan {
  return range ? { start: range.origin, end: range.origin + range.octets } : EVERYTHING
}

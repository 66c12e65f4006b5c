import type { BodyRange, BodySection } from '../../formats/imap/command/arguments/body-section.ts'
import { sectionName } from '../../formats/imap/command/arguments/body-section.ts'
import type { FetchItem } from '../../formats/imap/command/arguments/fetch.ts'
import { literalHead } from '../../formats/imap/response-encoder.ts'
import { withoutNuls } from '../../formats/imap/server-string.ts'
import { filterHeader } from '../../formats/mail/structure/header-filter.ts'
import type { MessageStructure, OctetRange } from '../../formats/mail/structure/part.ts'
import { findPart, findSection } from '../../formats/mail/structure/section.ts'
import { findTransferEncoding } from '../../formats/mail/structure/transfer-decoder.ts'
import { type ImapAccount, ImapRefusal, type OctetSpan } from '../backend.ts'
import type { Wire } from '../wire.ts'

const MAX_HELD_HEADER_OCTETS = 8_388_608

/** A message whose octets are asked for. */
export interface MessageSource {
  readonly account: ImapAccount
  readonly mailbox: number
  readonly uid: number
  /** Of the whole message, in octets. */
  readonly size: number
  /** Undefined where no item needs it. */
  readonly structure: MessageStructure | undefined
}

/** An item of a FETCH response: its text, and the octets that follow as a literal. */
export interface FetchedItem {
  readonly text: string
  readonly octets: AsyncIterable<Wire> | undefined
}

type BodyItem = FetchItem & { readonly kind: 'body' | 'binary' | 'binary-size' }

/** Makes the answer to an item of octets; its first octets are read already, so that a failure comes before any is told. */
export async function octetItem(source: MessageSource, item: BodyItem): Promise<FetchedItem> {
  if (item.kind === 'body') return bodyItem(source, item)
  const section: BodySection = { path: item.path }
  const span = binarySpan(source, section)
  if (item.kind === 'binary-size') {
    return {
      text: `${sectionName('BINARY.SIZE', section)} ${span ? await sizeOf(source, span) : 0}`,
      octets: undefined,
    }
  }
  const name = sectionName('BINARY', section, item.range)
  if (!span) return { text: `${name} NIL`, octets: undefined }
  const wanted = cut({ start: 0, end: await sizeOf(source, span) }, item.range)
  const octets = await opened(slice(source.account.octets(source.mailbox, source.uid, span), wanted), wanted)
  return { text: `${name} ${literalHead(wanted.end - wanted.start, true)}`, octets }
}

async function bodyItem(source: MessageSource, { section, range, name }: FetchItem & { kind: 'body' }) {
  const title = name ?? sectionName('BODY', section, range)
  const found = section.path.length === 0 && !section.text ? { start: 0, end: source.size } : place(source, section)
  if (!found) return { text: `${title} NIL`, octets: undefined }
  const { account, mailbox, uid } = source
  if (section.text && 'names' in section.text) {
    const header = filterHeader(await held(source, found), section.text)
    const { start, end } = cut({ start: 0, end: header.length }, range)
    return { text: `${title} ${literalHead(end - start)}`, octets: once(withoutNuls(header.subarray(start, end))) }
  }
  const span = cut(found, range)
  const chunks = span.end > span.start ? account.octets(mailbox, uid, span) : nothing()
  const octets = await opened(cleaned(chunks), span)
  return { text: `${title} ${literalHead(span.end - span.start)}`, octets }
}

function place({ structure }: MessageSource, section: BodySection): OctetRange | undefined {
  return structure && findSection(structure, section)
}

// A part without encoding is itself; a multipart and a message have none.
function binarySpan({ structure, size }: MessageSource, section: BodySection): OctetSpan | undefined {
  if (section.path.length === 0) return { start: 0, end: size }
  const part = structure && findPart(structure, section.path)
  if (!part) return undefined
  const encoding = findTransferEncoding(part.encoding)
  if (encoding === undefined) throw new ImapRefusal('UNKNOWN-CTE', 'the part has an unknown encoding')
  return { ...part.body, encoding }
}

async function sizeOf({ account, mailbox, uid }: MessageSource, span: OctetSpan): Promise<number> {
  let octets = 0
  for await (const chunk of account.octets(mailbox, uid, span)) octets += chunk.length
  return octets
}

/** Cuts a partial range out; what begins behind the end is empty (RFC 9051 section 6.4.5). */
function cut({ start, end }: OctetRange, range: BodyRange | undefined): OctetRange {
  if (!range) return { start, end }
  const from = Math.min(start + range.origin, end)
  return { start: from, end: Math.min(from + range.octets, end) }
}

async function held({ account, mailbox, uid }: MessageSource, span: OctetRange): Promise<Buffer> {
  if (span.end - span.start > MAX_HELD_HEADER_OCTETS) throw new ImapRefusal('LIMIT', 'the header is too large')
  const chunks: Uint8Array[] = []
  if (span.end > span.start) for await (const chunk of account.octets(mailbox, uid, span)) chunks.push(chunk)
  return Buffer.concat(chunks)
}

async function* slice(chunks: AsyncIterable<Uint8Array>, { start, end }: OctetRange): AsyncGenerator<Uint8Array> {
  let at = 0
  for await (const chunk of chunks) {
    const part = chunk.subarray(Math.max(0, start - at), Math.max(0, end - at))
    at += chunk.length
    if (part.length > 0) yield part
    if (at >= end) return
  }
}

async function* cleaned(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) yield withoutNuls(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length))
}

/**
 * Takes the first chunk, so that what cannot be read is refused before anything is told of it. After that a failure, or
 * another length than announced, can only end the connection: nothing may be invented in its place.
 */
async function opened(chunks: AsyncIterable<Uint8Array>, { start, end }: OctetRange): Promise<AsyncIterable<Wire>> {
  const iterator = chunks[Symbol.asyncIterator]()
  const first = await iterator.next()
  return rest(iterator, first, end - start)
}

async function* rest(
  iterator: AsyncIterator<Uint8Array>,
  first: IteratorResult<Uint8Array>,
  octets: number,
): AsyncGenerator<Wire> {
  let missing = octets
  try {
    for (let next = first; !next.done; next = await iterator.next()) {
      missing -= next.value.length
      if (missing < 0) break
      yield next.value
    }
  } catch (cause) {
    throw new Error('a message could not be read to its end', { cause })
  } finally {
    await iterator.return?.()
  }
  if (missing !== 0) throw new Error('a message is not as long as it was announced')
}

async function* once(octets: Buffer): AsyncGenerator<Wire> {
  if (octets.length > 0) yield octets
}

async function* nothing(): AsyncGenerator<Uint8Array> {
  // An empty range has no octets.
}

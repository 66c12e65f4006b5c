import type { Envelope, MessageStructure, MimePart } from '../structure/part.ts'
import { addressText, headerText, parameterText } from './header-text.ts'
import { leafParts, type OctetSource, partText } from './part-text.ts'

/** What of one message is searched, at most, in UTF-16 units. */
export const MAX_SEARCH_UNITS = 1_000_000
const MAX_PART_OCTETS = 4_194_304 // encoded: base64, three octets for a character, and tags around it
const MAX_OCTETS = 8_388_608 // of all parts
const NO_TEXT = new Set(['rtf', 'enriched'])

/** Gives the decoded text of a message for a full-text search: header first, then the text parts; at most {@link MAX_SEARCH_UNITS}. */
export function* searchText(message: MessageStructure, source: OctetSource): Generator<string> {
  yield* bounded(joined(searchHeaderText(message), searchBodyText(message, source)))
}

/** Gives subjects, addresses, and names of files; those of messages in the message as well. */
export function* searchHeaderText(message: MessageStructure): Generator<string> {
  yield* bounded(headerTexts(message))
}

/** Gives names of files; of messages in the message, what {@link searchHeaderText} gives. */
export function* searchPartText({ root }: MessageStructure): Generator<string> {
  yield* bounded(partHeaderTexts(root))
}

/** Gives the text of the text parts, and of reports, decoded; HTML stripped. */
export function* searchBodyText(message: MessageStructure, source: OctetSource): Generator<string> {
  yield* bounded(bodyTexts(message, source))
}

function* joined(...all: readonly Iterable<string>[]): Generator<string> {
  for (const texts of all) yield* texts
}

function* bounded(texts: Iterable<string>): Generator<string> {
  let left = MAX_SEARCH_UNITS
  for (const text of texts) {
    if (text !== '') yield text.slice(0, left).toWellFormed()
    left -= text.length
    if (left <= 0) return
  }
}

function* headerTexts({ envelope, root }: MessageStructure): Generator<string> {
  yield headerText(envelope.subject ?? '')
  yield* addressTexts(envelope)
  yield* partHeaderTexts(root)
}

function* addressTexts({ from, sender, replyTo, to, cc, bcc }: Envelope): Generator<string> {
  for (const addresses of [from, sender, replyTo, to, cc, bcc])
    for (const one of addresses ?? []) yield addressText(one)
}

function* partHeaderTexts(part: MimePart): Generator<string> {
  const name = parameterText(part.disposition?.parameters ?? [], 'filename') ?? parameterText(part.parameters, 'name')
  if (name !== undefined) yield name
  if (part.description !== undefined) yield headerText(part.description)
  if (part.kind === 'multipart') for (const inner of part.parts) yield* partHeaderTexts(inner)
  if (part.kind === 'message') yield* headerTexts(part.message)
}

function* bodyTexts(message: MessageStructure, source: OctetSource): Generator<string> {
  let left = MAX_OCTETS
  for (const part of leafParts(message, true)) {
    if (!isText(part)) continue
    yield partText(part, source, Math.min(left, MAX_PART_OCTETS))
    left -= Math.min(part.body.end - part.body.start, MAX_PART_OCTETS)
    if (left <= 0) return
  }
}

function isText({ type, subtype }: MimePart): boolean {
  return type === 'message' || (type === 'text' && !NO_TEXT.has(subtype))
}

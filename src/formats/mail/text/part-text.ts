import type { MessageStructure, MimePart, OctetRange } from '../structure/part.ts'
import { decodeTransfer, findTransferEncoding } from '../structure/transfer-decoder.ts'
import { decodeCharset } from './charset.ts'
import { parameterText } from './header-text.ts'
import { htmlText } from './html-text.ts'

/** Reads octets of a message, in chunks. */
export type OctetSource = (range: OctetRange) => Iterable<Buffer>

/** Lists the parts of a message in their order, those of messages in it as well if wanted. */
export function* leafParts({ root }: MessageStructure, withMessages: boolean): Generator<MimePart> {
  yield* leaves(root, withMessages)
}

function* leaves(part: MimePart, withMessages: boolean): Generator<MimePart> {
  if (part.kind === 'multipart') for (const inner of part.parts) yield* leaves(inner, withMessages)
  else if (part.kind === 'leaf') yield part
  else if (withMessages) yield* leaves(part.message.root, withMessages)
}

/** Tells whether a part is shown with the message, not as a file. */
export function isShown(part: MimePart): boolean {
  return part.disposition?.type !== 'attachment'
}

/**
 * Reads the text of a part for people: encoding and charset taken off, HTML stripped. No more than the first
 * `maxOctets` of the body are read; a part in an unknown encoding has no text.
 */
export function partText(part: MimePart, source: OctetSource, maxOctets: number): string {
  const encoding = findTransferEncoding(part.encoding)
  if (!encoding) return ''
  const { start, end } = part.body
  const chunks = source({ start, end: Math.min(end, start + maxOctets) })
  const octets = Buffer.concat([...decodeTransfer(chunks, encoding)])
  const text = decodeCharset(octets, parameterText(part.parameters, 'charset') ?? '')
  return part.subtype === 'html' ? htmlText(text) : text
}

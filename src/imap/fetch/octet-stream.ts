import { withoutNuls } from '../../formats/imap/server-string.ts'
import { type TransferEncoding, transferDecoder } from '../../formats/mail/structure/transfer-decoder.ts'
import type { OctetSpan } from '../backend.ts'

/** Octets as they come, in chunks that are not empty. */
export type OctetStream = AsyncIterable<Buffer>

/**
 * Passes on exactly so many octets.
 *
 * @throws {Error} when there are more, before they are passed on, or fewer
 */
export async function* exactly(chunks: AsyncIterable<Uint8Array>, octets: number): AsyncGenerator<Buffer> {
  let missing = octets
  for await (const chunk of chunks) {
    missing -= chunk.length
    if (missing < 0) throw new Error('a message has more octets than it should have')
    if (chunk.length > 0) yield Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
  }
  if (missing > 0) throw new Error('a message has fewer octets than it should have')
}

/** Takes out a span, which may go beyond the end, and reads no further. */
export async function* spanOf(chunks: OctetStream, { start, end }: OctetSpan): AsyncGenerator<Buffer> {
  if (start >= end) return
  let at = 0
  for await (const chunk of chunks) {
    const octets = chunk.subarray(Math.max(0, start - at), Math.max(0, end - at))
    at += chunk.length
    if (octets.length > 0) yield octets
    if (at >= end) return
  }
}

/** Takes the transfer encoding off. */
export async function* decodedOctets(chunks: OctetStream, encoding: TransferEncoding): AsyncGenerator<Buffer> {
  const decoder = transferDecoder(encoding)
  for await (const chunk of chunks) {
    const octets = decoder.write(chunk)
    if (octets.length > 0) yield octets
  }
  const last = decoder.end()
  if (last.length > 0) yield last
}

/** Replaces NUL, as a literal wants it. */
export async function* nulFree(chunks: OctetStream): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) yield withoutNuls(chunk)
}

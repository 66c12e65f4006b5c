import { createHash } from 'node:crypto'
import { summarizeHeader } from '../../formats/mail/header-summary.ts'
import type { PackLocation } from '../../store/packs/pack-format.ts'
import type { PackWriter } from '../../store/packs/pack-writer.ts'
import type { MessageDigest } from '../../store/rows.ts'

const HEAD_OCTETS = 262_144 // lists need the beginning of a header only

/** A message that was written into a pack. */
export interface PackedMessage {
  readonly location: PackLocation
  readonly digest: MessageDigest
}

/** Writes a message into a pack, streamed; undefined, and nothing written, when it is not as long as was said. */
export async function packMessage(
  writer: PackWriter,
  octets: number,
  chunks: AsyncIterable<Buffer>,
): Promise<PackedMessage | undefined> {
  const sha = createHash('sha256')
  const head: Buffer[] = []
  let written = 0
  writer.begin(octets)
  for await (const chunk of chunks) {
    if (written < HEAD_OCTETS) head.push(chunk)
    written += chunk.length
    if (written > octets) break
    sha.update(chunk)
    writer.write(chunk)
    await writer.drained()
  }
  if (written !== octets) {
    writer.abort()
    return undefined
  }
  const location = writer.end()
  const first = Buffer.concat(head).subarray(0, HEAD_OCTETS)
  return { location, digest: { sha256: sha.digest(), ...summarizeHeader(first) } }
}

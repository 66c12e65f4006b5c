import { createHash, type Hash, hash } from 'node:crypto'
import { summarizeHeader } from '../../formats/mail/header-summary.ts'
import type { PackReader } from '../../store/packs/pack-reader.ts'
import type { StagedRow } from '../../store/rows.ts'
import type { ImportOutcome } from './importer.ts'

const HEAD_OCTETS = 262_144 // a longer header is cut: lists need its beginning only

/** Reads, checks and digests one staged body. Blocks: runs in the import worker. */
export function digestBody(packs: PackReader, { location }: StagedRow): ImportOutcome {
  try {
    let sha: Hash | undefined
    let first: Buffer | undefined
    for (const chunk of packs.chunks(location, true)) {
      if (first) sha ??= createHash('sha256').update(first)
      sha?.update(chunk)
      first ??= chunk
    }
    const body = first ?? Buffer.alloc(0)
    // Nearly all bodies are one chunk, which needs no object.
    const sha256 = sha?.digest() ?? hash('sha256', body, 'buffer')
    return { kind: 'digest', digest: { sha256, ...summarizeHeader(body.subarray(0, HEAD_OCTETS)) } }
  } catch (error) {
    return { kind: 'failed', message: error instanceof Error ? error.message : String(error) }
  }
}

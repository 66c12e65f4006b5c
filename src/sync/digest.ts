import { createHash } from 'node:crypto'
import { summarizeHeader } from '../formats/mail/header-summary.ts'
import type { PackReader } from '../store/pack-reader.ts'
import type { StagedRow } from '../store/rows.ts'
import type { ImportOutcome } from './importer.ts'

const HEAD_OCTETS = 262_144 // a longer header is cut: lists need its beginning only

/** Reads, checks and digests one staged body. Blocks: runs in the import worker. */
export function digestBody(packs: PackReader, { location }: StagedRow): ImportOutcome {
  try {
    const hash = createHash('sha256')
    let head: Buffer | undefined
    for (const chunk of packs.chunks(location)) {
      head ??= chunk.subarray(0, HEAD_OCTETS)
      hash.update(chunk)
    }
    const summary = summarizeHeader(head ?? Buffer.alloc(0))
    return { kind: 'digest', digest: { sha256: hash.digest(), ...summary } }
  } catch (error) {
    return { kind: 'failed', message: error instanceof Error ? error.message : String(error) }
  }
}

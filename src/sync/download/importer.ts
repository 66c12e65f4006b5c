import type { MessageDigest, StagedRow } from '../../store/rows.ts'

/** What import found out about one staged message, or why its octets cannot be read. */
export type ImportOutcome =
  | { readonly kind: 'digest'; readonly digest: MessageDigest }
  | { readonly kind: 'failed'; readonly message: string }

/** Reads staged bodies, checks and digests them, away from the thread that commits. Implemented by the daemon's worker. */
export interface Importer {
  /** Resolves to one outcome per row, in their order. */
  digest(rows: readonly StagedRow[]): Promise<readonly ImportOutcome[]>
}

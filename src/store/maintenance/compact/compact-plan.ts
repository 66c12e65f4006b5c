import type { Database } from '../../database.ts'
import { liveOctets } from '../bodies.ts'

/** A pack and how much of it is still referred to. */
export interface PackUse {
  readonly pack: number
  readonly octets: number
  readonly live: number
}

/** What a compaction would do. */
export interface CompactPlan {
  /** Packs of which more than half is dead; those with least to copy first, so that space comes free early. */
  readonly packs: readonly PackUse[]
  readonly total: { readonly packs: number; readonly octets: number; readonly dead: number }
  /** Octets that the database file could give back. */
  readonly databaseFree: number
  readonly isVacuumWorthwhile: boolean
}

const MIN_VACUUM_OCTETS = 4 * 1_048_576
const MIN_VACUUM_SHARE = 0.25
const PURGE_ONLY_OCTETS = 64 * 1_048_576 // the daemon does nothing by itself for less

/** Says which packs are worth rewriting. */
export function planCompaction(database: Database): CompactPlan {
  const live = liveOctets(database)
  const rows = database.all('SELECT id, committed_octets FROM pack WHERE retired_at IS NULL AND committed_octets > 0')
  const uses = rows.map(({ id, committed_octets }) => {
    const octets = Number(committed_octets)
    return { pack: Number(id), octets, live: Math.min(octets, live.get(Number(id)) ?? 0) }
  })
  const pragma = (name: string) => Number(Object.values(database.find(`PRAGMA ${name}`) ?? {})[0])
  const [pages, free, size] = [pragma('page_count'), pragma('freelist_count'), pragma('page_size')]
  const octets = uses.reduce((sum, use) => sum + use.octets, 0)
  return {
    packs: uses.filter(use => use.live * 2 < use.octets).sort((left, right) => left.live - right.live),
    total: { packs: uses.length, octets, dead: octets - uses.reduce((sum, use) => sum + use.live, 0) },
    databaseFree: free * size,
    isVacuumWorthwhile: free * size >= MIN_VACUUM_OCTETS && free >= pages * MIN_VACUUM_SHARE,
  }
}

/** Tells whether so much is dead that the daemon compacts by itself. */
export function isWorthwhile({ packs }: CompactPlan): boolean {
  return packs.reduce((sum, { octets, live }) => sum + octets - live, 0) > PURGE_ONLY_OCTETS
}

import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { PosternError } from '../../../errors.ts'
import { fileFailure } from '../../disk-failure.ts'
import { PACKS_DIR, packFile } from '../../packs/pack-format.ts'
import type { Store } from '../../store.ts'
import type { MaintenanceProgress } from '../problem.ts'
import { type CompactPlan, isWorthwhile, planCompaction } from './compact-plan.ts'
import { PackMover } from './pack-mover.ts'

/** Options of {@link compactStore}. */
export interface CompactOptions {
  /** Only says what would be done. */
  readonly isDryRun: boolean
  /** The daemon's own: at most once a day, and only when much is dead. */
  readonly isAutomatic: boolean
  readonly clock: () => number
  readonly signal: AbortSignal
  readonly onProgress: (progress: MaintenanceProgress) => void
}

/** What a compaction did. */
export interface CompactReport {
  readonly plan: CompactPlan
  readonly isDryRun: boolean
  /** Packs that nothing refers to any more; their files go when no reader holds them. */
  readonly retired: number
  readonly freed: number
  readonly copied: number
  readonly damaged: number
  readonly isVacuumed: boolean
}

const DAY_MS = 86_400_000

/**
 * Rewrites packs that are more than half dead, and the database when it has much free space. May be ended at any
 * instruction: rows point to the new place only once that is durable, and the old file stays until {@link removeRetired}.
 * Bodies that come meanwhile go into other packs; rows may change.
 *
 * @throws {PosternError} STORE_DISK_FULL, STORE_WRITE_FAILED; what was moved until then stays moved
 */
export async function compactStore(store: Store, options: CompactOptions): Promise<CompactReport> {
  const plan = planCompaction(store.database)
  const report = { plan, isDryRun: options.isDryRun, retired: 0, freed: 0, copied: 0, damaged: 0, isVacuumed: false }
  if (options.isDryRun || (options.isAutomatic && !isDue(store, plan, options.clock()))) return report
  const mover = new PackMover(store, options)
  let moved = 0
  for (const { pack, octets } of plan.packs) {
    options.signal.throwIfAborted()
    const isRetired = await mover.empty(pack)
    moved += octets
    const total = plan.packs.reduce((sum, each) => sum + each.octets, 0)
    options.onProgress({ kind: 'maintenance', step: 'packs', done: moved, total })
    if (!isRetired) continue
    report.retired++
    report.freed += octets
  }
  const isVacuumed = plan.isVacuumWorthwhile && vacuum(store)
  return { ...report, ...mover.counts, freed: report.freed - mover.counts.copied, isVacuumed }
}

function isDue(store: Store, plan: CompactPlan, now: number): boolean {
  const sql = `UPDATE meta SET compacted_at = ?1 WHERE compacted_at IS NULL OR compacted_at NOT BETWEEN ?2 AND ?1`
  const isFirstToday = store.database.transaction(() => store.database.run(sql, now, now - DAY_MS).changes > 0, true)
  return isFirstToday && (isWorthwhile(plan) || plan.isVacuumWorthwhile)
}

// It needs as much space as the database itself; without that, the free pages inside are used up by and by.
function vacuum(store: Store): boolean {
  try {
    store.database.exec('VACUUM')
    store.database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    return true
  } catch (error) {
    if (error instanceof PosternError && error.code === 'STORE_DISK_FULL') return false
    throw error
  }
}

/**
 * Removes the files of packs that were retired at least `minAgeMs` ago. Without an age, whoever reads the store must have
 * ended what it began before the retirement, and closed its files.
 */
export function removeRetired(store: Store, now: number, minAgeMs: number): number {
  const { database } = store
  const rows = database.all('SELECT id, committed_octets FROM pack WHERE retired_at <= ?', now - minAgeMs)
  if (rows.length === 0) return 0
  store.read.closePacks()
  let freed = 0
  for (const { id, committed_octets } of rows) {
    const file = packFile(join(store.dir, PACKS_DIR), Number(id))
    try {
      rmSync(file, { force: true })
    } catch (error) {
      throw fileFailure(file, error)
    }
    freed += Number(committed_octets)
    // The highest number is kept, so that it is never given twice.
    const sql = 'DELETE FROM pack WHERE id = ? AND id < (SELECT max(id) FROM pack)'
    database.transaction(() => database.run(sql, Number(id)), false)
    database.transaction(() => database.run('UPDATE pack SET committed_octets = 0 WHERE id = ?', Number(id)), false)
  }
  return freed
}

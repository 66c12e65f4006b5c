import type { Resolution } from '../store/changes/conflicts.ts'
import type { Store } from '../store/store.ts'
import { inBlocks } from './in-blocks.ts'

/**
 * Ends a cycle: what vanished before it and did not turn up elsewhere is deleted, restorable from its tomb; what was
 * changed here meanwhile is a conflict. A sweep that was cut short has ended no cycle: the next one goes on. Gives the
 * number of what was settled.
 */
export async function sweep(store: Store, resolution: Resolution): Promise<number> {
  const missed = store.read.losses.missed()
  await inBlocks(store, missed, (transactor, items) => transactor.settle(items, resolution))
  store.transact(transactor => transactor.endCycle())
  return missed.length
}

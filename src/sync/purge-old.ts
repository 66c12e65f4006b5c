import { setImmediate as nextTurn } from 'node:timers/promises'
import type { PurgeStep } from '../store/changes/purge.ts'
import type { Store } from '../store/store.ts'

const BLOCK_ROWS = 1000 // a few ms of a transaction
const STEPS: readonly PurgeStep[] = ['tombs', 'ledger', 'vanished']

/** Removes, once a day, what is too old to be asked for: deleted items after 30 days, the ledger's entries after 90. */
export async function purgeOld(store: Store): Promise<void> {
  if (!store.transactRepeatable(({ purge }) => purge.begin())) return
  for (const step of STEPS) {
    let after: number | undefined = 0
    while (after !== undefined) {
      const from: number = after
      after = store.transactRepeatable(({ purge }) => purge.run(step, from, BLOCK_ROWS))
      await nextTurn()
    }
  }
}

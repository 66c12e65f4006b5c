import type { PurgeStep } from '../store/changes/purge.ts'
import type { Store } from '../store/store.ts'

const BATCH_ROWS = 500 // a few ms of a transaction
const STEPS: readonly PurgeStep[] = ['tombs', 'ledger', 'vanished']

/** Removes, once a day, what is too old to be asked for: deleted items after 30 days, the ledger's entries after 90. */
export function purgeOld(store: Store): void {
  if (!store.transactRepeatable(({ purge }) => purge.begin())) return
  for (const step of STEPS) {
    while (store.transactRepeatable(({ purge }) => purge.run(step, BATCH_ROWS)) === BATCH_ROWS);
  }
}

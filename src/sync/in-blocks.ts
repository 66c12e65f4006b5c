import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Store } from '../store/store.ts'
import type { Transactor } from '../store/transactor.ts'

const BLOCK_ROWS = 200 // some 10 ms of a transaction

/**
 * Changes many rows in several transactions, and lets everything else have its turn between them. The caller can find
 * again what is left when it is killed between two. Durable when it resolves: only the last one waits for the disk.
 */
export async function inBlocks<Each>(
  store: Store,
  all: readonly Each[],
  change: (transactor: Transactor, block: readonly Each[]) => void,
): Promise<void> {
  for (let at = 0; at < all.length; at += BLOCK_ROWS) {
    if (at > 0) await nextTurn()
    const block = all.slice(at, at + BLOCK_ROWS)
    if (at + BLOCK_ROWS < all.length) store.transactRepeatable(transactor => change(transactor, block))
    else store.transact(transactor => change(transactor, block))
  }
}

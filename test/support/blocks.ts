import type { Test } from 'tap'
import type { Store } from '../../src/store/store.ts'
import type { Transactor } from '../../src/store/transactor.ts'
import { Faults, Killed } from './model/faults.ts'
import { plant, replace } from './model/plant.ts'

type Part = 'held' | 'undo' | 'push' | 'readOnly'

const SCANNED_ONCE = /SCAN (meta|dlq|stage|json_each|\(subquery)|CONSTANT ROW/ // small, or looked at once for all rows of a block

/** Makes a store whose process is killed in the block number `block`, from 0, of a change that takes several. */
export function killedIn(block: number, part: Part | undefined, method: string): (store: Store) => Store {
  let calls = 0
  const dying = (target: object) =>
    replace(target, {
      [method]: (...args: unknown[]) => {
        if (calls++ === block) throw new Killed()
        return Reflect.get(target, method).apply(target, args)
      },
    })
  const change = (transactor: Transactor): Transactor =>
    part === undefined
      ? (dying(transactor) as Transactor) // as `replace` says
      : replace(transactor, { [part]: dying(transactor[part]) })
  return store => plant(change)(new Faults(() => 1).guard(store))
}

/** Counts the rows that the largest transaction changes. */
export class LargestTransaction {
  rows = 0

  readonly guard = (store: Store): Store => {
    const total = () => Number(store.database.find('SELECT total_changes() AS n')?.n)
    const counted = <Result>(work: () => Result): Result => {
      const before = total()
      const result = work()
      this.rows = Math.max(this.rows, total() - before)
      return result
    }
    const plain = new Faults(() => 1).guard(store)
    return {
      ...plain,
      transact: change => counted(() => store.transact(change)),
      transactRepeatable: change => counted(() => store.transactRepeatable(change)),
    } as Store // all that the engine uses of it
  }
}

/** Fails when a statement that is run for each row while `work` runs reads a whole table. */
export async function assertNoScans(t: Test, { database }: Store, rows: number, work: () => Promise<unknown>) {
  const counts = new Map<string, number>()
  const methods = ['find', 'all', 'run'] as const
  for (const name of methods) {
    const original = database[name].bind(database)
    Reflect.set(database, name, (sql: string, ...values: never[]) => {
      counts.set(sql, (counts.get(sql) ?? 0) + 1)
      return original(sql, ...values)
    })
  }
  await work()
  for (const name of methods) Reflect.deleteProperty(database, name)
  const perRow = [...counts].filter(([, count]) => count >= rows)
  t.ok(perRow.length > 0, 'something was done for each row')
  for (const [sql] of perRow) {
    const details = database.all(`EXPLAIN QUERY PLAN ${sql}`).map(({ detail }) => String(detail))
    const scans = details.filter(detail => detail.includes('SCAN') && !SCANNED_ONCE.test(detail))
    t.equal(scans.length, 0, `${scans.join(', ')}: ${sql}`)
  }
}

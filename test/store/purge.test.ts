import t from 'tap'
import type { Store } from '../../src/store/store.ts'
import { purgeOld } from '../../src/sync/purge-old.ts'
import { assertNoScans, LargestTransaction } from '../support/blocks.ts'
import { openStore, TestClock } from '../support/store.ts'

const DAY_MS = 86_400_000
const NUMBERS = 'WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < ?)'

const count = ({ database }: Store, table: 'ledger' | 'vanished') =>
  Number(database.find(`SELECT count(*) AS n FROM ${table}`)?.n)

t.test('a long ledger is gone through once, in blocks, and others have their turn between them', async t => {
  const clock = new TestClock()
  using store = openStore(t.testdir(), clock)
  const add = (rows: number, at: number) =>
    store.database.run(
      `${NUMBERS} INSERT INTO ledger(at, item, event) SELECT ?, n, 'imported' FROM number`,
      ...[rows, at],
    )
  add(3000, clock.ms) // the clock was set back since: what stays comes first
  add(4500, clock.ms - 91 * DAY_MS)
  const largest = new LargestTransaction()
  await assertNoScans(t, store, 3, async () => {
    const purged = purgeOld(largest.guard(store))
    t.ok(count(store, 'ledger') > 3000, 'not all at once')
    await purged
  })
  t.equal(count(store, 'ledger'), 3000)
  t.ok(largest.rows >= 500 && largest.rows <= 1000, `${largest.rows} rows`)
})

t.test('of the UIDs that are gone, those of the latest changes are kept', async t => {
  using store = openStore(t.testdir())
  const add = (folder: number, rows: number, modseq: number) =>
    store.database.run(`${NUMBERS} INSERT INTO vanished SELECT ?, n, ? FROM number`, rows, folder, modseq)
  add(1, 30_000, 5) // one change of many messages
  add(2, 30_000, 6)
  const largest = new LargestTransaction()
  await purgeOld(largest.guard(store))
  t.equal(count(store, 'vanished'), 30_000)
  t.equal(store.database.find('SELECT min(modseq) AS first FROM vanished')?.first, 6)
  t.equal(store.database.find('SELECT vanished_from AS at FROM meta')?.at, 6, 'and it is said where they begin')
  t.ok(largest.rows <= 1000, `${largest.rows} rows`)
})

import t from 'tap'
import { ColumnRow, columnsOf } from '../../src/daemon/mail-view/column-row.ts'

t.test('a row tells what was asked for, and nothing else', async t => {
  t.same(columnsOf(['flags', 'size']), ['bits', 'keywords', 'sizes'])
  const columns = { uids: [4, 9], bits: [1, 0], keywords: ['', '$Junk'], savedDatesMs: [null, 5] }
  const [first, second] = columns.uids.map((uid, index) => new ColumnRow(columns, uid, index))
  t.same(second?.flags, { bits: 0, keywords: '$Junk' })
  t.same([first?.savedDateMs, second?.savedDateMs], [undefined, 5], 'nobody knows, or somebody does')
  t.throws(() => first?.size, { message: 'the column sizes of messages was not read' })
})

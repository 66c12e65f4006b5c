import t from 'tap'
import { columnsOf, rowsOf } from '../../src/daemon/mail-view/column-row.ts'
import { moveColumns } from '../../src/daemon/reading/moved-columns.ts'

t.test('a row tells what was asked for, and nothing else', async t => {
  t.same(columnsOf(['flags', 'size']), ['bits', 'keywords', 'sizes'])
  const columns = { uids: [4, 9], bits: [1, 0], keywords: ['', '$Junk $Later'], savedDatesMs: [null, 5] }
  const [first, second, ...others] = rowsOf(structuredClone(moveColumns(columns)))
  t.same([first?.uid, second?.uid, others], [4, 9, []])
  t.same(first?.flags, { bits: 1, keywords: '' })
  t.same(second?.flags, { bits: 0, keywords: '$Junk $Later' })
  t.same([first?.savedDateMs, second?.savedDateMs], [undefined, 5], 'nobody knows, or somebody does')
  t.throws(() => first?.size, { message: 'the column sizes of messages was not read' })
})

t.test('one message without keywords, and no message at all', async t => {
  const [row] = rowsOf(moveColumns({ uids: [7], bits: [0], keywords: [''] }))
  t.same(row?.flags, { bits: 0, keywords: '' })
  t.same(rowsOf(moveColumns({ uids: [], bits: [], keywords: [] })), [])
})

import t from 'tap'
import { headerFields } from '../../../src/formats/mail/structure/header-fields.ts'
import { type HeaderFilter, headerFilter } from '../../../src/formats/mail/structure/header-filter.ts'
import { pick, randomSource } from '../../support/model/random.ts'

const RANDOM = 3000
const NAMES = ['Subject', 'SUBJECT', 'to', 'X-\xff', 'a:b', '', ' ', 'Sub', 'no-such']
const PIECES = [
  ...['Subject: one', 'subject \t: two', 'To:', 'TO: a@x', 'Subject', 'Sub: three', 'a:b', 'X-\xff: four', ': five'],
  ...['\r\n', '\r\n', '\n', '\r\n ', '\n\t', '\r', '\r\n\r\n', ' ', '\0'],
]

/** What the names of fields say, taken one by one. */
function filtered(header: Buffer, { kind, names }: HeaderFilter): Buffer {
  const named = new Set(names.map(name => name.toLowerCase()))
  const fields = [...headerFields(header)]
  const wanted = fields.filter(({ name }) => (name !== '' && named.has(name)) === (kind === 'HEADER.FIELDS'))
  const blankLine = header.subarray(fields.at(-1)?.end ?? 0)
  return Buffer.concat([...wanted.map(({ start, end }) => header.subarray(start, end)), blankLine])
}

t.test('fields are taken out by their names', async t => {
  const random = randomSource(Number(process.env.POSTERN_TEST_SEED ?? 1))
  for (let index = 0; index < RANDOM; index++) {
    const header = Buffer.from(Array.from({ length: 8 }, () => pick(random, PIECES)).join(''), 'latin1')
    const kind = random() < 0.5 ? 'HEADER.FIELDS' : 'HEADER.FIELDS.NOT'
    const filter = { kind, names: Array.from({ length: 3 }, () => pick(random, NAMES) ?? '') } as const
    const found = headerFilter(filter)(header)
    if (found.equals(filtered(header, filter))) continue
    t.equal(found.toString('latin1'), filtered(header, filter).toString('latin1'), JSON.stringify(filter))
  }
  t.pass()
})

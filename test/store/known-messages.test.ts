import fc from 'fast-check'
import t from 'tap'
import { KnownMessages } from '../../src/store/queries/known-messages.ts'
import type { KnownMessage } from '../../src/store/rows.ts'

const WHERE = ['ignored', 'dlq', 'stage', 'item'] as const
const table = fc.dictionary(
  fc.integer({ min: 1, max: 60 }).map(String),
  fc.oneof(fc.integer({ min: 0, max: 31 }), fc.constantFrom('3 $a $b', '0 x')),
)

t.test('what several tables know is joined as a map would join it, whatever is asked for', async () => {
  fc.assert(
    fc.property(fc.array(table, { maxLength: 4 }), fc.array(fc.integer({ min: 0, max: 61 })), (tables, asked) => {
      const expected = new Map<number, KnownMessage>()
      const columns = tables.map((rows, index) => {
        const where = WHERE[index] ?? 'item'
        const uids = Object.keys(rows).map(Number)
        const flags = Object.values(rows)
        for (const [at, value] of flags.entries()) {
          const [bits, ...keywords] = String(value).split(' ')
          expected.set(uids[at] ?? 0, { where, flags: { bits: Number(bits), keywords: keywords.join(' ') } })
        }
        return { where, uids, flags }
      })
      const known = KnownMessages.join(columns)
      const sorted = [...expected.keys()].sort((left, right) => left - right)
      const isEqual = (uid: number) => JSON.stringify(known.get(uid)) === JSON.stringify(expected.get(uid))
      return known.keys().join() === sorted.join() && [...sorted, ...asked].every(isEqual)
    }),
    { numRuns: 500 },
  )
})

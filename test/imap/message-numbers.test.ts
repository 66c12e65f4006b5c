import fc from 'fast-check'
import t from 'tap'
import { MessageNumbers, type NumberRange } from '../../src/imap/message-numbers.ts'

const numbersOf = (...uids: number[]) => new MessageNumbers(Uint32Array.from(uids))

t.test('message numbers and UIDs are found from each other', async t => {
  const numbers = numbersOf(3, 7, 9)
  t.equal(numbers.count, 3)
  t.same(
    [1, 2, 3, 4, 0].map(number => numbers.uidAt(number)),
    [3, 7, 9, undefined, undefined],
  )
  t.same(
    [3, 7, 9, 8, 100].map(uid => numbers.numberOf(uid)),
    [1, 2, 3, undefined, undefined],
  )
})

const SETS: readonly (readonly [
  ranges: readonly NumberRange[],
  byUid: readonly number[],
  byNumber: readonly number[] | undefined,
])[] = [
  [[[1, 3]], [3], [3, 7, 9]],
  [[[7, 7]], [7], undefined],
  [[[Infinity, Infinity]], [9], [9]],
  [[[Infinity, 2]], [3, 7, 9], [7, 9]],
  [[[100, Infinity]], [9], undefined], // RFC 9051 section 9: 100:* names the last one, too
  [
    [
      [3, 1],
      [2, 2],
    ],
    [3],
    [3, 7, 9],
  ],
  [[[4, 5]], [], undefined],
]

for (const [ranges, byUid, byNumber] of SETS) {
  t.test(`${ranges.map(range => range.join(':'))} names what it should`, async t => {
    const numbers = numbersOf(3, 7, 9)
    t.same([...numbers.uidsIn(ranges)], byUid)
    const found = numbers.uidsAt(ranges)
    t.same(found && [...found], byNumber)
  })
}

t.test('an empty mailbox has no message, not even *', async t => {
  const numbers = numbersOf()
  t.same([...numbers.uidsIn([[1, Infinity]])], [])
  t.equal(numbers.uidsAt([[1, Infinity]]), undefined)
})

t.test('a client that follows what it is told has the same messages', async () => {
  const uids = fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { maxLength: 25 })
  const step = fc.record({ vanished: uids, arrived: fc.integer({ min: 0, max: 5 }) })
  fc.assert(
    fc.property(uids, fc.array(step, { maxLength: 8 }), (first, steps) => {
      const client = first.toSorted((left, right) => left - right)
      const numbers = numbersOf(...client)
      let next = 61
      for (const { vanished, arrived } of steps) {
        const fresh = Array.from({ length: arrived }, () => next++)
        const { expunged, exists } = numbers.apply(vanished, fresh)
        for (const number of expunged) client.splice(number - 1, 1)
        if (exists !== undefined) client.push(...fresh)
        if ((exists ?? client.length) !== client.length) return false
        if (client.some((uid, index) => numbers.uidAt(index + 1) !== uid || numbers.numberOf(uid) !== index + 1))
          return false
        if (numbers.count !== client.length || client.some(uid => vanished.includes(uid))) return false
      }
      return true
    }),
  )
})

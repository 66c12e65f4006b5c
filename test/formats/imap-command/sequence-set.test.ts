import fc from 'fast-check'
import t from 'tap'
import { readSequenceSet, resolveSequenceSet } from '../../../src/formats/imap/command/arguments/sequence-set.ts'
import { CommandReader } from '../../../src/formats/imap/command/command-reader.ts'

function resolve(text: string, last: number): string {
  const reader = new CommandReader([{ kind: 'text', octets: Buffer.from(text) }], { isUtf8: false })
  const set = readSequenceSet(reader)
  return set.kind === 'saved' ? '$' : resolveSequenceSet(set, last).toString()
}

t.test('* is the last message of the mailbox', async t => {
  t.equal(resolve('*', 7), '7')
  t.equal(resolve('5:*', 7), '5:7')
  t.equal(resolve('9:*', 7), '7', 'RFC 9051 section 9: 9:* has the last message, however few there are')
  t.equal(resolve('1:2,*:4', 7), '1:2,4:7')
  t.equal(resolve('1:*', 0), '', 'nothing in an empty mailbox')
  t.equal(resolve('3,1', 0), '1,3')
})

t.test('a set names the messages that its parts name', async t => {
  const number = fc.oneof(fc.integer({ min: 1, max: 12 }), fc.constant('*' as const))
  const part = fc.tuple(number, fc.option(number))
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 6 }), fc.integer({ min: 1, max: 10 }), (parts, last) => {
      const text = parts.map(([from, to]) => (to === null ? `${from}` : `${from}:${to}`)).join(',')
      const numberOf = (number: number | '*') => (number === '*' ? last : number)
      const expected = new Set<number>()
      for (const [from, to] of parts) {
        const [a, b] = [numberOf(from), numberOf(to ?? from)]
        for (let uid = Math.min(a, b); uid <= Math.min(Math.max(a, b), last); uid++) expected.add(uid)
      }
      const found = resolve(text, last)
      return Array.from({ length: last }, (_, index) => index + 1).every(
        uid => expected.has(uid) === hasUid(found, uid),
      )
    }),
  )
  t.pass()
})

function hasUid(set: string, uid: number): boolean {
  return set.split(',').some(range => {
    const [first = '', last = first] = range.split(':')
    return first !== '' && uid >= Number(first) && uid <= Number(last)
  })
}

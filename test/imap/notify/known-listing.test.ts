import fc from 'fast-check'
import t from 'tap'
import type { Mailbox } from '../../../src/imap/backend.ts'
import { KnownListing, type KnownMailbox } from '../../../src/imap/notify/known-listing.ts'

const NAMES = ['a', 'b', 'c', 'd', 'a/b', 'a/b/c', 'ab', 'b/b', 'b/c']

const some = (count: number) => fc.shuffledSubarray(NAMES, { minLength: count })
/** Mailboxes with ids from 1 on; null for an id that is not there. */
const listed = (names: readonly (string | null)[]): Mailbox[] =>
  names.flatMap((path, index) => (path === null ? [] : [mailbox(index + 1, path)]))

function mailbox(id: number, path: string, isSubscribed = false): Mailbox {
  const facts = { delimiter: '/', isSelectable: true, isReadOnly: false, readOnlyReason: undefined, role: undefined }
  return { id, path, isSubscribed, ...facts }
}

/** Believes what it is told, and that no two mailboxes have one name. */
function follow(names: Map<number, string>, changes: ReturnType<KnownListing['update']>): Map<number, string> {
  for (const { before, after } of changes) {
    if (before && names.get(before.id) !== before.path) throw new Error(`${before.path} is not known`)
    names.delete((before ?? after)?.id ?? 0)
    if (!after) continue
    if ([...names.values()].includes(after.path)) throw new Error(`${after.path} is not free`)
    names.set(after.id, after.path)
  }
  return names
}

const namesOf = (mailboxes: readonly Pick<KnownMailbox, 'id' | 'path'>[]) =>
  new Map(mailboxes.map(({ id, path }) => [id, path]))

t.test('a name is free when it is told of another mailbox, however names are exchanged', async t => {
  const maybe = (names: readonly string[], gone: readonly boolean[]) =>
    names.map((name, index) => (gone[index] ? null : name))
  const gone = fc.array(fc.boolean(), { minLength: NAMES.length, maxLength: NAMES.length })
  const found = fc.assert(
    fc.property(some(2), some(2), gone, gone, (first, second, isGone, isGoneThen) => {
      const [before, after] = [listed(maybe(first, isGone)), listed(maybe(second, isGoneThen))]
      const told = follow(namesOf(before), new KnownListing(before).update(after))
      t.same([...told].sort(), [...namesOf(after)].sort())
    }),
    { numRuns: 2000 },
  )
  t.equal(found, undefined)
})

t.test('all names of ten thousand mailboxes move on by one, or go round', async t => {
  const name = (index: number) => `m${String(index).padStart(5, '0')}`
  const all = Array.from({ length: 10_000 }, (_, index) => index)
  const before = listed(all.map(name))
  const on = new KnownListing(before).update(listed(all.map(index => name(index + 1))))
  t.same([on.length, on[0]?.before?.path, on.at(-1)?.before?.path], [10_000, name(9999), name(0)])
  const round = new KnownListing(before).update(listed(all.map(index => name((index + 1) % all.length))))
  t.same([round.length, round[0]?.after, round.at(-1)?.before], [10_001, undefined, undefined])
})

t.test('what the client renames takes the place of what it knew there, and moves what is below it', t => {
  const listing = new KnownListing(listed(['a', 'a/b', 'a/b/c', 'ab', 'd/b']))
  listing.renamed('a', 'd')
  t.same(
    [1, 2, 3, 4, 5].map(id => listing.get(id)?.path),
    ['d', 'd/b', 'd/b/c', 'ab', undefined],
  )
  listing.renamed('d', 'd/b')
  t.same(
    [1, 2, 3].map(id => listing.get(id)?.path),
    ['d/b', 'd/b/b', 'd/b/b/c'],
  )
  t.end()
})

import fc from 'fast-check'
import t from 'tap'
import { contentKey } from '../../src/formats/groupware/content-key.ts'
import { joinedKind } from '../../src/sync/objects/join/join-collection.ts'
import { type HeldCollection, mapCollections, shownName } from '../../src/sync/objects/join/map-collections.ts'
import {
  type AccountObject,
  type LocalObject,
  matchObjects,
  saysTheSame,
} from '../../src/sync/objects/join/match-objects.ts'
import type { CalendarComponent, ListedCollection } from '../../src/sync/objects/remote-collections.ts'
import { contact, event } from '../support/dav.ts'

const few = (...texts: readonly string[]) => fc.constantFrom(...texts)
const maybe = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined })

const place: fc.Arbitrary<Omit<HeldCollection, 'id' | 'segment'>> = fc.record({
  kind: fc.constantFrom('calendar', 'contacts', 'tasks', 'notes'),
  path: few('Work', 'work', 'Work (calendar)', 'Work (tasks 2)', 'People'),
  href: maybe(few('/a/', '/b/', '/c/')),
  components: fc.constant([]),
  isReadOnly: fc.boolean(),
  joining: fc.constant('place'),
  knownOf: fc.constant(undefined),
  holds: fc.subarray<CalendarComponent>(['VEVENT', 'VTODO']),
})

const collection: fc.Arbitrary<Omit<ListedCollection, 'href'>> = fc
  .record({
    name: few('Work', 'work', 'People'),
    components: fc.subarray<CalendarComponent>(['VEVENT', 'VTODO', 'VJOURNAL'], { minLength: 1 }),
    isBook: fc.boolean(),
    isReadOnly: fc.boolean(),
  })
  .map(({ isBook, components, ...rest }) => ({
    ...rest,
    ...{ version: undefined, color: undefined, description: undefined, maxObjectOctets: undefined },
    ...(isBook ? { kind: 'addressbook', components: [] } : { kind: 'calendar', components }),
  }))

t.test('each collection has one place of its kind at most, in which what is in it may be', async () => {
  const hrefs = fc.uniqueArray(few('/a/', '/b/', '/c/', '/d/', '/x/s1/'), { maxLength: 5 })
  const lists = fc.tuple(fc.array(place, { maxLength: 5 }), fc.array(collection, { minLength: 5, maxLength: 5 }), hrefs)
  fc.assert(
    fc.property(lists, ([some, found, taken]) => {
      const places = some.map((each, id): HeldCollection => ({ ...each, id, segment: `s${id}` }))
      const listed = taken.map((href, index) => ({ ...found[index], href }) as ListedCollection) // as many as hrefs
      const mapped = mapCollections(places, listed)
      const left = places.filter(each => !mapped.some(({ place }) => place === each))
      const free = listed.filter(each => !mapped.some(other => other.listed === each))
      const distinct = new Set(mapped.flatMap(({ place, listed }) => [place, listed]))
      const isOwn = mapped.every(({ place, listed }) => {
        return (
          (place.kind === 'contacts') === (listed.kind === 'addressbook') && (place.isReadOnly || !listed.isReadOnly)
        )
      })
      const isMissed = left.some(({ kind, path, isReadOnly }) => {
        const isLike = (each: ListedCollection) => kind === 'contacts' && each.kind === 'addressbook'
        return free.some(each => isLike(each) && each.name === path && (isReadOnly || !each.isReadOnly))
      })
      return distinct.size === mapped.length * 2 && isOwn && !isMissed
    }),
    { numRuns: 2000 },
  )
})

t.test('what is in a calendar says what it may be, whatever it takes', async t => {
  const facts = {
    id: 1,
    href: undefined,
    isReadOnly: false,
    joining: 'place',
    knownOf: undefined,
    segment: 's',
  } as const
  const none = { version: undefined, color: undefined, description: undefined, maxObjectOctets: undefined }
  const listed = (...components: CalendarComponent[]) =>
    ({ ...none, kind: 'calendar', components, isReadOnly: false, href: '/a/', name: 'To do' }) as const
  const here = { ...facts, path: 'To do', components: ['VEVENT', 'VTODO'], kind: 'calendar' } as const
  const finds = (holds: readonly CalendarComponent[], there: ListedCollection) =>
    mapCollections([{ ...here, holds }], [there, { ...there, href: '/b/', name: 'Else' }]).length === 1
  t.ok(finds(['VTODO'], listed('VTODO')))
  t.ok(finds(['VTODO', 'VEVENT'], listed('VEVENT')), 'one task is no reason to have all events twice')
  t.notOk(finds(['VTODO', 'VEVENT'], listed('VTODO')))
  t.notOk(finds([], listed('VTODO')))
})

t.test('the place says more than the name, the name more than that there is one alone', async t => {
  const facts = {
    components: [],
    isReadOnly: false,
    joining: 'place',
    knownOf: undefined,
    kind: 'contacts',
    holds: [],
  } as const
  const none = { version: undefined, color: undefined, description: undefined, maxObjectOctets: undefined }
  const book = (href: string, name: string) =>
    ({ ...none, kind: 'addressbook', components: [], isReadOnly: false, href, name }) as const
  const one: HeldCollection = { ...facts, id: 1, segment: 'postern-1', path: 'People (contacts)', href: '/a/' }
  const found = (listed: readonly ListedCollection[], place = one) =>
    mapCollections([place], listed).map(({ listed }) => listed.href)
  t.same(found([book('/b/', 'People'), book('/a/', 'Others')]), ['/a/'])
  t.same(found([book('/b/', 'People'), book('/x/postern-1/', 'Others')]), ['/x/postern-1/'], 'it was made before')
  t.same(found([book('/b/', 'Others'), book('/c/', 'people')]), ['/c/'])
  t.same(found([book('/b/', 'Others')]), ['/b/'])
  t.same(found([book('/b/', 'Others'), book('/c/', 'More')]), [])
  const two = { ...one, id: 2, path: 'Club', href: undefined }
  t.same(mapCollections([one, two], [book('/b/', 'Others')]), [], 'nobody knows which one it is')
  t.equal(shownName({ path: 'Work (calendar 12)', kind: 'calendar' }), 'Work')
  t.equal(shownName({ path: 'Work (calendar)', kind: 'tasks' }), 'Work (calendar)')
})

const identity = {
  href: few('/1', '/2', '/3', '/4', '/5'),
  uid: maybe(few('u1', 'u2', 'u3')),
  sha256: few('s1', 's2', 's3', ''),
  content: maybe(few('c1', 'c2')),
}
const localObject: fc.Arbitrary<Omit<LocalObject, 'id'>> = fc.record({
  ...identity,
  etag: maybe(few('e1', 'e2')),
  sentSha256: maybe(few('s1', 's2')),
  revision: fc.nat(3),
  isDirty: fc.boolean(),
  isGone: fc.boolean(),
})
const accountObject: fc.Arbitrary<AccountObject> = fc
  .record({ ...identity, etag: few('e1', 'e2') })
  .map(each => (each.sha256 === '' ? { ...each, uid: undefined, content: undefined } : each)) // it could not be read

t.test('each object is of one pair at most, with what is like it; nothing alike is left on both sides', async () => {
  const both = fc.tuple(
    fc.array(localObject.map(each => (each.sha256 === '' ? { ...each, sha256: 's9' } : each))),
    fc.uniqueArray(accountObject, { selector: ({ href }) => href }),
  )
  fc.assert(
    fc.property(both, ([some, account]) => {
      const local = some.map((each, id) => ({ ...each, id }))
      const pairs = matchObjects(local, account)
      const left = local.filter(({ id, isGone }) => !isGone && !pairs.some(pair => pair.local.id === id))
      const free = account.filter(each => !pairs.some(pair => pair.account === each))
      const isLike = (one: LocalObject, other: AccountObject) =>
        (one.uid !== undefined && one.uid === other.uid) || saysTheSame(one, other)
      const isVersion = (one: LocalObject, other: AccountObject) => one.uid === other.uid && one.etag === other.etag
      const isNamed = (one: LocalObject, other: AccountObject) =>
        one.href === other.href && (other.sha256 === '' || isVersion(one, other))
      const distinct = new Set(pairs.flatMap(pair => [pair.local, pair.account]))
      return (
        distinct.size === pairs.length * 2 &&
        pairs.every(pair => isLike(pair.local, pair.account) || isNamed(pair.local, pair.account)) &&
        !left.some(one => free.some(other => isLike(one, other)))
      )
    }),
    { numRuns: 5000 },
  )
})

t.test('nothing is deleted in another account, and nothing there is replaced unasked', async () => {
  const pair = fc.record({ local: localObject.map(each => ({ ...each, id: 1 })), account: accountObject })
  fc.assert(
    fc.property(pair, fc.boolean(), ({ local, account }, isSameAccount) => {
      const kind = joinedKind({ local, account }, isSameAccount)
      const isKnown = local.href === account.href && local.etag === account.etag
      if (local.isGone) return kind === 'back' || (kind === 'before' && isKnown)
      const isTold = kind === 'before' && local.isDirty // what is here replaces what is there
      if (isTold) return isSameAccount && isKnown
      if (kind === 'same') return saysTheSame(local, account)
      return kind !== 'newer' || saysTheSame(local, account) || (isSameAccount && !local.isDirty)
    }),
    { numRuns: 5000 },
  )
})

t.test('what an entry says is known whatever its UID, the order of its lines, or who wrote it', async t => {
  const lines = ['RRULE:FREQ=DAILY;COUNT=3', 'CATEGORIES:A,B', 'X-NOTE;LANGUAGE=de;X-A=1:ä']
  const same = [
    event('1', 'A name', ...lines),
    event('2', 'A name', ...lines.toReversed()),
    event('1', 'A name', ...lines).replace('//Postern//', '//Other//'),
    event('1', 'A name', ...lines).replaceAll('\r\n', '\n'),
    event('1', 'A name', ...lines).replace('A name', 'A\r\n  name'),
    event('1', 'A name', ...lines).replace('DAILY;COUNT=3', 'DAILY;\r\n COUNT=3'),
    event('1', 'A name', ...lines).replace('FREQ=DAILY;COUNT=3', 'COUNT=3;FREQ=DAILY'),
    event('1', 'A name', ...lines).replace('BEGIN:VEVENT', 'CALSCALE:GREGORIAN\r\nBEGIN:VEVENT'),
    event('1', 'A name', ...lines).replace('DTSTAMP:2026', 'DTSTAMP:2027'),
  ].map(text => contentKey(Buffer.from(text)))
  t.same(new Set(same).size, 1)
  const others = [
    event('1', 'A name'),
    event('1', 'Another', ...lines),
    event('1', 'A name', ...lines).replace('T100000Z', 'T100001Z'),
    event('1', 'A name', ...lines).replace('LANGUAGE=de', 'LANGUAGE=en'),
    contact('1', 'A name'),
    contact('1', 'A name').repeat(2),
    'BEGIN:VCARD',
    '',
    '\uFFFD',
  ].map(text => contentKey(Buffer.from(text)))
  t.equal(new Set([...same, ...others]).size, others.length + 1)
  t.doesNotThrow(() => fc.assert(fc.property(fc.uint8Array(), octets => contentKey(Buffer.from(octets)).length === 44)))
})

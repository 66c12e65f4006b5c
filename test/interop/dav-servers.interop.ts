import t, { type Test } from 'tap'
import type { RemoteCollection } from '../../src/sync/objects/remote-collection.ts'
import { byName, connectTestDav, contact, davOptions, event, OtherClient, todo } from '../support/dav.ts'
import { DAV_SERVERS, type RunningDav } from '../support/dav-servers.ts'
import { sampled } from '../support/sample.ts'

const MANY = 120 // more than one question asks for

for (const { name, missing, start, ignoresComponents } of sampled(DAV_SERVERS, 2)) {
  t.test(name, { skip: missing() ?? false }, async t => {
    await using server = await start(t.testdir())
    const other = await makeCollections(server)
    await using dav = connectTestDav(server.url, optionsFor(server))

    await t.test('its collections are found from its root, with what they hold', async t => {
      const { collections, kinds } = await dav.list()
      t.strictSame(kinds, ['calendar', 'addressbook'])
      const known = ignoresComponents ? ['VEVENT', 'VTODO', 'VJOURNAL'] : undefined
      const work = byName(collections, 'Work')
      t.match(work, { kind: 'calendar', href: `${server.calendars}work/`, isReadOnly: false, version: /./ })
      t.strictSame(work.components, known ?? ['VEVENT'])
      t.strictSame(byName(collections, 'Tasks & notes').components, known ?? ['VTODO', 'VJOURNAL'])
      t.match(byName(collections, 'Friends'), {
        ...{ kind: 'addressbook', href: `${server.addressBooks}friends/`, components: [], isReadOnly: false },
      })
    })

    const work = dav.open({ kind: 'calendar', href: `${server.calendars}work/` })
    await t.test('an event goes there and comes back', t => eventGoesAndComes(t, work, server))
    if (server.caFile !== undefined) return // with TLS it is the same server
    await t.test('a token tells what others changed since', t => deltaTells(t, work, server, other))
    await t.test('nothing of somebody else is overwritten', t => preconditionsHold(t, work, server, other))
    await t.test('names with special characters are the same on both sides', t => specialNames(t, work, server, other))
    await t.test('a token that is not known begins anew', async t => {
      const { isFull, members } = await work.changes('http://example.test/no-such-token')
      t.ok(isFull)
      t.ok(members.length > 0)
    })
    await t.test('contacts and tasks come as well', async t => {
      const [friends, tasks] = [`${server.addressBooks}friends/`, `${server.calendars}tasks/`]
      await other.put(`${friends}bob.vcf`, contact('bob', 'Bob'))
      await other.put(`${tasks}buy.ics`, todo('buy', 'Buy milk'))
      const contacts = await readAll(dav.open({ kind: 'addressbook', href: friends }))
      t.match(contacts, new Map([[`${friends}bob.vcf`, /^FN:Bob\r$/m]]))
      t.match(await readAll(dav.open({ kind: 'calendar', href: tasks })), new Map([[`${tasks}buy.ics`, /Buy milk/]]))
    })
    // Of Radicale, dav-many.interop.ts reads more.
    if (name !== 'Radicale') await t.test('hundreds of objects come', t => many(t, work, server, other))
  })
}

function optionsFor({ user, password, caFile }: RunningDav) {
  return davOptions(user, password, caFile === undefined ? {} : { caFile })
}

async function makeCollections({ url, user, password, calendars, addressBooks }: RunningDav): Promise<OtherClient> {
  const other = new OtherClient(url, user, password)
  await other.makeCalendar(`${calendars}work/`, 'Work')
  await other.makeCalendar(`${calendars}tasks/`, 'Tasks &amp; notes', ['VTODO', 'VJOURNAL'])
  await other.makeAddressBook(`${addressBooks}friends/`, 'Friends')
  return other
}

async function readAll(collection: RemoteCollection): Promise<ReadonlyMap<string, string>> {
  const { members } = await collection.changes(undefined)
  const objects = await Array.fromAsync(collection.read(members.map(({ href }) => href)))
  return new Map(objects.map(({ href, octets }) => [href, octets.toString()]))
}

async function eventGoesAndComes(t: Test, work: RemoteCollection, { calendars }: RunningDav): Promise<void> {
  const href = `${calendars}work/standup.ics`
  const sent = event('standup', 'Stand-up – täglich: 日本 🎉 <&>')
  t.match(await work.write(href, Buffer.from(sent), 'absent'), { kind: 'done', etag: /^"/ })
  const { isFull, members, token } = await work.changes(undefined)
  t.ok(isFull)
  t.match(token, /./)
  t.match(members, [{ href, etag: /^"/ }])
  const [object, ...rest] = await Array.fromAsync(work.read([href, `${calendars}work/none.ics`]))
  t.strictSame(rest, [], 'what is not there is left out')
  t.equal(object?.etag, members[0]?.etag)
  t.strictSame(linesOf(object?.octets), linesOf(Buffer.from(sent)), 'some servers put the lines into another order')
  t.notMatch(object?.octets.toString(), /[^\r]\n/)
}

function linesOf(octets: Buffer | undefined): readonly string[] {
  return String(octets).split('\r\n').sort()
}

async function deltaTells(t: Test, work: RemoteCollection, server: RunningDav, other: OtherClient): Promise<void> {
  const place = `${server.calendars}work/`
  await other.put(`${place}going.ics`, event('going', 'Going'))
  await other.put(`${place}changing.ics`, event('changing', 'Before'))
  const before = await work.changes(undefined)
  await other.put(`${place}changing.ics`, event('changing', 'After'))
  await other.put(`${place}new.ics`, event('new', 'New'))
  await other.delete(`${place}going.ics`)
  const { isFull, members, removed, token } = await work.changes(before.token)
  t.notOk(isFull)
  t.strictSame(members.map(({ href }) => href).sort(), [`${place}changing.ics`, `${place}new.ics`])
  t.strictSame(removed, [`${place}going.ics`])
  const nothing = await work.changes(token)
  t.match(nothing, { isFull: false, members: [], removed: [] })
}

async function preconditionsHold(
  t: Test,
  work: RemoteCollection,
  server: RunningDav,
  other: OtherClient,
): Promise<void> {
  const href = `${server.calendars}work/shared.ics`
  const write = (summary: string, etag: string | undefined) =>
    work.write(href, Buffer.from(event('shared', summary)), etag === undefined ? 'absent' : { etag })
  await other.put(href, event('shared', 'Theirs'))
  t.strictSame(await write('Ours', undefined), { kind: 'conflict' }, 'it is there already')
  const [first] = await Array.fromAsync(work.read([href]))
  t.match(await write('Ours', first?.etag), { kind: 'done' })
  t.strictSame(await write('Late', first?.etag), { kind: 'conflict' })
  t.strictSame(await work.remove(href, { etag: first?.etag ?? '' }), { kind: 'conflict' })
  t.strictSame(await work.remove(href, { etag: 'unknown' }), { kind: 'conflict' })
  t.match(await other.get(href), { text: /SUMMARY:Ours/ })
  const [second] = await Array.fromAsync(work.read([href]))
  t.match(await work.remove(href, { etag: second?.etag ?? '' }), { kind: 'done' })
  t.match(await work.remove(href, { etag: second?.etag ?? '' }), { kind: 'done' }, 'what is gone is gone')
  t.strictSame(await write('Again', second?.etag), { kind: 'conflict' })
}

// As the other client writes them, and as we do.
const NAMES: Readonly<Record<string, string>> = {
  'a b.ics': 'a%20b.ics',
  'ümlaut.ics': '%C3%BCmlaut.ics',
  'a@b:c,d;e=f.ics': 'a%40b%3Ac%2Cd%3Be%3Df.ics',
  "it's(1)+2!*.ics": 'it%27s%281%29%2B2%21%2A.ics',
  'per%25cent.ics': 'per%25cent.ics',
  'am&p.ics': 'am%26p.ics',
}

async function specialNames(t: Test, work: RemoteCollection, server: RunningDav, other: OtherClient): Promise<void> {
  const place = `${server.calendars}work/`
  const { token } = await work.changes(undefined)
  const uid = (name: string) => name.replace(/[^a-z]/g, '')
  for (const name of Object.keys(NAMES)) await other.put(`${place}${name}`, event(uid(name), name))
  const { members } = await work.changes(token)
  const expected = Object.values(NAMES).map(name => `${place}${name}`)
  t.strictSame(members.map(({ href }) => href).sort(), expected.sort())
  const objects = await Array.fromAsync(work.read(members.map(({ href }) => href)))
  t.strictSame(objects.map(({ href }) => href).sort(), expected.sort())
  for (const { href, etag } of objects) t.match(await work.remove(href, { etag }), { kind: 'done' }, href)
  t.match(await work.changes(token), { members: [] })
}

async function many(t: Test, work: RemoteCollection, server: RunningDav, other: OtherClient): Promise<void> {
  const names = Array.from({ length: MANY }, (_, n) => `${server.calendars}work/many-${n}.ics`)
  const { token } = await work.changes(undefined)
  for (const [n, name] of names.entries()) await other.put(name, event(`many-${n}`, `Number ${n}`))
  const { members } = await work.changes(token)
  t.strictSame(members.map(({ href }) => href).sort(), names.toSorted())
  const objects = await Array.fromAsync(work.read(names))
  const found = objects.map(({ href, octets }) => `${href} ${/Number \d+/.exec(octets.toString())?.[0]}`)
  t.strictSame(found.sort(), names.map((name, n) => `${name} Number ${n}`).sort())
}

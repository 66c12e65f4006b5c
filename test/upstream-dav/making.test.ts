import t, { type Test } from 'tap'
import type { NewCollection } from '../../src/sync/objects/remote-collections.ts'
import { connectTestDav, davOptions } from '../support/dav.ts'
import { type DavScript, type ScriptedAnswer, startScriptedDav } from '../support/dav-script.ts'

const CALENDAR: NewCollection = { kind: 'calendar', segment: 'postern-1', name: 'A & "B" <C>', components: ['VEVENT'] }
const BOOK: NewCollection = { kind: 'addressbook', segment: 'postern-2', name: 'People', components: [] }

function multistatus(href: string, properties: string): ScriptedAnswer {
  const spaces = 'xmlns="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav" xmlns:a="urn:ietf:params:xml:ns:carddav"'
  const found = `<propstat><prop>${properties}</prop><status>HTTP/1.1 200 OK</status></propstat>`
  const body = `<multistatus ${spaces}><response><href>${href}</href>${found}</response></multistatus>`
  return { status: 207, headers: { 'content-type': 'application/xml' }, body }
}

const HOMES =
  '<c:calendar-home-set><href>/home/</href></c:calendar-home-set><a:addressbook-home-set><href>/home/</href></a:addressbook-home-set>'

/** A server whose answers to what makes a collection are these; `isMade` tells whether one is there afterwards. */
async function serve(t: Test, making: (body: string) => ScriptedAnswer, isMade: boolean) {
  const script: DavScript = ({ method, path, body }) => {
    if (method.startsWith('MK')) return making(body)
    if (!path.startsWith('/home/postern-')) return multistatus(path, HOMES)
    const type = path.includes('-1') ? 'c:calendar' : 'a:addressbook'
    return isMade ? multistatus(path, `<resourcetype><collection/><${type}/></resourcetype>`) : { status: 404 }
  }
  const server = await startScriptedDav(t, script)
  const dav = connectTestDav(server.url, davOptions('ada', 'secret'))
  t.teardown(() => dav[Symbol.asyncDispose]())
  return { dav, requests: server.requests }
}

t.test('a calendar is made with its name and what it takes, an address book by an extended MKCOL', async t => {
  const { dav, requests } = await serve(t, () => ({ status: 201 }), false)
  await dav.create(CALENDAR)
  await dav.create(BOOK)
  const [calendar, book] = requests.filter(({ method }) => method.startsWith('MK'))
  t.match(calendar, { method: 'MKCALENDAR', path: '/home/postern-1/' })
  t.match(calendar?.body, /<d:set><d:prop><d:displayname>A &amp; "B" &lt;C&gt;<\/d:displayname>/)
  t.match(calendar?.body, /<c:supported-calendar-component-set><c:comp name="VEVENT"\/></)
  t.match(book, { method: 'MKCOL', path: '/home/postern-2/' })
  t.match(book?.body, /<d:resourcetype><d:collection\/><a:addressbook\/><\/d:resourcetype>/)
})

const EXISTS = '<error xmlns="DAV:"><resource-must-be-null/></error>'

for (const [says, answer] of [
  ['405', { status: 405 }],
  ['409', { status: 409 }],
  ['403 with a precondition', { status: 403, body: EXISTS }],
  ['500', { status: 500 }],
  ['207', multistatus('/home/postern-1/', '')],
] as const) {
  t.test(`after ${says}, what is there is made, and what is not is refused`, async t => {
    const there = await serve(t, () => answer, true)
    await there.dav.create(CALENDAR)
    await there.dav.create(BOOK)
    const missing = await serve(t, () => answer, false)
    for (const each of [CALENDAR, BOOK]) await t.rejects(missing.dav.create(each), { code: 'UPSTREAM_REFUSED' })
  })
}

t.test('where the URL is that of one collection, nothing is made beside it', async t => {
  const script: DavScript = ({ path }) => {
    const type = path === '/one/' ? '<resourcetype><collection/><c:calendar/></resourcetype>' : '<resourcetype/>'
    return multistatus(path, type)
  }
  const { url, requests } = await startScriptedDav(t, script)
  const dav = connectTestDav(new URL('/one/', url), davOptions('ada', 'secret'))
  t.teardown(() => dav[Symbol.asyncDispose]())
  await t.rejects(dav.create(CALENDAR), { code: 'UPSTREAM_REFUSED', message: /that of one collection/ })
  await t.rejects(dav.create(BOOK), { code: 'UPSTREAM_PROTOCOL' })
  t.notOk(requests.some(({ method }) => method.startsWith('MK')))
})

import t, { type Test } from 'tap'
import { connectTestDav, davOptions } from '../support/dav.ts'
import { type DavScript, found, multistatus, startScriptedDav, told } from '../support/dav-script.ts'

const HOMES = found(
  '/me/',
  '<c:calendar-home-set><d:href>/cal</d:href></c:calendar-home-set><d:resourcetype><d:principal/></d:resourcetype>',
)

async function account(t: Test, script: DavScript) {
  const server = await startScriptedDav(t, script)
  const dav = connectTestDav(server.url, davOptions('ada', 'secret'))
  t.teardown(() => dav[Symbol.asyncDispose]())
  return { server, dav }
}

const calendar = (href: string, properties = '') =>
  found(href, `<d:resourcetype><d:collection/><c:calendar/></d:resourcetype>${properties}`)

async function listOf(t: Test, ...responses: readonly string[]) {
  const { dav } = await account(t, ({ path, headers }) => {
    if (headers.depth === '1') return multistatus(responses)
    return path === '/.well-known/carddav' ? { status: 404 } : multistatus([HOMES])
  })
  return await dav.list()
}

t.test('a collection is told as the server shows it', async t => {
  const components = ['VEVENT', 'vtodo', 'VFREEBUSY'].map(name => `<c:comp name="${name}"/>`).join('')
  const { collections, kinds } = await listOf(
    t,
    found('/cal/', '<d:resourcetype><d:collection/></d:resourcetype>'),
    calendar(
      '/cal/one',
      `<d:displayname> Ada’s\n  calendar </d:displayname><s:getctag>7</s:getctag><d:sync-token>8</d:sync-token>
       <i:calendar-color>#FF00aa80</i:calendar-color><c:calendar-description>Mine</c:calendar-description>
       <c:max-resource-size>1000</c:max-resource-size>
       <c:supported-calendar-component-set>${components}</c:supported-calendar-component-set>`,
    ),
    calendar('/cal/caf%C3%A9%20b/', '<i:calendar-color>red</i:calendar-color>'),
  )
  t.strictSame(kinds, ['calendar'], 'the address books were not looked at')
  t.strictSame(collections, [
    {
      ...{ kind: 'calendar', href: '/cal/one/', name: 'Ada’s calendar', components: ['VEVENT', 'VTODO'], version: '7' },
      ...{ isReadOnly: false, color: '#ff00aa', description: 'Mine', maxObjectOctets: 1000 },
    },
    {
      ...{ kind: 'calendar', href: '/cal/caf%C3%A9%20b/', name: 'café b', components: ['VEVENT', 'VTODO', 'VJOURNAL'] },
      ...{
        version: undefined,
        isReadOnly: false,
        color: undefined,
        description: undefined,
        maxObjectOctets: undefined,
      },
    },
  ])
})

t.test('what is no calendar for objects is left out', async t => {
  const { collections } = await listOf(
    t,
    found('/cal/inbox/', '<d:resourcetype><d:collection/><c:schedule-inbox/></d:resourcetype>'),
    found(
      '/cal/bin/',
      '<d:resourcetype><c:calendar/><x:deleted-calendar xmlns:x="http://nextcloud.com/ns"/></d:resourcetype>',
    ),
    calendar(
      '/cal/free/',
      '<c:supported-calendar-component-set><c:comp name="VFREEBUSY"/></c:supported-calendar-component-set>',
    ),
    calendar('https://evil.example/cal/x/'),
    told('/cal/secret/', '403 Forbidden'),
    calendar('/cal/real/'),
    calendar('/cal/re%61l'),
  )
  t.match(collections, [{ href: '/cal/real/' }])
  t.equal(collections.length, 1)
})

t.test('a place whose path would name another host by itself is left out, and nobody is sent there', async t => {
  const { dav, server } = await account(t, ({ path, headers }) => {
    const places = [calendar('/cal/a/'), calendar(`http://${headers.host}//evil.invalid/cal/x/`)]
    if (headers.depth === '1') return multistatus(places)
    return path === '/.well-known/carddav' ? { status: 404 } : multistatus([HOMES])
  })
  const { collections } = await dav.list()
  // The next run knows them by their paths alone.
  const hosts = new Set<string>()
  const proxyTo = async ({ host }: { readonly host: string }) => void hosts.add(host)
  const next = connectTestDav(server.url, { ...davOptions('ada', 'secret'), proxyTo })
  t.teardown(() => next[Symbol.asyncDispose]())
  for (const each of collections)
    await next
      .open(each)
      .changes(undefined)
      .catch(() => undefined)
  t.same([...hosts], ['127.0.0.1'])
  t.match(collections, [{ href: '/cal/a/' }])
  t.equal(collections.length, 1)
})

t.test('rights to change anything make a collection one that can be changed', async t => {
  const privileges: Readonly<Record<string, boolean>> = {
    '<d:privilege><d:read/></d:privilege>': true,
    '<d:privilege><d:read/></d:privilege><d:privilege><d:write-properties/></d:privilege>': true,
    '': true,
    '<d:privilege><d:read/></d:privilege><d:privilege><d:write/></d:privilege>': false,
    '<d:privilege><d:all/></d:privilege>': false,
    '<d:privilege><d:bind/></d:privilege>': false,
    '<d:privilege><d:write-content/></d:privilege>': false,
  }
  for (const [set, isReadOnly] of Object.entries(privileges)) {
    const property = `<d:current-user-privilege-set>${set}</d:current-user-privilege-set>`
    t.match(await listOf(t, calendar('/cal/a/', property)), { collections: [{ isReadOnly }] }, set)
  }
})

t.test('a home that says nothing is no empty one', async t => {
  await t.rejects(listOf(t), { code: 'UPSTREAM_PROTOCOL' })
  await t.rejects(listOf(t, told('/cal/', '403 Forbidden')), { code: 'UPSTREAM_PROTOCOL' })
})

t.test('a home on another host is not gone to', async t => {
  const far = '<c:calendar-home-set><d:href>https://evil.example/cal/</d:href></c:calendar-home-set>'
  const { dav } = await account(t, () => multistatus([found('/', far)]))
  await t.rejects(dav.list(), { code: 'UPSTREAM_REDIRECT_REFUSED', message: /evil\.example.*another host/ })
})

t.test('who is shown as nobody signs in, though nobody asked', async t => {
  const { server, dav } = await account(t, ({ headers, path }) => {
    if (headers.authorization === undefined) {
      return multistatus([found(path, '<d:current-user-principal><d:unauthenticated/></d:current-user-principal>')])
    }
    return headers.depth === '1' ? multistatus([calendar('/cal/a/')]) : multistatus([HOMES])
  })
  t.match(await dav.list(), { collections: [{ href: '/cal/a/' }] })
  t.equal(server.requests[0]?.headers.authorization, undefined, 'without TLS the server is asked first')
  t.equal(server.requests[1]?.headers.authorization, `Basic ${Buffer.from('ada:secret').toString('base64')}`)
})

t.test('without any service the account is told what to look at', async t => {
  const { dav } = await account(t, () => ({ status: 404 }))
  await t.rejects(dav.list(), { code: 'UPSTREAM_PROTOCOL', message: /has no CalDAV and no CardDAV/, advice: /path/ })
})

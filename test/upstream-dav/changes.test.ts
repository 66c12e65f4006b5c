import t from 'tap'
import { calendarAt } from '../support/dav.ts'
import { type DavScript, found, member, multistatus, startScriptedDav, told } from '../support/dav-script.ts'

const WORK = '/work/'
const TOKEN = /<d:sync-token>(.*?)<\/d:sync-token>/

async function calendar(t: Tap, script: DavScript, url = WORK) {
  const server = await startScriptedDav(t, script)
  return { server, work: calendarAt(t, new URL(url, server.url)) }
}

type Tap = Parameters<typeof calendarAt>[0]

t.test('pages are put together, the later word being the last', async t => {
  const pages: Readonly<Record<string, ReturnType<typeof multistatus>>> = {
    '': multistatus([member('/work/a'), member('/work/b'), told(WORK, '507 Insufficient Storage')], '0'),
    '0': multistatus([member('/work/b', '"2"'), member('/work/c'), told('/work', '507 Insufficient Storage')], 'two'),
    two: multistatus(
      [told('/work/a', '404 Not Found'), member('/work/d'), found(WORK, '<d:getetag>"x"</d:getetag>')],
      '3',
    ),
  }
  const { server, work } = await calendar(t, ({ body }) => pages[TOKEN.exec(body)?.[1] ?? ''])
  const members = [
    { href: '/work/b', etag: '"2"' },
    { href: '/work/c', etag: '"1"' },
    { href: '/work/d', etag: '"1"' },
  ]
  t.strictSame(await work.changes(undefined), { token: '3', isFull: true, members, removed: [] })
  t.strictSame(await work.changes('0'), { token: '3', isFull: false, members, removed: ['/work/a'] })
  t.match(server.requests, [{ method: 'REPORT', path: WORK, headers: { depth: '0' } }])
})

t.test('pages that lead nowhere are refused', async t => {
  const { work } = await calendar(t, () => multistatus([told(WORK, '507 Insufficient Storage')], 'same'))
  await t.rejects(work.changes('same'), { code: 'UPSTREAM_PROTOCOL', message: /no sync token to go on with/ })
  const { work: silent } = await calendar(t, () => multistatus([member('/work/a')]))
  await t.rejects(silent.changes(undefined), { code: 'UPSTREAM_PROTOCOL' })
})

t.test('a token that the server does not take begins anew, however it says so', async t => {
  const named = '<error xmlns="DAV:"><valid-sync-token/></error>'
  for (const [status, body] of [
    [403, named] as const,
    [409, named] as const,
    [410, ''] as const,
    [400, 'what?'] as const,
    [500, ''] as const,
  ]) {
    const { work } = await calendar(t, request =>
      TOKEN.exec(request.body)?.[1] === '' ? multistatus([member('/work/a')], 'new') : { status, body },
    )
    t.match(await work.changes('old'), { isFull: true, token: 'new', members: [{ href: '/work/a' }] }, `${status}`)
  }
})

t.test('without reports the ETags are compared, and only when the getctag is another one', async t => {
  let ctag = 'one & only'
  const { server, work } = await calendar(t, ({ method, headers }) => {
    if (method === 'REPORT') return { status: 501 }
    if (headers.depth === '0') return multistatus([found(WORK, `<s:getctag>${ctag.replace('&', '&amp;')}</s:getctag>`)])
    return multistatus([found(WORK, '<d:resourcetype><d:collection/></d:resourcetype>'), member('/work/a')])
  })
  const first = await work.changes(undefined)
  t.match(first, { isFull: true, members: [{ href: '/work/a' }], token: /one & only$/ })
  const before = server.requests.length
  t.match(await work.changes(first.token), { isFull: false, members: [], removed: [], token: first.token })
  t.equal(server.requests.length, before + 1)
  ctag = 'two'
  t.match(await work.changes(first.token), { isFull: true, members: [{ href: '/work/a' }], token: /two$/ })
})

t.test('half a list of members is none', async t => {
  for (const responses of [[], [member('/work/a')], [member('/work/a'), told(WORK, '507 Insufficient Storage')]]) {
    const { work } = await calendar(t, ({ method, headers }) => {
      if (method === 'REPORT') return { status: 501 }
      return multistatus(headers.depth === '0' ? [found(WORK, '')] : responses)
    })
    await t.rejects(work.changes(undefined), { code: 'UPSTREAM_PROTOCOL', message: /not whole/ })
  }
})

t.test('what lies elsewhere is no member, and everything elsewhere is no empty calendar', async t => {
  const elsewhere = ['https://evil.example/work/x', '/home/x', '/work/deeper/x', '/work/../x', 'mailto:x'].map(href =>
    member(href),
  )
  const odd = [
    member('/work/without-suffix'),
    member('/work/sub/'),
    found('/work/box', '<d:resourcetype><d:collection/></d:resourcetype>'),
  ]
  const { work } = await calendar(t, () => multistatus([...elsewhere, ...odd], '1'))
  t.match(await work.changes(undefined), { members: [{ href: '/work/without-suffix', etag: '"1"' }], token: '1' })
  t.equal((await work.changes(undefined)).members.length, 1)
  const { work: moved } = await calendar(t, () => multistatus(elsewhere, '1'))
  await t.rejects(moved.changes(undefined), { code: 'UPSTREAM_PROTOCOL', message: /outside of their collection/ })
  t.match(await moved.changes('0'), { members: [], removed: [] }, 'a delta removes nothing by saying nothing')
})

t.test('hrefs are one, however they are written', async t => {
  const written = ['/w%6Frk/a%20b@c.ics', '/work/a%20b%40c.ics', 'http://HOST/work/a b@c.ics']
  const { work } = await calendar(t, ({ headers }) =>
    multistatus(
      written.map(href => member(href.replace('HOST', headers.host ?? ''))),
      '1',
    ),
  )
  t.strictSame((await work.changes(undefined)).members, [{ href: '/work/a%20b%40c.ics', etag: '"1"' }])
})

t.test('an answer that breaks off is none', async t => {
  const whole = String(multistatus([member('/work/a'), member('/work/b')], '1').body)
  for (const cut of [10, 300, whole.length - 40, whole.length - 1]) {
    const { work } = await calendar(t, () => ({ status: 207, body: whole.slice(0, cut) }))
    await t.rejects(work.changes(undefined), { code: 'UPSTREAM_PROTOCOL' }, `well-formed HTTP, ${cut}`)
    const { work: lost } = await calendar(t, (_, response) => {
      response.writeHead(207, { 'content-length': whole.length }).write(whole.slice(0, cut), () => response.destroy())
      return undefined
    })
    await t.rejects(lost.changes(undefined), { code: 'UPSTREAM_LOST' }, `a lost connection, ${cut}`)
  }
})

t.test('a member without an ETag is not taken for one that is gone', async t => {
  const { work } = await calendar(t, () => multistatus([found('/work/a', '<d:resourcetype/>')], '1'))
  await t.rejects(work.changes(undefined), { code: 'UPSTREAM_PROTOCOL', message: /no ETag/ })
})

t.test('what is no DAV is said so', async t => {
  const page = '<!DOCTYPE html><html><body>Please sign in</body></html>'
  for (const answer of [
    { status: 200, body: page },
    { status: 207, body: page },
    { status: 207, body: '<x/>' },
  ]) {
    const { work } = await calendar(t, () => answer)
    await t.rejects(work.changes(undefined), { code: 'UPSTREAM_PROTOCOL' })
  }
})

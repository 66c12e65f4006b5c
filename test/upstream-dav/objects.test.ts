import t from 'tap'
import { calendarAt, event } from '../support/dav.ts'
import {
  type DavScript,
  found,
  multistatus,
  type ScriptedAnswer,
  startScriptedDav,
  told,
} from '../support/dav-script.ts'

type Tap = Parameters<typeof calendarAt>[0]

async function calendar(t: Tap, script: DavScript) {
  const server = await startScriptedDav(t, script)
  return { server, work: calendarAt(t, new URL('/work/', server.url)) }
}

function data(href: string, text: string, etag = '"1"'): string {
  return found(href, `<d:getetag>${etag}</d:getetag><c:calendar-data>${text}</c:calendar-data>`)
}

const HREF = '/work/a'
const OCTETS = Buffer.from(event('a', 'a'))

t.test('objects are asked for in blocks', async t => {
  const hrefs = Array.from({ length: 120 }, (_, n) => `/work/${n}%26`)
  const { server, work } = await calendar(t, ({ body }) =>
    multistatus([...body.matchAll(/<d:href>(.*?)<\/d:href>/g)].map(([, href = '']) => data(href, `text of ${href}`))),
  )
  const objects = await Array.fromAsync(work.read(hrefs))
  t.strictSame(
    objects.map(({ href, octets }) => `${href} ${octets}`),
    hrefs.map(href => `${href} text of ${href}`),
  )
  t.equal(server.requests.length, 3)
})

t.test('content is kept as it is, its line ends being those of the format', async t => {
  const texts: Readonly<Record<string, readonly [sent: string, read: string]>> = {
    '/work/blanks': ['\r\n  12345  \r\n', '\r\n  12345  \r\n'],
    '/work/references': ['a&#13;\nb&#x0d;&#x0a;', 'a\r\nb\r\n'],
    '/work/xml-line-ends': ['a\nb\n', 'a\r\nb\r\n'],
    '/work/cdata': ['<![CDATA[a\n<b>&amp;]]>', 'a\r\n<b>&amp;'],
  }
  const { work } = await calendar(t, () => multistatus(Object.entries(texts).map(([href, [sent]]) => data(href, sent))))
  for await (const { href, octets } of work.read(Object.keys(texts))) t.equal(octets.toString(), texts[href]?.[1], href)
})

t.test('what an answer leaves out or cannot hold is asked for by itself', async t => {
  const latin1 = Buffer.from('SUMMARY:caf\xe9\r\n', 'latin1')
  const single: Readonly<Record<string, ScriptedAnswer>> = {
    '/work/left-out': { status: 200, headers: { etag: 'W/"2"' }, body: 'left out' },
    '/work/latin1': { status: 200, headers: { etag: '"3"' }, body: latin1 },
    '/work/no-data': { status: 200, headers: { etag: '"4"' }, body: 'no data' },
    '/work/forbidden': { status: 403 },
    '/work/gone': { status: 410 },
  }
  const { server, work } = await calendar(t, ({ method, path }) => {
    if (method === 'GET') return single[path]
    const block = multistatus([
      data('/work/unasked', 'x'),
      data('https://evil.example/work/left-out', 'x'),
      told('/work/removed', '404 Not Found'),
      found('/work/no-data', '<d:getetag>"4"</d:getetag>'),
      data('/work/latin1', 'BROKEN'),
    ])
    return { ...block, body: Buffer.from(String(block.body).replace('BROKEN', 'SUMMARY:caf\xe9'), 'latin1') }
  })
  const objects = await Array.fromAsync(work.read(['/work/removed', ...Object.keys(single)]))
  t.strictSame(objects, [
    { href: '/work/left-out', etag: '"2"', octets: Buffer.from('left out') },
    { href: '/work/latin1', etag: '"3"', octets: latin1 },
    { href: '/work/no-data', etag: '"4"', octets: Buffer.from('no data') },
  ])
  t.notOk(server.requests.some(({ path }) => path === '/work/removed'))
})

t.test('an object that cannot be had now is not one that is gone', async t => {
  const { work } = await calendar(t, ({ method }) => ({ status: method === 'GET' ? 500 : 400 }))
  await t.rejects(Array.fromAsync(work.read([HREF])), { code: 'UPSTREAM_REFUSED', message: /HTTP status 500/ })
})

t.test('an object is stored with what it replaces, and its ETag is believed when it is exact', async t => {
  const etags: Readonly<Record<string, string | undefined>> = { '"2"': '"2"', 'W/"2"': undefined, '': undefined }
  for (const [sent, etag] of Object.entries(etags)) {
    const { server, work } = await calendar(t, ({ method }) => ({
      status: method === 'PUT' ? 201 : 204,
      headers: sent === '' ? {} : { etag: sent },
    }))
    t.strictSame(await work.write(HREF, OCTETS, 'absent'), { kind: 'done', etag })
    t.strictSame(await work.write(HREF, OCTETS, { etag: '"1"' }), { kind: 'done', etag })
    t.strictSame(await work.remove(HREF, { etag: 'unknown' }), { kind: 'done', etag: undefined })
    const type = { 'content-type': 'text/calendar; charset=utf-8', 'content-length': String(OCTETS.length) }
    t.match(server.requests, [
      { method: 'PUT', path: HREF, body: OCTETS.toString(), headers: { 'if-none-match': '*', ...type } },
      { method: 'PUT', path: HREF, body: OCTETS.toString(), headers: { 'if-match': '"1"', ...type } },
      { method: 'DELETE', path: HREF, headers: { 'if-match': '"unknown"' } },
    ])
  }
})

t.test('somebody who was faster is a conflict', async t => {
  const { work } = await calendar(t, ({ method }) => ({ status: method === 'HEAD' ? 200 : 412 }))
  t.strictSame(await work.write(HREF, OCTETS, 'absent'), { kind: 'conflict' })
  t.strictSame(await work.write(HREF, OCTETS, { etag: '"1"' }), { kind: 'conflict' })
  t.strictSame(await work.remove(HREF, { etag: '"1"' }), { kind: 'conflict' })
  const { work: gone } = await calendar(t, ({ method }) => ({ status: method === 'DELETE' ? 412 : 404 }))
  t.strictSame(await gone.write(HREF, OCTETS, { etag: '"1"' }), { kind: 'conflict' })
  t.strictSame(await gone.remove(HREF, { etag: '"1"' }), { kind: 'done', etag: undefined }, 'it is gone already')
})

const error = (content: string) =>
  `<?xml version="1.0"?><d:error xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav" xmlns:s="http://sabredav.org/ns">
    <s:exception>X</s:exception>${content}</d:error>`

const REFUSALS: readonly (readonly [status: number, body: string, message: RegExp, code?: string])[] = [
  [403, error('<c:no-uid-conflict><d:href>/x</d:href></c:no-uid-conflict>'), /another object there has the same UID/],
  [403, error('<d:need-privileges/>'), /you may not do this here/, 'NOPERM'],
  [403, '', /it is not allowed/, 'NOPERM'],
  [403, error('<c:max-resource-size/>'), /the object is too large/],
  [403, error('<d:new-thing/><s:message>Because\n of this</s:message>'), /new-thing: Because of this\)/],
  [409, '<html>no</html>', /is not there, or the change does not fit/],
  [413, '', /it is too large/],
  [415, error('<c:supported-calendar-data/>'), /does not take such calendar data/],
  [422, '', /cannot work with the content/],
  [423, '', /it is locked/],
  [500, '', /by a mistake of its own/],
  [507, error('<d:quota-not-exceeded/>'), /quota is used up/, 'OVERQUOTA'],
  [418, 'x'.repeat(1_000_000), /did not say why \(HTTP status 418\)/],
]

t.test('a refusal is told in words, and concerns one object', async t => {
  for (const [status, body, message, name] of REFUSALS) {
    const { work } = await calendar(t, () => ({ status, body }))
    const refused = { code: 'UPSTREAM_REFUSED', message, cause: { status, ...(name ? { code: { name } } : {}) } }
    await t.rejects(work.write(HREF, OCTETS, 'absent'), refused, `${status}`)
  }
})

t.test('a change goes on to another place of the same server, and only where HTTP repeats it', async t => {
  for (const status of [301, 307, 308]) {
    const { server, work } = await calendar(t, ({ path }) =>
      path === HREF ? { status, headers: { location: '/new/a' } } : { status: 204 },
    )
    t.match(await work.write(HREF, OCTETS, 'absent'), { kind: 'done' })
    t.match(server.requests[1], { method: 'PUT', path: '/new/a', body: OCTETS.toString() })
  }
  const { server, work } = await calendar(t, () => ({ status: 302, headers: { location: '/sign-in' } }))
  await t.rejects(work.write(HREF, OCTETS, 'absent'), { code: 'UPSTREAM_PROTOCOL', message: /HTTP status 302/ })
  t.equal(server.requests.length, 1)
})

t.test('nothing is written outside of the collection', async t => {
  const { server, work } = await calendar(t, () => ({ status: 204 }))
  for (const href of ['/home/a', '/work/../home/a', 'https://evil.example/work/a', '/work/', '/work/deep/a']) {
    await t.rejects(work.write(href, OCTETS, 'absent'), /outside of its collection/)
    await t.rejects(work.remove(href, { etag: '"1"' }), /outside of its collection/)
  }
  t.equal(server.requests.length, 0)
})

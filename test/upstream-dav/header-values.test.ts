import t from 'tap'
import { calendarAt } from '../support/dav.ts'
import { member, multistatus, startScriptedDav } from '../support/dav-script.ts'

const HREF = '/work/a'

t.test('an ETag that no header can hold matches nothing, and breaks nothing', async t => {
  const server = await startScriptedDav(t, ({ method }) => {
    if (method === 'REPORT') return multistatus([member(HREF, '"a&#10;X-Evil: 1"'), member('/work/b', '"€"')], 'urn:1')
    return { status: method === 'HEAD' ? 200 : 412 }
  })
  const work = calendarAt(t, new URL('/work/', server.url))
  const { members } = await work.changes(undefined)
  t.equal(members.length, 2)
  for (const { href, etag } of members) {
    t.strictSame(await work.write(href, Buffer.from('x'), { etag }), { kind: 'conflict' })
    t.strictSame(await work.remove(href, { etag }), { kind: 'conflict' })
  }
  t.notOk(server.requests.some(({ headers }) => 'x-evil' in headers))
})

t.test('a user whose name is no ASCII signs in with Digest (RFC 7616 section 3.4)', async t => {
  const challenge = 'Digest realm="r", nonce="n", qop="auth", algorithm=SHA-256, charset=UTF-8'
  const server = await startScriptedDav(t, ({ headers }) =>
    headers.authorization
      ? { status: 201, headers: { etag: '"1"' } }
      : { status: 401, headers: { 'www-authenticate': challenge } },
  )
  const credentials = async () => ({ user: "Андрей (o'x)", password: 'x' })
  const work = calendarAt(t, new URL('/work/', server.url), { credentials })
  t.match(await work.write(HREF, Buffer.from('x'), 'absent'), { kind: 'done' })
  const sent = String(server.requests.at(-1)?.headers.authorization)
  t.match(sent, /username\*=UTF-8''%D0%90%D0%BD%D0%B4%D1%80%D0%B5%D0%B9%20%28o%27x%29, /)
})

import { readFileSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { DavCollection } from '../../src/upstream/dav/dav-collection.ts'
import { DavHttp } from '../../src/upstream/dav/http/dav-http.ts'
import { APACHE_PASSWORD, type Apache, apacheMissing, startApache } from '../support/apache.ts'
import { davOptions, event } from '../support/dav.ts'

// A server of WebDAV alone: no reports, no tokens, no getctag. And it wants Digest.
t.test('a folder of Apache', { skip: apacheMissing() ?? false }, async t => {
  await using apache = await startApache({ auth: 'Digest' })
  using http = new DavHttp(davOptions('ada', APACHE_PASSWORD), new AbortController().signal)
  const work = collectionOf(apache, http)

  await t.test('is compared whole each time, and read one by one', async t => {
    for (const name of ['one', 'two']) {
      t.match(await work.write(`/dav/work/${name}.ics`, Buffer.from(event(name, name)), 'absent'), { kind: 'done' })
    }
    const { isFull, token, members } = await work.changes(undefined)
    t.match({ isFull, token }, { isFull: true, token: undefined })
    t.strictSame(members.map(({ href }) => href).sort(), ['/dav/work/one.ics', '/dav/work/two.ics'])
    const objects = await Array.fromAsync(work.read(['/dav/work/one.ics', '/dav/work/none.ics', '/dav/work/two.ics']))
    t.strictSame(
      objects.map(({ href, octets }) => [href, octets.toString()]),
      [
        ['/dav/work/one.ics', event('one', 'one')],
        ['/dav/work/two.ics', event('two', 'two')],
      ],
    )
  })

  await t.test('takes changes of what was read, and of nothing else', async t => {
    // Apache's ETag of a file is weak for a second after a change, and lets nobody change it.
    const hourAgo = Date.now() / 1000 - 3600
    utimesSync(join(apache.dir, 'www/dav/work/one.ics'), hourAgo, hourAgo)
    const [one] = await Array.fromAsync(work.read(['/dav/work/one.ics']))
    const changed = Buffer.from(event('one', 'changed'))
    t.strictSame(await work.write('/dav/work/one.ics', changed, 'absent'), { kind: 'conflict' })
    t.strictSame(await work.write('/dav/work/one.ics', changed, { etag: '"other"' }), { kind: 'conflict' })
    t.strictSame(await work.remove('/dav/work/one.ics', { etag: 'unknown' }), { kind: 'conflict' })
    t.match(await work.remove('/dav/work/one.ics', { etag: one?.etag ?? '' }), { kind: 'done' })
    t.match(await work.changes(undefined), { members: [{ href: '/dav/work/two.ics' }] })
  })
})

t.test('a wrong password is tried once, and not by every request', { skip: apacheMissing() ?? false }, async t => {
  for (const auth of ['Digest', 'Basic'] as const) {
    await using apache = await startApache({ auth, lines: ['CustomLog access "%r %>s %{Authorization}i"'] })
    using http = new DavHttp(davOptions('ada', 'wrong'), new AbortController().signal)
    const work = collectionOf(apache, http)
    const refused = { code: 'UPSTREAM_SIGN_IN_REFUSED', message: /refused the user name or password of ada/ }
    await t.rejects(work.changes(undefined), refused, auth)
    await t.rejects(work.changes(undefined), refused)
    const log = readFileSync(join(apache.dir, 'access'), 'utf8').trim().split('\n')
    t.equal(log.filter(line => line.includes(` 401 ${auth} `)).length, 1, `${auth}: one sign-in`)
    t.notMatch(log.join(), auth === 'Digest' ? /Basic/ : /Digest/)
  }
})

t.test('what is no DAV at all is said so', { skip: apacheMissing() ?? false }, async t => {
  await using apache = await startApache({ auth: 'Basic', lines: ['Alias /page /etc/hostname'] })
  using http = new DavHttp(davOptions('ada', APACHE_PASSWORD), new AbortController().signal)
  const page = new DavCollection({ http, kind: 'calendar', url: async () => new URL('/page/', apache.url) })
  await t.rejects(page.changes(undefined), { code: 'UPSTREAM_REFUSED', message: /HTTP status 40/ })
})

function collectionOf({ url }: Apache, http: DavHttp): DavCollection {
  return new DavCollection({ http, kind: 'calendar', url: async () => new URL('/dav/work/', url) })
}

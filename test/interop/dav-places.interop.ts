import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { APACHE_PASSWORD, apacheMissing, startApache } from '../support/apache.ts'
import { makeServerCertificate } from '../support/certificates.ts'
import { byName, connectTestDav, contact, davOptions, event, OtherClient } from '../support/dav.ts'
import { RADICALE_PASSWORD, type Radicale, radicaleMissing, startRadicale } from '../support/radicale.ts'

const skip = radicaleMissing() ?? apacheMissing() ?? false
const LOG = 'CustomLog access "%r %>s %{Authorization}i"'

async function radicaleWithWork(options: Parameters<typeof startRadicale>[0]): Promise<Radicale> {
  const radicale = await startRadicale(options)
  await new OtherClient(radicale.url, 'ada', RADICALE_PASSWORD).makeCalendar('/ada/work/', 'Work')
  return radicale
}

t.test('a well-known place that leads to another host is not followed, unless that was approved', { skip }, async t => {
  const files = await makeServerCertificate(t.testdir())
  await using radicale = await radicaleWithWork({ users: ['ada'], files })
  const there = new URL(radicale.url)
  there.hostname = 'localhost'
  await using apache = await startApache({
    ...{ auth: 'none', files },
    lines: [LOG, `RedirectMatch 301 ^/\\.well-known/(caldav|carddav)$ ${there.href}`],
  })
  const { caFile } = files
  const options = davOptions('ada', RADICALE_PASSWORD, { caFile })
  await using careful = connectTestDav(apache.url, options)
  await t.rejects(careful.list(), {
    code: 'UPSTREAM_REDIRECT_REFUSED',
    message: new RegExp(`${apache.url.host} leads to https://localhost:${there.port}.*another host`),
  })
  t.notMatch(readFileSync(join(radicale.dir, 'log'), 'utf8'), /PROPFIND request/)
  await using trusting = connectTestDav(apache.url, { ...options, approvedHosts: ['localhost'] })
  t.match(byName((await trusting.list()).collections, 'Work'), { href: '/ada/work/' })
})

t.test('nothing leads out of TLS, or around for ever', { skip }, async t => {
  const files = await makeServerCertificate(t.testdir())
  const lines = ['RedirectMatch 301 ^/plain/ http://127.0.0.1:1/', 'RedirectMatch 302 ^/round/ /round/']
  await using apache = await startApache({ auth: 'none', files, lines })
  const options = davOptions('ada', 'secret', { caFile: files.caFile })
  for (const [path, message] of [['/plain/', /not encrypted/] as const, ['/round/', /redirects before/] as const]) {
    await using dav = connectTestDav(new URL(path, apache.url), options)
    await t.rejects(dav.list(), { code: 'UPSTREAM_REDIRECT_REFUSED', message })
  }
})

t.test('a certificate that is not trusted gets no password', { skip }, async t => {
  const files = await makeServerCertificate(t.testdir())
  await using radicale = await startRadicale({ users: ['ada'], files })
  await using dav = connectTestDav(radicale.url, davOptions('ada', RADICALE_PASSWORD))
  await t.rejects(dav.list(), { code: 'TLS_UNTRUSTED' })
})

t.test('calendars and address books may lie on two servers', { skip }, async t => {
  await using radicale = await radicaleWithWork({ users: ['ada'] })
  await using second = await startRadicale({ users: ['ada'] })
  const other = new OtherClient(second.url, 'ada', RADICALE_PASSWORD)
  await other.makeAddressBook('/ada/friends/', 'Friends')
  await other.put('/ada/friends/bob.vcf', contact('bob', 'Bob'))
  const places = { url: radicale.url, addressBooks: second.url }
  await using dav = connectTestDav(places, davOptions('ada', RADICALE_PASSWORD))
  t.match((await dav.list()).collections, [{ name: 'Work' }, { name: 'Friends' }])
  await using fresh = connectTestDav(places, davOptions('ada', RADICALE_PASSWORD))
  const friends = fresh.open({ kind: 'addressbook', href: '/ada/friends/' })
  t.match(await friends.changes(undefined), { members: [{ href: '/ada/friends/bob.vcf' }] }, 'without a list before')
})

t.test('what may only be read is said so, and refuses changes', { skip }, async t => {
  await using radicale = await radicaleWithWork({ users: ['ada', 'bob'] })
  const other = new OtherClient(radicale.url, 'ada', RADICALE_PASSWORD)
  await other.makeCalendar('/ada/shared-team/', 'Team')
  await other.put('/ada/shared-team/lunch.ics', event('lunch', 'Lunch'))
  const team = new URL('/ada/shared-team/', radicale.url)
  await using dav = connectTestDav(team, davOptions('bob', RADICALE_PASSWORD))
  const { collections } = await dav.list()
  t.match(byName(collections, 'Team'), { href: '/ada/shared-team/', isReadOnly: true }, 'the calendar of another user')
  const collection = dav.open(byName(collections, 'Team'))
  const { members } = await collection.changes(undefined)
  t.match(members, [{ href: '/ada/shared-team/lunch.ics' }])
  const refused = {
    code: 'UPSTREAM_REFUSED',
    message: /not allowed \(HTTP status 403/,
    cause: { code: { name: 'NOPERM' } },
  }
  const written = Buffer.from(event('x', 'x'))
  await t.rejects(collection.write('/ada/shared-team/x.ics', written, 'absent'), refused)
  await t.rejects(collection.remove('/ada/shared-team/lunch.ics', { etag: members[0]?.etag ?? '' }), refused)
})

t.test('an access token that has ended is replaced once', { skip }, async t => {
  const lines = [
    LOG,
    'RewriteEngine on',
    'RewriteCond %{HTTP:Authorization} !^Bearer\\ good$',
    'RewriteRule ^ - [R=401,L]',
    'Header always set WWW-Authenticate "Bearer realm=x" "expr=%{REQUEST_STATUS} == 401"',
  ]
  await using apache = await startApache({ auth: 'none', lines })
  const asked: (string | undefined)[] = []
  const token = async (refused?: string) => {
    asked.push(refused)
    return asked.includes('old') ? 'good' : 'old'
  }
  const options = davOptions('ada', '', { credentials: async () => ({ user: 'ada', token }) })
  await using dav = connectTestDav(new URL('/dav/', apache.url), options)
  await t.rejects(dav.list(), { code: 'UPSTREAM_PROTOCOL', message: /has no CalDAV and no CardDAV/ })
  t.strictSame(
    asked.filter(each => each !== undefined),
    ['old'],
  )
  const stubborn = { ...options, credentials: async () => ({ user: 'ada', token: async () => 'old' }) }
  await using locked = connectTestDav(new URL('/dav/', apache.url), stubborn)
  await t.rejects(locked.list(), { code: 'UPSTREAM_SIGN_IN_REFUSED', message: /access token of ada/ })
})

t.test('a server without time is asked again when it says so, and left alone when that is long', { skip }, async t => {
  for (const [after, times] of [[0, 3] as const, [3600, 1] as const]) {
    const lines = [LOG, `RedirectMatch 503 ^/`, `Header always set Retry-After ${after}`]
    await using apache = await startApache({ auth: 'none', lines })
    await using dav = connectTestDav(apache.url, davOptions('ada', APACHE_PASSWORD))
    const message = new RegExp(`HTTP status 503, to be asked again after ${after}`)
    await t.rejects(dav.list(), { code: 'UPSTREAM_UNAVAILABLE', message })
    const log = readFileSync(join(apache.dir, 'access'), 'utf8')
    t.equal(log.trim().split('\n').length, times)
  }
})

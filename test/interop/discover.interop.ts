import { X509Certificate } from 'node:crypto'
import { on } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { PassThrough } from 'node:stream'
import t from 'tap'
import { runCli } from '../../src/cli/cli.ts'
import type { Streams } from '../../src/cli/terminal.ts'
import { homeAt } from '../../src/config/home.ts'
import { findDaemon } from '../../src/daemon/control/control-client.ts'
import type { SettingsDocument } from '../../src/daemon/discovery/settings-document.ts'
import { Approvals } from '../../src/tls/approvals.ts'
import { publicKeyFingerprint } from '../../src/tls/fingerprint.ts'
import { dovecotMissing } from '../support/dovecot.ts'
import { PosternHome } from '../support/postern.ts'
import { ipOf, PASSWORD, PEOPLE, ScriptedDomains } from '../support/scripted-domains.ts'
import { holds } from '../support/scripted-servers.ts'

const BOUND_MS = 15_000 // generous: the machine may be busy; a source has 3 s
const skip = dovecotMissing() ?? false
if (skip) {
  t.test('twelve scripted domains', { skip }, async () => undefined)
  process.exit()
}

const world = await ScriptedDomains.start()
// For the daemon, its engine and the commands.
process.env.NODE_EXTRA_CA_CERTS = world.caFile
process.env.POSTERN_TEST_DNS = world.dns.address
process.env.NODE_OPTIONS = `--import=${join(import.meta.dirname, '../support/scripted-lookup.mjs')}`
const home = new PosternHome()
process.env.POSTERN_HOME = home.dir // of the commands that run in this process
t.teardown(async () => {
  await home[Symbol.asyncDispose]()
  await world[Symbol.asyncDispose]()
})
home.configure(`fronts:
  pop3: { port: 0 }
  smtp: { port: 0 }
  imap: { port: 0 }
discover: { dns: "${world.dns.address}" }
secrets: { store: file }
`)
await home.start()

/** Searches as the command does, and holds the time that it took to a bound. */
async function search(email: string, params: object = { password: PASSWORD }): Promise<SettingsDocument> {
  await using control = await findDaemon(homeAt(home.dir))
  if (!control) throw new Error('no daemon')
  const found = await control.call('discover', { email, ...params }, { signal: new AbortController().signal })
  const document = found as SettingsDocument
  t.ok(document.tookMs < BOUND_MS, `${email} took ${document.tookMs} ms`)
  t.notOk(JSON.stringify(document).includes(PASSWORD), 'no password in the document')
  return document
}

// As `cert approve` does, which knows nothing of the scripted names.
async function approve(host: string): Promise<void> {
  const certificate = new X509Certificate(readFileSync(world.expiredFile))
  const { subject, issuer } = certificate
  const publicKeySha256 = publicKeyFingerprint(certificate)
  const dates = { validFromMs: 0, validToMs: 0, approvedAtMs: Date.now() }
  const approvals = new Approvals(join(homeAt(home.dir).certsDir, 'approved.json'))
  await approvals.add({ host, port: 993, publicKeySha256, subject, issuer, ...dates })
}

// The scripted servers remember everything that they were told.
const hasSeenPassword = (place: Parameters<typeof ipOf>[0]) =>
  world.whoHolds(PASSWORD).some(at => at.startsWith(`${ipOf(place)}:`))
const source = (document: SettingsDocument, name: string) => document.sources.find(({ source }) => source === name)
const verdicts = (document: SettingsDocument) =>
  document.sources.flatMap(({ offers }) => offers.map(({ url, verdict }) => `${verdict} ${url}`))

t.test('only autoconfig', async t => {
  t.match(await search(PEOPLE.autoconfig), {
    error: null,
    taken: {
      imap: 'imaps://box.only-autoconfig.test',
      smtp: 'smtps://box.only-autoconfig.test',
      user: PEOPLE.autoconfig,
      source: 'autoconfig',
    },
  })
})

t.test('only SRV: a dead target is passed over, what is not offered is not used', async t => {
  const document = await search(PEOPLE.srv)
  t.match(document.taken, {
    imap: 'imaps://box.only-srv.test',
    smtp: 'smtps://box.only-srv.test',
    sieve: 'sieve://box.only-srv.test',
    caldav: 'https://box.only-srv.test/.well-known/caldav',
    dav: 'https://box.only-srv.test/.well-known/caldav',
    carddav: null,
    source: 'srv',
  })
  t.match(source(document, 'srv')?.says, /_imap\._tcp is not offered/)
  t.match(verdicts(document)[0], /^no-answer imaps:\/\/box\.only-srv\.test:994$/)
  t.same(
    world.whoHolds(PASSWORD),
    [`${ipOf('only-srv.test')}:4190`, `${ipOf('only-srv.test')}:443`],
    'sieve and calendars have seen it, inside TLS',
  )
  t.ok(world.captured.every(({ isEncrypted, text }) => isEncrypted || !text.includes(PASSWORD)))
})

t.test('only Autodiscover, by a redirect', async t => {
  const document = await search(PEOPLE.autodiscover)
  t.match(document.taken, {
    imap: 'imaps://box.only-autodiscover.test',
    smtp: 'smtp+starttls://box.only-autodiscover.test',
    source: 'autodiscover-redirect',
  })
  t.match(source(document, 'autodiscover-redirect')?.says, /leads to autodiscover\.hosting\.test/)
})

t.test('only guesses, with STARTTLS', async t => {
  t.match((await search(PEOPLE.guess)).taken, {
    imap: 'imap+starttls://imap.only-guesses.test',
    smtp: 'smtp+starttls://smtp.only-guesses.test',
    source: 'guess',
  })
})

t.test('of contradicting sources the one of more trust is taken, the other sees no password', async t => {
  const document = await search(PEOPLE.contradicting)
  t.match(document.taken, {
    imap: 'imaps://box.contradicting.test',
    smtp: 'smtps://box.contradicting.test',
    source: 'autoconfig',
  })
  t.ok(verdicts(document).includes('not-needed imaps://other.contradicting.test'))
  t.notOk(hasSeenPassword('other.contradicting.test'))
})

t.test('a foreign host that SRV names gets the password only with a yes', async t => {
  const document = await search(PEOPLE.foreign)
  t.match(document, {
    taken: null,
    error: { code: 'DISCOVER_NOT_CONFIRMED' },
    asks: [{ host: 'imap.provider.test' }, { host: 'smtp.provider.test' }],
  })
  t.notOk(hasSeenPassword('provider.test'))
  t.match(await search(PEOPLE.foreign, {}), {
    unverified: { imap: 'imaps://imap.provider.test', smtp: 'smtps://smtp.provider.test' },
    error: null,
    asks: [{ host: 'imap.provider.test' }, { host: 'smtp.provider.test' }],
  })
  const accept = ['imap.provider.test']
  const half = await search(PEOPLE.foreign, { password: PASSWORD, accept })
  t.match(half, { taken: { imap: 'imaps://imap.provider.test', smtp: null }, asks: [{ host: 'smtp.provider.test' }] })
  t.match((await search(PEOPLE.foreign, { password: PASSWORD, accept: 'all' })).taken, {
    imap: 'imaps://imap.provider.test',
    smtp: 'smtps://smtp.provider.test',
  })
})

t.test('a server without TLS gets no password', async t => {
  t.match(await search(PEOPLE.plain), { taken: null, error: { code: 'DISCOVER_NO_ENCRYPTION' } })
  t.notOk(hasSeenPassword('plain.test'))
  t.ok(
    world.captured.some(({ at, text }) => at === `${ipOf('plain.test')}:143` && /CAPABILITY/.test(text)),
    'it was asked',
  )
})

t.test('an expired certificate gets no password, until it is approved', async t => {
  const document = await search(PEOPLE.expired)
  t.match(document, { taken: null, error: { code: 'DISCOVER_UNTRUSTED', message: /expired/ } })
  t.match(source(document, 'autoconfig'), { outcome: 'failed', says: /expired/ })
  t.notOk(hasSeenPassword('expired.test'))
  await approve('imap.expired.test')
  t.match((await search(PEOPLE.expired)).taken, { imap: 'imaps://imap.expired.test' })
})

t.test('a slow source holds up the others only for a while', async t => {
  const document = await search(PEOPLE.slow)
  t.match(document.taken, { imap: 'imaps://box.slow.test', source: 'srv' })
  t.equal(source(document, 'autoconfig')?.outcome, 'late')
})

t.test('a domain that does not exist is told as such', async t => {
  t.match(await search(PEOPLE.unknown), { taken: null, error: { code: 'DISCOVER_DOMAIN_UNKNOWN' } })
})

t.test('a domain with an umlaut', async t => {
  t.match((await search(PEOPLE.idn)).taken, { imap: 'imaps://box.xn--bcher-kva.test', user: 'ada@xn--bcher-kva.test' })
})

t.test('a server that takes only OAuth2 is told as such, and gets no password', async t => {
  t.match(await search(PEOPLE.oauth), {
    taken: null,
    error: { code: 'DISCOVER_OAUTH_ONLY', message: /only OAuth2 \(XOAUTH2, OAUTHBEARER\)/ },
    oauth2: {
      imap: 'imaps://imap.oauth.test',
      smtp: 'smtps://smtp.oauth.test',
      mechanisms: ['XOAUTH2', 'OAUTHBEARER'],
    },
  })
  t.notOk(hasSeenPassword('oauth.test'))
})

t.test('a wrong password is refused at most three times, and goes to nobody else', async t => {
  const document = await search(PEOPLE.guess, { password: 'not the right one' })
  t.match(document, { taken: null, error: { code: 'DISCOVER_PASSWORD_REFUSED' } })
  t.ok(document.refused.length <= 3, `${document.refused.length} refusals`)
})

t.test('the command tells what it found and how', async t => {
  const traced = await home.runHere(['discover', PEOPLE.contradicting, '--trace', '--password-stdin'], `${PASSWORD}\n`)
  t.equal(traced.code, 0, traced.stderr)
  t.match(
    traced.stdout,
    /autoconfig \(https:.*offers in .*\n {2}taken +imaps:\/\/box\.contradicting\.test {2}signed in as ada@/,
  )
  t.match(traced.stdout, /not-needed +imaps:\/\/other\.contradicting\.test/)
  t.match(traced.stdout, /found and signed in/)
  const unverified = await home.runHere(['discover', PEOPLE.autoconfig])
  t.match(unverified, { code: 0, stdout: /not verified: nobody has signed in/ })
  const refused = await home.runHere(['discover', PEOPLE.foreign, '--json', '--password-stdin'], `${PASSWORD}\n`)
  t.match(refused, { code: 1 })
  t.match(refused.json(), { taken: null, error: { code: 'DISCOVER_NOT_CONFIRMED' }, sources: Array })
})

t.test('a person at a terminal is asked before the password goes to a foreign host', async t => {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()]
  const seen = () =>
    world.captured.filter(({ at, text }) => at.startsWith(`${ipOf('provider.test')}:`) && holds(text, 'typed')).length
  const streams = { stdin: Object.assign(stdin, { isTTY: true, setRawMode: () => stdin }), stdout, stderr }
  const ended = runCli(['discover', PEOPLE.foreign, '--password-stdin'], streams as unknown as Streams)
  let asked = ''
  for await (const [chunk] of on(stderr, 'data')) {
    asked += chunk
    if (asked.endsWith('foreign.test: ')) stdin.write('typed\r')
    if (!asked.endsWith('[y/N] ')) continue
    t.equal(seen(), 0, 'nothing was sent before')
    stdin.write('y\n')
    break
  }
  t.match(asked, /Send the password to imap\.provider\.test \(DNS alone names .*smtp\.provider\.test/)
  t.equal(await ended, 1, 'it is the wrong password')
  t.match(String(stdout.read()), /refused the user name or password/)
  t.ok(seen() > 0, 'after the yes it was tried')
})

t.test('a profile is added by its address and its password alone, and synchronized', async t => {
  const maildir = world.dovecot.maildir('ada')
  for (const name of ['cur', 'new', 'tmp']) mkdirSync(join(maildir, name), { recursive: true })
  writeFileSync(join(maildir, 'new', '1.test'), 'Subject: hello\r\n\r\nfrom the server\r\n')
  world.dovecot.own('ada')
  const added = await home.json(['profile', 'add', PEOPLE.autoconfig, '--password-stdin'], `${PASSWORD}\n`)
  const servers = { imap: 'imaps://box.only-autoconfig.test', smtp: /only-autoconfig\.test/, source: 'autoconfig' }
  t.match(added, { name: 'ada', found: servers, sync: { downloaded: 1, errors: [] } })
  t.match(await home.json(['profile', 'test', 'ada']), { ok: true })
  for (const [name, email] of Object.entries({ srv: PEOPLE.srv, pox: PEOPLE.autodiscover, guess: PEOPLE.guess })) {
    const run = await home.run(['profile', 'add', name, '--email', email, '--password-stdin'], `${PASSWORD}\n`)
    t.match(run, { code: 0, stdout: /^found by .*: imap.*\n(calendars .*\n)?added .*\nDownloaded 1/ }, email)
  }
  t.match(await home.json(['profile', 'show', 'srv']), { sieve: 'sieve://box.only-srv.test' })
  t.match(await home.json(['profile', 'test', 'srv']), { tests: [{}, {}, { connection: 'sieve', ok: true }] })
  const foreign = await home.run(['profile', 'add', PEOPLE.foreign, '--password-stdin', '--json'], `${PASSWORD}\n`)
  t.match(foreign.json(), { error: { code: 'DISCOVER_NOT_CONFIRMED' } }, 'nobody could be asked')
  const forced = ['profile', 'add', 'far', '--email', PEOPLE.foreign, '--yes', '--no-sync', '--password-stdin']
  t.match(await home.json(forced, `${PASSWORD}\n`), { name: 'far', found: { imap: /provider\.test/ } })
  t.notOk((await home.run(['profile', 'list', '--json'])).stdout.includes(PASSWORD))
})

t.test('for calendars and contacts alone, their servers are found and no mail server sees the password', async t => {
  const before = world.captured.length
  const add = [
    'profile',
    'add',
    'groupware',
    '--email',
    PEOPLE.srv,
    '--groupware-only',
    '--no-sync',
    '--password-stdin',
  ]
  t.match(await home.json(add, `${PASSWORD}\n`), {
    ...{ dav: 'https://box.only-srv.test/.well-known/caldav', mailIn: 'outlook' },
    found: { imap: null, smtp: null, source: 'srv' },
  })
  const seen = world.captured.slice(before).filter(({ text }) => holds(text, PASSWORD))
  // The daemon may just be synchronizing the profile `far`.
  const places = seen.map(({ at }) => at).filter(at => !at.startsWith(`${ipOf('provider.test')}:`))
  t.same([...new Set(places)], [`${ipOf('only-srv.test')}:443`])
  const none = ['profile', 'add', 'nothing', '--email', PEOPLE.autoconfig, '--groupware-only', '--password-stdin']
  const run = await home.runHere([...none, '--json'], `${PASSWORD}\n`)
  t.match([run.code, run.json()], [1, { error: { code: 'DISCOVER_NOTHING_FOUND', message: /calendars or contacts/ } }])
})

t.test('a profile is bound again by an address and its password alone', async t => {
  await home.json(['profile', 'unbind', 'ada', '--yes'])
  t.match(await home.json(['profile', 'show', 'ada']), { passwordStored: false, own: ['number', 'email'] })
  const bound = await home.json(['profile', 'bind', 'ada', '--keep', '--yes', '--password-stdin'], `${PASSWORD}\n`)
  t.match(bound, {
    found: { imap: 'imaps://box.only-autoconfig.test', source: 'autoconfig' },
    counts: { local: 1, account: 1, known: 1, upload: 0, download: 0 },
    sync: { uploaded: 0, downloaded: 0, errors: [] },
  })
})

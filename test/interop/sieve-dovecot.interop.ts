import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { Approvals } from '../../src/tls/approvals.ts'
import { verifyPeers } from '../../src/tls/verified-peer.ts'
import { makeServerCertificate } from '../support/certificates.ts'
import { DOVECOT_PASSWORD } from '../support/dovecot.ts'
import { freePorts } from '../support/free-port.ts'
import { startOAuthDovecot } from '../support/oauth-home.ts'
import { ACCOUNT, OAuthWorld } from '../support/oauth-world.ts'
import {
  MAX_SCRIPT_OCTETS,
  MAX_SCRIPTS,
  pigeonholeMissing,
  sieveSettings,
  startSieveDovecot,
} from '../support/sieve-dovecot.ts'
import { connectTo, type Given } from '../support/sieve-script.ts'

const USER = 'ada@example.test'
const KEEP = Buffer.from('keep;\r\n')
const MECHANISMS = ['plain', 'cram-md5', 'scram-sha-256', 'automatic'] as const
const skip = pigeonholeMissing() ?? false

/** A connection as the product makes it: to a certificate of the test's CA. */
async function trusting(t: Test, caFile: string): Promise<Given> {
  const roots = [readFileSync(caFile, 'utf8')]
  return { verifier: verifyPeers(new Approvals(join(t.testdir(), 'approved.json')), { roots }), security: 'starttls' }
}

const ignored = () => undefined
const as = (password: string, mechanism: (typeof MECHANISMS)[number] = 'automatic'): Given => ({
  credentials: async () => ({ user: USER, password, mechanism }),
})

t.test('sign-in by every mechanism, inside TLS', { skip }, async t => {
  const certificate = await makeServerCertificate(t.testdir())
  const settings = 'disable_plaintext_auth = yes\nauth_mechanisms = plain login cram-md5 scram-sha-256\n'
  await using server = await startSieveDovecot({ users: [USER], certificate, settings })
  const safe = await trusting(t, certificate.caFile)
  for (const mechanism of MECHANISMS) {
    const session = await connectTo(t, server.sievePort, { ...safe, ...as(DOVECOT_PASSWORD, mechanism) })
    t.same(await session.listScripts(), [], mechanism)
    await t.rejects(
      connectTo(t, server.sievePort, { ...safe, ...as('wrong', mechanism) }),
      { code: 'UPSTREAM_SIGN_IN_REFUSED', message: /127\.0\.0\.1:\d+ refused the user name or password of ada@/ },
      `${mechanism}, wrong`,
    )
  }
  const implicit = await connectTo(t, server.sievesPort, { ...safe, ...as(DOVECOT_PASSWORD), security: 'tls' })
  t.same(await implicit.listScripts(), [], 'TLS from the start')
  const { capabilities } = await connectTo(t, server.sievePort, { ...safe, ...as(DOVECOT_PASSWORD) })
  t.match(capabilities, { implementation: /Dovecot/, version: '1.0', hasStartTls: false })
  t.ok(['fileinto', 'vacation', 'include'].every(name => capabilities.sieve.has(name)))
  t.ok(capabilities.notify.has('mailto'))
})

t.test('a certificate that is not good, and a password that is not for everybody', { skip }, async t => {
  const expired = await makeServerCertificate(t.testdir(), { expired: true })
  await using server = await startSieveDovecot({ users: [USER], certificate: expired })
  const safe = await trusting(t, expired.caFile)
  await t.rejects(connectTo(t, server.sievePort, { ...safe, ...as(DOVECOT_PASSWORD) }), { code: 'TLS_EXPIRED' })
  t.notMatch(readFileSync(join(server.dovecot.dir, 'dovecot.log'), 'utf8'), /Login|auth failed/, 'nothing was sent')
  await using bare = await startSieveDovecot({ users: [USER] })
  await t.rejects(connectTo(t, bare.sievePort, { ...safe, ...as(DOVECOT_PASSWORD) }), { code: 'UPSTREAM_NO_STARTTLS' })
  const session = await connectTo(t, bare.sievePort, as(DOVECOT_PASSWORD))
  t.same(await session.listScripts(), [], 'without encryption only where the URL says so')
})

t.test('scripts are put, listed, read, activated, renamed and deleted', { skip }, async t => {
  await using server = await startSieveDovecot({ users: [USER] })
  const session = await connectTo(t, server.sievePort, as(DOVECOT_PASSWORD))
  const odd = 'Rëgeln "für" {3+} \\ alle'
  const text = Buffer.from('require "fileinto";\r\nif header :contains "subject" "Grüße {5}" { fileinto "A"; }\r\n')
  t.same(await session.checkScript('trial', text), { warnings: undefined })
  t.same(await session.putScript(odd, text), { warnings: undefined })
  await session.putScript('other', KEEP)
  await session.setActive(odd)
  t.same(
    new Set((await session.listScripts()).map(each => JSON.stringify(each))),
    new Set([JSON.stringify({ name: odd, isActive: true }), JSON.stringify({ name: 'other', isActive: false })]),
  )
  t.same(await session.getScript(odd), text, 'octet for octet')
  t.same(await session.getScript('other'), KEEP)
  await session.renameScript(odd, 'renamed')
  t.ok((await session.listScripts()).some(({ name, isActive }) => name === 'renamed' && isActive))
  await t.rejects(session.renameScript('renamed', 'other'), { code: 'UPSTREAM_SCRIPT_EXISTS', message: /"other"/ })
  await t.rejects(session.deleteScript('renamed'), { code: 'UPSTREAM_SCRIPT_ACTIVE', message: /"renamed"/ })
  await session.setActive(undefined)
  await session.deleteScript('renamed')
  for (const work of [
    () => session.getScript('renamed'),
    () => session.deleteScript('renamed'),
    () => session.setActive('renamed'),
    () => session.renameScript('renamed', 'again'),
  ]) {
    await t.rejects(Promise.resolve(work()).then(ignored), {
      code: 'UPSTREAM_SCRIPT_UNKNOWN',
      remedy: 'user',
      message: /has no script "renamed"/,
    })
  }
  await session.noop()
  t.same(await session.listScripts(), [{ name: 'other', isActive: false }])
})

t.test('what the server does not take is told in its words', { skip }, async t => {
  await using server = await startSieveDovecot({ users: [USER] })
  const session = await connectTo(t, server.sievePort, as(DOVECOT_PASSWORD))
  const wrong = Buffer.from('keep;\r\nfrobnicate "x";\r\n')
  for (const work of [session.putScript('rules', wrong), session.checkScript('rules', wrong)]) {
    await t.rejects(work, {
      code: 'UPSTREAM_SCRIPT_INVALID',
      message: /"rules": .*line 2.*unknown command.*frobnicate/,
    })
  }
  const large = Buffer.concat([KEEP, Buffer.from(`#${'x'.repeat(MAX_SCRIPT_OCTETS)}\r\n`)])
  await t.rejects(session.assertSpace('large', large.length), { code: 'UPSTREAM_SCRIPT_QUOTA', message: /MAXSIZE/ })
  await t.rejects(session.putScript('large', large), { code: 'UPSTREAM_SCRIPT_QUOTA', message: /MAXSIZE/ })
  await session.assertSpace('small', 100)
  for (let n = 0; n < MAX_SCRIPTS; n++) await session.putScript(`rules ${n}`, KEEP)
  await t.rejects(session.putScript('one too many', KEEP), { code: 'UPSTREAM_SCRIPT_QUOTA', message: /MAXSCRIPTS/ })
  t.equal((await session.listScripts()).length, MAX_SCRIPTS, 'the session goes on')
})

t.test('a password too long for a quoted string is a literal', { skip }, async t => {
  const [user, long] = ['grace@example.test', 'p'.repeat(1500)]
  const users = join(t.testdir({ users: `${user}:{PLAIN}${long}::::::\n` }), 'users')
  const settings = `passdb {\n  driver = passwd-file\n  args = scheme=PLAIN ${users}\n}\n`
  await using server = await startSieveDovecot({ users: [USER], settings })
  const credentials = async () => ({ user, password: long })
  const session = await connectTo(t, server.sievePort, { credentials })
  t.same(await session.listScripts(), [])
})

for (const mechanism of ['oauthbearer', 'xoauth2']) {
  t.test(`a token by ${mechanism}`, { skip }, async t => {
    const world = await OAuthWorld.make(t)
    const [port = 0] = await freePorts(1)
    const settings = sieveSettings(port)
    const server = await startOAuthDovecot(world.provider, { user: ACCOUNT, mechanisms: mechanism, settings })
    t.teardown(() => server[Symbol.asyncDispose]())
    const { accessToken } = await world.signIn()
    const tokens = ['made-up', accessToken]
    const session = await connectTo(t, port, {
      credentials: async () => ({
        user: ACCOUNT,
        token: async (refused?: string) => tokens[refused === undefined ? 0 : 1] ?? '',
      }),
    })
    await session.putScript('rules', KEEP)
    t.match(await session.listScripts(), [{ name: 'rules' }], 'the second token was asked for, and taken')
    await t.rejects(
      connectTo(t, port, { credentials: async () => ({ user: ACCOUNT, token: async () => 'made-up' }) }),
      { code: 'UPSTREAM_SIGN_IN_REFUSED', message: /refused the access token of ada@example\.test/ },
    )
  })
}

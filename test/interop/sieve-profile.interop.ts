import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { makeServerCertificate } from '../support/certificates.ts'
import { DOVECOT_PASSWORD } from '../support/dovecot.ts'
import { freePorts } from '../support/free-port.ts'
import { atProvider, signIn, startOAuthDovecot } from '../support/oauth-home.ts'
import { OidcProvider } from '../support/oidc-provider.ts'
import { PosternHome } from '../support/postern.ts'
import { pigeonholeMissing, sieveSettings, startSieveDovecot } from '../support/sieve-dovecot.ts'

const USER = 'ada@example.test'
const skip = pigeonholeMissing() ?? false

interface Tested {
  readonly ok: boolean
  readonly tests: readonly {
    readonly connection: string
    readonly ok: boolean
    readonly says: string
    readonly error: { readonly code: string; readonly advice: string } | null
  }[]
}

async function test(home: PosternHome) {
  const { tests } = (await home.runHere(['profile', 'test', 'work', '--json'])).json() as Tested
  return tests.find(({ connection }) => connection === 'sieve')
}

t.test('a profile names its ManageSieve server, tests it and keeps it', { skip }, async t => {
  const certificate = await makeServerCertificate(t.testdir())
  const settings = 'auth_mechanisms = plain scram-sha-256\n'
  await using server = await startSieveDovecot({ users: [USER], certificate, settings })
  await using home = new PosternHome()
  home.configure('secrets: { store: file }\n')
  const imap = `imap://127.0.0.1:${server.dovecot.imapPort}`
  const sieve = `sieve://127.0.0.1:${server.sievePort}`
  const add = ['profile', 'add', 'work', '--email', USER, '--imap', imap, '--password-stdin', '--sieve']
  for (const wrong of ['imaps://x', 'sieve:x', 'https://x']) {
    const run = await home.runHere([...add, wrong, '--json'], DOVECOT_PASSWORD)
    t.match(run.json(), { error: { code: 'PROFILE_INVALID', message: /sieve:\/\/HOST/ } }, wrong)
  }
  t.match(await home.json([...add, sieve], DOVECOT_PASSWORD), { name: 'work', sieve })
  t.match(await test(home), { ok: false, error: { code: 'TLS_UNTRUSTED', advice: /cert approve 127/ } })
  const approve = ['cert', 'approve', `127.0.0.1:${server.sievePort}`, '--yes']
  await home.json([...approve, '--starttls', 'sieve'])
  t.match(await test(home), { ok: true, says: 'signed in, 0 scripts', error: null })

  t.match(await home.json(['profile', 'show', 'work']), { sieve, own: /sieve/ })
  t.match((await home.runHere(['profile', 'show', 'work'])).stdout, sieve)
  t.match(await home.json(['proxy', 'show']), { servers: [{}, { server: `127.0.0.1:${server.sievePort}` }] })
  const file = join(t.testdirName, 'work.yaml')
  writeFileSync(file, (await home.runHere(['profile', 'export', 'work'])).stdout)
  await using other = new PosternHome()
  other.configure('secrets: { store: file }\n')
  await other.json(['profile', 'import', file])
  t.match(await other.json(['profile', 'show', 'work']), { sieve })

  await home.json(['profile', 'set', 'work', 'sieve', sieve.replace('sieve:', 'sieve+cleartext:')])
  t.match(await test(home), { ok: true }, 'without encryption, as the URL says')
  await home.json(['profile', 'set', 'work', 'sieve', ''])
  t.equal(await test(home), undefined, 'no server, nothing to test')
})

t.test('refusals count as those of mail do, and stop the sign-ins', { skip }, async t => {
  await using server = await startSieveDovecot({ users: [USER] })
  await using home = new PosternHome()
  home.configure('secrets: { store: file }\n')
  const sieve = `sieve+cleartext://127.0.0.1:${server.sievePort}`
  const servers = ['--imap', `imap://127.0.0.1:${server.dovecot.imapPort}`, '--sieve', sieve]
  await home.json(['profile', 'add', 'work', '--email', USER, ...servers, '--password-stdin'], 'wrong')
  const codes = []
  for (let n = 0; n < 3; n++) {
    const { tests } = (await home.runHere(['profile', 'test', 'work', '--json'])).json() as Tested
    codes.push(...tests.map(({ connection, error }) => `${connection} ${error?.code}`))
  }
  t.same(codes, [
    'imap UPSTREAM_SIGN_IN_REFUSED',
    'sieve UPSTREAM_SIGN_IN_REFUSED',
    'imap UPSTREAM_SIGN_IN_REFUSED',
    ...Array(3)
      .fill('PROFILE_SIGN_IN_STOPPED')
      .map((code, index) => `${index === 1 ? 'imap' : 'sieve'} ${code}`),
  ])
  await home.json(['profile', 'password', 'work', '--password-stdin'], DOVECOT_PASSWORD)
  t.match(await test(home), { ok: true })
})

t.test('a profile with OAuth2 signs in there with its token', { skip }, async t => {
  await using provider = await OidcProvider.start(USER)
  const [port = 0] = await freePorts(1)
  const settings = sieveSettings(port)
  await using server = await startOAuthDovecot(provider, { user: USER, mechanisms: 'oauthbearer', settings })
  await using home = new PosternHome()
  home.configure('secrets: { store: file }\n')
  const servers = ['--imap', `imap://127.0.0.1:${server.dovecot.imapPort}`]
  servers.push('--sieve', `sieve+cleartext://127.0.0.1:${port}`)
  await home.json(['profile', 'add', 'work', '--email', USER, ...servers, '--auth', 'oauth2'])
  t.match(await test(home), { ok: false, error: { code: 'PROFILE_OAUTH_INVALID' } })
  t.match(await signIn(home, atProvider(provider), url => provider.browse(url)), { code: 0 })
  t.match(await test(home), { ok: true, says: 'signed in, 0 scripts' })
  provider.expireAccessTokens()
  t.match(await test(home), { ok: true }, 'a token that ended early is renewed')
})

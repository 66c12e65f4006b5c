import { execFileSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { Dovecot } from '../support/dovecot.ts'
import { generateMaildir } from '../support/mailbox-generator.ts'
import { atProvider, signIn, startOAuthDovecot } from '../support/oauth-home.ts'
import { OIDC_CLIENT, OidcProvider } from '../support/oidc-provider.ts'
import { PosternHome } from '../support/postern.ts'
import { postfixMissing, startSinkProgram } from '../support/postfix.ts'
import { dovecotSubmissionMissing } from '../support/smtp-dovecot.ts'
import { until } from '../support/until.ts'

const USER = 'ada@example.test'
const GOOD = { ok: true, tests: [{ ok: true }, { ok: true }] }

const skip = dovecotSubmissionMissing() ?? postfixMissing() ?? false

t.test('a person signs in once, and mail comes and goes until the provider ends it', { skip }, async t => {
  await using provider = await OidcProvider.start(USER)
  await using sink = await startSinkProgram({ keeps: true })
  await using server = await startOAuthDovecot(provider, { user: USER, mechanisms: 'xoauth2', relayPort: sink.port })
  const { dovecot, submissionPort } = server
  generateMaildir(dovecot.maildir('ada'), { messages: 3, seed: 5, largeEvery: 0 })
  dovecot.own('ada')
  await using home = new PosternHome()
  home.configure('log: { level: debug }\nfronts:\n  pop3: { port: 0 }\n  smtp: { port: 0 }\n  imap: { port: 0 }\n')
  await home.start()
  const urls = ['--imap', `imap://127.0.0.1:${dovecot.imapPort}`, '--smtp', `smtp://127.0.0.1:${submissionPort}`]
  await home.json(['profile', 'add', 'work', '--email', USER, ...urls, '--auth', 'oauth2'])
  const test = () => home.run(['profile', 'test', 'work', '--json'])
  // A run that was under way when a connection was cut may have ended otherwise.
  const runsEnd = (wanted: string) =>
    until(wanted, async () => {
      const { error } = (await home.run(['sync', '--wait', '--json'])).json() as { error?: { code: string } }
      return (error?.code ?? 'well') === wanted ? (error ?? 'well') : undefined
    })

  let page = ''
  const first = await signIn(home, atProvider(provider), async url => {
    page = url
    t.match(await provider.browse(url), { status: 200, text: /close this page/ })
  })
  const document = { name: 'work', provider: provider.issuer, accessExpires: /^\d{4}-/, renewable: true }
  t.match(first, { code: 0, document })
  t.match(Object.fromEntries(new URL(page).searchParams), {
    client_id: OIDC_CLIENT,
    code_challenge_method: 'S256',
    redirect_uri: /^http:\/\/127\.0\.0\.1:\d+\/$/,
    state: /^[\w-]{43}$/, // 256 bits
    login_hint: USER,
  })
  await runsEnd('well')
  t.match(await home.json(['item', 'list', 'INBOX']), { length: 3 })
  t.match((await test()).json(), GOOD)
  t.equal(provider.tokenRequests, 1, 'one for the code: a token that is good is not renewed')

  provider.expireAccessTokens()
  kick(dovecot)
  t.match((await test()).json(), GOOD, 'tokens that end early are renewed')
  t.equal(provider.tokenRequests, 2, 'whoever needed one got the same')

  provider.tokenFault = (_request, response) => response.writeHead(503).end('down for an hour')
  provider.expireAccessTokens()
  kick(dovecot)
  t.match(await runsEnd('PROFILE_OAUTH_UNAVAILABLE'), { remedy: 'retry' })
  provider.tokenFault = undefined
  await runsEnd('well')

  const tokens = ['AccessToken', 'RefreshToken'].flatMap(kind => provider.memory.ids(kind))
  t.ok(tokens.length > 1)
  const files = globSync('**/*', { cwd: home.dir, withFileTypes: true }).filter(entry => entry.isFile())
  const contents = files.map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'latin1'))
  t.ok(
    contents.some(content => content.includes('signed in to the IMAP server')),
    'the log is told much',
  )
  const withToken = files.filter((_, index) => tokens.some(token => contents[index]?.includes(token)))
  t.same(
    withToken.map(({ name }) => name),
    [],
    'no token lies here in the clear',
  )

  provider.revokeEverything()
  kick(dovecot)
  const advice = /postern profile sign-in work/
  t.match(await runsEnd('PROFILE_SIGN_IN_NEEDED'), { message: /invalid_grant/, advice })
  const again = await signIn(home, ['--device'], code => provider.typeCode(code, USER))
  t.match(again, { code: 0, told: /on any device and type/ }, 'with the same settings, by device code')
  await runsEnd('well')
})

/** Ends the connections that need no token any more. */
function kick({ dir }: Dovecot): void {
  execFileSync('doveadm', ['-c', join(dir, 'dovecot.conf'), 'kick', USER], { timeout: 10_000 })
}

import { execFileSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { type Dovecot, dovecotMissing } from '../support/dovecot.ts'
import { generateMaildir } from '../support/mailbox-generator.ts'
import { atProvider, signIn, startOAuthDovecot } from '../support/oauth-home.ts'
import { OidcProvider } from '../support/oidc-provider.ts'
import { PosternHome } from '../support/postern.ts'
import { postfixMissing, startSinkProgram } from '../support/postfix.ts'
import { dovecotSubmissionMissing } from '../support/smtp-dovecot.ts'
import { until } from '../support/until.ts'
import { statusOf } from '../support/watched-home.ts'

const USER = 'ada@example.test'

interface Told {
  readonly state: string
  readonly lastError: { readonly code: string; readonly message: string; readonly advice: string } | null
}

const statusNow = async (home: PosternHome) => (await statusOf(home)) as unknown as Told // of the same document

t.test('mail comes with a token, also after it has ended', { skip: dovecotMissing() ?? false }, async t => {
  await using provider = await OidcProvider.start(USER)
  await using server = await startOAuthDovecot(provider, { user: USER, mechanisms: 'oauthbearer' })
  fill(server.dovecot, 20)
  await using home = new PosternHome()
  home.configure('log: { level: debug }\n')
  await addProfile(home, server.dovecot)
  t.match(await signIn(home, atProvider(provider), page => provider.browse(page)), { code: 0 })
  t.match(await home.json(['sync']), { downloaded: 20, errors: { length: 0 } })
  t.equal(provider.tokenRequests, 1, 'one for the code: a token that is good is not renewed')
  t.equal(provider.expireAccessTokens(), 1)
  t.match(await home.json(['sync']), { downloaded: 0, errors: { length: 0 } })
  t.equal(provider.tokenRequests, 2, 'the refused token was renewed once')

  provider.tokenFault = (_request, response) => response.writeHead(503).end('down for an hour')
  provider.expireAccessTokens()
  t.match((await home.run(['sync', '--json'])).json(), {
    error: { code: 'PROFILE_OAUTH_UNAVAILABLE', remedy: 'retry' },
  })
  provider.tokenFault = undefined
  t.match(await home.json(['sync']), { errors: { length: 0 } }, 'that cost nothing')

  const tokens = ['AccessToken', 'RefreshToken'].flatMap(kind => provider.memory.ids(kind))
  t.ok(tokens.length > 1)
  for (const file of globSync('**/*', { cwd: home.dir, withFileTypes: true }).filter(entry => entry.isFile())) {
    const content = readFileSync(join(file.parentPath, file.name), 'latin1')
    t.notOk(
      tokens.some(token => content.includes(token)),
      `${file.name} has no token`,
    )
  }

  provider.revokeEverything()
  const ended = { error: { code: 'PROFILE_SIGN_IN_NEEDED', message: /invalid_grant/, advice: /profile sign-in work/ } }
  t.match((await home.run(['sync', '--json'])).json(), ended)
  t.match(await signIn(home, [], page => provider.browse(page)), { code: 0 }, 'as the last time')
  t.match(await home.json(['sync']), { errors: { length: 0 } })
})

const skip = dovecotSubmissionMissing() ?? postfixMissing() ?? false

t.test('a daemon watches and sends with tokens that end in between', { skip }, async t => {
  await using provider = await OidcProvider.start(USER)
  await using sink = await startSinkProgram({ keeps: true })
  const mechanisms = 'xoauth2'
  await using server = await startOAuthDovecot(provider, { user: USER, mechanisms, relayPort: sink.port })
  await using home = new PosternHome()
  home.configure()
  await addProfile(home, server.dovecot, ['--smtp', `smtp://127.0.0.1:${server.submissionPort}`])
  await home.start()
  const byDevice = [...atProvider(provider), '--device']
  t.match(await signIn(home, byDevice, code => provider.typeCode(code, USER)), {
    code: 0,
    document: { renewable: true },
    told: /on any device and type/,
  })
  const isWatched = () =>
    until('it watches', async () => ((await statusOf(home)).watching?.kind === 'notify' ? true : undefined))
  await isWatched()

  provider.expireAccessTokens()
  execFileSync('doveadm', ['-c', join(server.dovecot.dir, 'dovecot.conf'), 'kick', USER], { timeout: 10_000 })
  fill(server.dovecot, 3)
  const isHere = (items: unknown) => (Array.isArray(items) && items.length === 3 ? true : undefined)
  await until('the mail is here', async () => isHere(await home.json(['item', 'list', 'INBOX'])))
  await isWatched()

  provider.expireAccessTokens()
  t.match(await home.json(['profile', 'test', 'work']), { ok: true, tests: [{ ok: true }, { ok: true }] })
  provider.revokeEverything()
  t.match((await home.run(['sync', '--wait', '--json'])).code, 0, 'the session is kept: nobody needs a token')
  execFileSync('doveadm', ['-c', join(server.dovecot.dir, 'dovecot.conf'), 'kick', USER], { timeout: 10_000 })
  const told = await until('the end is told', async () => {
    const status = await statusNow(home)
    return status.lastError?.code === 'PROFILE_SIGN_IN_NEEDED' ? status : undefined
  })
  t.match(told, { state: 'error', lastError: { message: /invalid_grant/, advice: /postern profile sign-in work/ } })
})

function fill(dovecot: Dovecot, messages: number): void {
  generateMaildir(dovecot.maildir('ada'), { messages, seed: 5, largeEvery: 0 })
  dovecot.own('ada')
}

async function addProfile(home: PosternHome, { imapPort }: Dovecot, more: readonly string[] = []): Promise<void> {
  const imap = `imap://127.0.0.1:${imapPort}`
  await home.json(['profile', 'add', 'work', '--email', USER, '--imap', imap, '--auth', 'oauth2', ...more])
}

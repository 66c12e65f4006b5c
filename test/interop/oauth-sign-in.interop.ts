import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { freePorts } from '../support/free-port.ts'
import { OIDC_CLIENT, OidcProvider } from '../support/oidc-provider.ts'
import { PosternHome, type Run } from '../support/postern.ts'

const USER = 'ada@example.test'

async function makeHome(t: Test): Promise<PosternHome> {
  const home = new PosternHome()
  t.teardown(() => home[Symbol.asyncDispose]())
  const [nowhere = 0] = await freePorts(1)
  const imap = `imap://127.0.0.1:${nowhere}`
  await home.json(['profile', 'add', 'work', '--email', USER, '--imap', imap, '--auth', 'oauth2'])
  return home
}

/** Runs a sign-in and does what a person does with what it prints. */
async function signIn(
  home: PosternHome,
  args: readonly string[],
  act: (told: string) => Promise<unknown>,
  input = '',
): Promise<Omit<Run, 'json'> & { readonly document: unknown }> {
  const child = home.spawn(['profile', 'sign-in', 'work', '--json', ...args])
  child.stdin?.end(input)
  let [stdout, stderr] = ['', '']
  let acted: Promise<unknown> | undefined
  child.stdout?.setEncoding('utf8').on('data', text => {
    stdout += text
  })
  child.stderr?.setEncoding('utf8').on('data', text => {
    stderr += text
    const told = /^ {2}(\S+)\n/m.exec(stderr)?.[1]
    if (told !== undefined) acted ??= act(told)
  })
  const code = await new Promise<number | null>(resolve => child.once('close', resolve))
  await acted
  return { code, stdout, stderr, document: JSON.parse(stdout) }
}

t.test('a person signs in with a browser, and the token is nowhere but among the secrets', async t => {
  await using provider = await OidcProvider.start(USER)
  const home = await makeHome(t)
  let page = ''
  const args = ['--issuer', provider.issuer, '--client-id', OIDC_CLIENT]
  const run = await signIn(home, args, async url => {
    page = url
    const { status, text } = await provider.browse(url)
    t.equal(status, 200)
    t.match(text, /close this page/)
  })
  t.match(run, { code: 0, document: { name: 'work', provider: provider.issuer, renewable: true } }, run.stderr)
  const { searchParams } = new URL(page)
  t.match(Object.fromEntries(searchParams), {
    response_type: 'code',
    client_id: OIDC_CLIENT,
    code_challenge_method: 'S256',
    redirect_uri: /^http:\/\/127\.0\.0\.1:\d+\/$/,
    login_hint: USER,
  })
  t.equal(searchParams.get('state')?.length, 43, '256 bits')
  const config = readFileSync(join(home.dir, 'config.yaml'), 'utf8')
  t.match(config, /auth: oauth2/)
  t.match(config, `oauthIssuer: ${provider.issuer}`)
  t.match(await home.json(['profile', 'show', 'work']), { signedIn: true, passwordStored: false, auth: 'oauth2' })
  t.notMatch(readFileSync(join(home.dir, 'secrets.enc'), 'latin1'), /accessToken/, 'they are encrypted')
})

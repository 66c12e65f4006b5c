import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { freePorts } from '../support/free-port.ts'
import { atProvider, signIn } from '../support/oauth-home.ts'
import { OIDC_CLIENT, OidcProvider } from '../support/oidc-provider.ts'
import { PosternHome } from '../support/postern.ts'

const USER = 'ada@example.test'

t.test('a person signs in with a browser', async t => {
  await using provider = await OidcProvider.start(USER)
  await using home = new PosternHome()
  const [nowhere = 0] = await freePorts(1)
  const imap = `imap://127.0.0.1:${nowhere}`
  await home.json(['profile', 'add', 'work', '--email', USER, '--imap', imap, '--auth', 'oauth2'])
  let page = ''
  const { code, document } = await signIn(home, atProvider(provider), async url => {
    page = url
    const { status, text } = await provider.browse(url)
    t.equal(status, 200)
    t.match(text, /close this page/)
  })
  t.equal(code, 0)
  t.match(document, { name: 'work', provider: provider.issuer, accessExpires: /^\d{4}-/, renewable: true })
  const { searchParams } = new URL(page)
  t.match(Object.fromEntries(searchParams), {
    response_type: 'code',
    client_id: OIDC_CLIENT,
    code_challenge_method: 'S256',
    redirect_uri: /^http:\/\/127\.0\.0\.1:\d+\/$/,
    login_hint: USER,
  })
  t.equal(searchParams.get('state')?.length, 43, '256 bits')
  t.match(readFileSync(join(home.dir, 'config.yaml'), 'utf8'), /auth: oauth2/)
  t.match(await home.json(['profile', 'show', 'work']), {
    signedIn: true,
    passwordStored: false,
    oauthIssuer: provider.issuer,
    oauthClientId: OIDC_CLIENT,
  })
})

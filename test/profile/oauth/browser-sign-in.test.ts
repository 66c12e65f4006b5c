import { once } from 'node:events'
import { createServer } from 'node:http'
import t, { type Test } from 'tap'
import type { BrowserOptions } from '../../../src/profile/oauth/browser-sign-in.ts'
import { signInByBrowser } from '../../../src/profile/oauth/browser-sign-in.ts'
import { portOf } from '../../support/front-server.ts'
import { ACCOUNT, conversation } from '../../support/oauth-world.ts'
import { OIDC_CLIENT, OIDC_SECRET_CLIENT, OidcProvider } from '../../support/oidc-provider.ts'
import { makeProfile } from '../../support/scheduler-world.ts'

async function start(t: Test): Promise<OidcProvider> {
  const provider = await OidcProvider.start(ACCOUNT)
  t.teardown(() => provider[Symbol.asyncDispose]())
  return provider
}

const ownerAt = (oauthIssuer: string, oauthClientId: string = OIDC_CLIENT) =>
  makeProfile({ oauthIssuer, oauthClientId })
const redirectOf = (page: string) => new URL(page).searchParams.get('redirect_uri') ?? ''
const stateOf = (page: string) => new URL(page).searchParams.get('state') ?? ''

/** Begins a sign-in, with what a browser does once it is told the page. */
async function signIn(oauthIssuer: string, onUrl: BrowserOptions['onUrl'], options: Partial<BrowserOptions> = {}) {
  const { request, talk } = await conversation(ownerAt(oauthIssuer))
  return signInByBrowser(request, { redirectPort: 0, onUrl, ...options }, talk)
}

t.test('a client with a secret proves itself, and a wrong secret is told', async t => {
  const { issuer, ...provider } = await start(t).then(provider => ({
    issuer: provider.issuer,
    browse: (page: string) => provider.browse(page),
  }))
  const owner = ownerAt(issuer, OIDC_SECRET_CLIENT.id)
  const onUrl = (page: string) => void provider.browse(page)
  const right = await conversation(owner, { clientSecret: OIDC_SECRET_CLIENT.secret })
  const set = await signInByBrowser(right.request, { redirectPort: 0, onUrl }, right.talk)
  t.match(set, { clientAuth: 'basic', clientSecret: OIDC_SECRET_CLIENT.secret, refreshToken: String })
  const wrong = await conversation(owner, { clientSecret: 'wrong' })
  await t.rejects(signInByBrowser(wrong.request, { redirectPort: 0, onUrl }, wrong.talk), {
    code: 'PROFILE_OAUTH_REFUSED',
  })
})

t.test('only the browser that was sent comes back: others are answered, and change nothing', async t => {
  const provider = await start(t)
  const seen: number[] = []
  const set = await signIn(provider.issuer, page => {
    const redirect = redirectOf(page)
    const attack = async () => {
      for (const [path, init] of [
        ['', {}],
        ['?code=x&state=wrong', {}],
        [`?code=x&state=${stateOf(page).slice(1)}`, {}],
        [`other?code=x&state=${stateOf(page)}`, {}],
        [`?code=x&state=${stateOf(page)}`, { method: 'POST' }],
        ['favicon.ico', {}],
      ] as const) {
        seen.push((await fetch(`${redirect}${path}`, init)).status)
      }
      const { text } = await provider.browse(page)
      t.match(text, /close this page/)
    }
    void attack()
  })
  t.type(set.accessToken, 'string')
  t.same(seen, [404, 404, 404, 404, 404, 404])
})

t.test('another name for this machine is no redirect (DNS rebinding)', async t => {
  const provider = await start(t)
  const set = await signIn(provider.issuer, page => {
    const { port } = new URL(redirectOf(page))
    const rebound = createRequest(port, `/?code=x&state=${stateOf(page)}`, 'evil.example')
    void rebound.then(status => t.equal(status, 404)).then(() => provider.browse(page))
  })
  t.type(set.accessToken, 'string')
})

t.test('a person who says no, an answer of somebody else, and nobody at all are told apart', async t => {
  const provider = await start(t)
  const back = (query: (page: string) => string) => (page: string) => void fetch(`${redirectOf(page)}${query(page)}`)
  await t.rejects(
    signIn(
      provider.issuer,
      back(page => `?error=access_denied&error_description=no&state=${stateOf(page)}&iss=${provider.issuer}`),
    ),
    { code: 'PROFILE_OAUTH_REFUSED', message: /access_denied \(no\)/ },
  )
  // RFC 9207: the answer of another provider, which would send us to that one's token.
  await t.rejects(
    signIn(
      provider.issuer,
      back(page => `?code=x&state=${stateOf(page)}&iss=https://evil.example`),
    ),
    { code: 'PROFILE_OAUTH_UNAVAILABLE' },
  )
  const before = provider.tokenRequests
  t.equal(before, 0, 'no code went anywhere')
  await t.rejects(
    signIn(
      provider.issuer,
      back(page => `?code=made-up&state=${stateOf(page)}&iss=${provider.issuer}`),
    ),
    { code: 'PROFILE_OAUTH_REFUSED', message: /invalid_grant/ },
  )
  await t.rejects(
    signIn(provider.issuer, () => undefined, { timeoutMs: 20 }),
    { code: 'PROFILE_SIGN_IN_UNFINISHED' },
  )
  const ending = new AbortController()
  const { request, talk } = await conversation(ownerAt(provider.issuer), { signal: ending.signal })
  const onUrl = () => ending.abort(new Error('Ctrl-C'))
  await t.rejects(signInByBrowser(request, { redirectPort: 0, onUrl }, talk), { message: 'Ctrl-C' })
})

t.test('a provider is found by OpenID Connect or by RFC 8414, and only as itself', async t => {
  const documents = new Map<string, unknown>()
  const server = createServer((request, response) => {
    const document = documents.get(request.url ?? '')
    response.writeHead(document ? 200 : 404, { 'content-type': 'application/json' }).end(JSON.stringify(document ?? {}))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const issuer = `http://127.0.0.1:${portOf(server.address())}`
  const begin = (path = '') => signIn(`${issuer}${path}`, () => undefined, { timeoutMs: 20 })
  await t.rejects(begin(), { code: 'PROFILE_OAUTH_INVALID', message: /does not describe itself/ })
  const good = { issuer, authorization_endpoint: `${issuer}/a`, token_endpoint: `${issuer}/t` }
  documents.set('/.well-known/oauth-authorization-server', good)
  await t.rejects(begin(), { code: 'PROFILE_SIGN_IN_UNFINISHED' }, 'RFC 8414: all is there but a person')
  documents.set('/.well-known/oauth-authorization-server/tenant', { ...good, issuer: `${issuer}/tenant` })
  await t.rejects(begin('/tenant'), { code: 'PROFILE_SIGN_IN_UNFINISHED' })
  for (const bad of [
    { ...good, issuer: 'https://other.example' },
    { ...good, authorization_endpoint: 'file:///etc/passwd' },
    { ...good, authorization_endpoint: 'http://not-encrypted.example/a' },
    { ...good, authorization_endpoint: undefined },
    {},
  ]) {
    documents.set('/.well-known/openid-configuration', bad)
    await t.rejects(begin(), { code: 'PROFILE_OAUTH_INVALID' }, JSON.stringify(bad))
  }
})

t.test('presets know their habits', async t => {
  const google = await conversation(makeProfile({ oauthProvider: 'google', oauthClientId: 'id' }))
  t.match(google.request.target, { scopes: ['https://mail.google.com/'], parameters: { access_type: 'offline' } })
  const { target, server } = (await conversation(makeProfile({ oauthProvider: 'microsoft', oauthClientId: 'id' })))
    .request
  t.ok(target.scopes.includes('offline_access'))
  t.equal(target.redirectUri(4711), 'http://localhost:4711')
  t.match(server.token_endpoint, /^https:\/\/login\.microsoftonline\.com\//)
  await t.rejects(
    conversation(makeProfile({ oauthProvider: 'google' })),
    { code: 'PROFILE_OAUTH_INVALID' },
    'no client id',
  )
})

async function createRequest(port: string, path: string, host: string): Promise<number> {
  const { request } = await import('node:http')
  const asked = request({ host: '127.0.0.1', port, path, headers: { host } }).end()
  const [response] = await once(asked, 'response')
  response.resume()
  return response.statusCode
}

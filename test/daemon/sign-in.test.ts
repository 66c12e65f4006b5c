import { join } from 'node:path'
import t, { type Test } from 'tap'
import { ConfigFile } from '../../src/config/config-file.ts'
import { homeAt } from '../../src/config/home.ts'
import type { MethodContext } from '../../src/daemon/method.ts'
import { SIGN_IN_METHODS, type SignInEvent } from '../../src/daemon/methods/sign-in.ts'
import { Policies } from '../../src/profile/policies.ts'
import { Profiles } from '../../src/profile/profiles.ts'
import { OAuthWorld } from '../support/oauth-world.ts'
import { OIDC_CLIENT } from '../support/oidc-provider.ts'
import { silentLogger } from '../support/silent-logger.ts'

/** `profile.signIn` of one profile; `atPage` is what a person does with the page. */
async function makeHome(t: Test) {
  const world = await OAuthWorld.make(t)
  const home = homeAt(world.dir)
  const config = await ConfigFile.open(join(world.dir, 'config.yaml'))
  await config.change(['profiles', 'work'], { number: 1, email: 'ada@example.test', imap: 'imaps://imap.example.test' })
  const profiles = new Profiles(home, config, await Policies.open(home.policiesDir, silentLogger()))
  const installation = {
    profiles,
    tokens: world.tokens,
    providerFetch: world.fetch,
    signIns: { clear: () => undefined },
  }
  const told: SignInEvent[] = []
  const signIn = async (params: object, atPage: (event: SignInEvent) => unknown = () => undefined) => {
    const method = SIGN_IN_METHODS['profile.signIn']
    if (method.kind !== 'value') throw new Error('it answers with a document')
    const emit = (event: unknown) => {
      told.push(event as SignInEvent)
      atPage(event as SignInEvent)
    }
    const { signal } = new AbortController()
    const context = { installation, daemon: undefined, emit, signal } as unknown as MethodContext // all that it uses
    return method.run(method.params.parse({ name: 'work', ...params }) as never, context)
  }
  const given = { issuer: world.provider.issuer, clientId: OIDC_CLIENT }
  const browse = (event: SignInEvent) => void (event.kind === 'browser' && world.provider.browse(event.url))
  return { world, profiles, told, signIn, given, browse }
}

t.test('settings that cannot be kept are told before a person is sent to the provider', async t => {
  const { told, signIn, given, world, browse } = await makeHome(t)
  for (const wrong of [
    { issuer: 'login.example.org' },
    { issuer: 'http://login.example.org' },
    { issuer: 'https://login.example.org?tenant=1' },
    { clientId: 'not ascii: é' },
    { scopes: ['two words'] },
  ]) {
    const error = { code: 'PROFILE_OAUTH_INVALID', message: /is not valid/, advice: /docs\/oauth2/ }
    await t.rejects(signIn({ ...given, ...wrong }, browse), error, JSON.stringify(wrong))
  }
  t.same(told, [])
  t.equal(world.provider.tokenRequests, 0)
})

t.test('a profile that is removed while a person signs in gets no tokens', async t => {
  const { world, signIn, given, browse, profiles } = await makeHome(t)
  const signingIn = signIn(given, event => void profiles.remove('work', world.secrets).then(() => browse(event)))
  await t.rejects(signingIn, { code: 'PROFILE_UNKNOWN' })
  t.equal(await world.fromDisk(), undefined)
})

t.test('a sign-in is kept with its settings, and done again with them', async t => {
  const { signIn, given, browse, profiles, world } = await makeHome(t)
  t.match(await signIn(given, browse), { name: 'work', provider: given.issuer, renewable: true })
  t.match(profiles.get('work'), { auth: 'oauth2', oauthIssuer: given.issuer, oauthClientId: OIDC_CLIENT })
  const first = await world.fromDisk()
  const document = await signIn({}, browse)
  const second = await world.fromDisk()
  t.not(second?.accessToken, first?.accessToken)
  t.notOk(JSON.stringify(document).includes(second?.accessToken ?? ''), 'a document has no token')
})

t.test('a provider that is down says nothing about a sign-in that is not there yet', async t => {
  const { signIn, given, browse, world } = await makeHome(t)
  world.provider.tokenFault = (_request, response) => response.writeHead(503).end()
  await t.rejects(signIn(given, browse), { code: 'PROFILE_OAUTH_UNAVAILABLE', advice: /[Rr]epeat/ })
})

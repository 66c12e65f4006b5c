import t from 'tap'
import { type DeviceCode, signInByDevice } from '../../../src/profile/oauth/device-sign-in.ts'
import { ACCOUNT, conversation, OAuthWorld } from '../../support/oauth-world.ts'
import type { TokenFault } from '../../support/oidc-provider.ts'
import { makeProfile } from '../../support/scheduler-world.ts'

/** Signs in by device code; `during` is done before each question, in place of the pause. */
async function signIn(world: OAuthWorld, during: (code: DeviceCode, pauses: readonly number[]) => Promise<unknown>) {
  const { request, talk } = await conversation(world.owner)
  const pauses: number[] = []
  let shown: DeviceCode | undefined
  const onCode = (code: DeviceCode) => {
    shown = code
  }
  const wait = async (ms: number) => {
    pauses.push(ms)
    world.nowMs += ms
    if (shown) await during(shown, pauses)
  }
  const set = await signInByDevice({ ...request, clock: () => world.nowMs }, { onCode, wait }, talk)
  return { set, pauses, shown }
}

t.test('a code that is typed elsewhere signs in', async t => {
  const world = await OAuthWorld.make(t)
  const { set, pauses, shown } = await signIn(world, async ({ userCode }, pauses) => {
    if (pauses.length === 3) await world.provider.typeCode(userCode, ACCOUNT)
  })
  t.match(set, { accessToken: String, refreshToken: String })
  t.same(pauses, [5000, 5000, 5000])
  t.match(shown, { userCode: /^\w{4}-\w{4}$/, verificationUri: `${world.provider.issuer}/device`, expiresInS: 600 })
})

t.test('a provider that is away for a while, or wants to be asked less often, costs no code', async t => {
  const world = await OAuthWorld.make(t)
  const slow: TokenFault = (_request, response) => {
    response.writeHead(400, { 'content-type': 'application/json' }).end('{"error":"slow_down"}')
  }
  const down: TokenFault = (_request, response) => response.destroy()
  const { set, pauses } = await signIn(world, async ({ userCode }, pauses) => {
    world.provider.tokenFault = [slow, down][pauses.length - 1]
    if (pauses.length === 3) await world.provider.typeCode(userCode, ACCOUNT)
  })
  t.type(set.accessToken, 'string')
  t.same(pauses, [5000, 10_000, 15_000])
})

t.test('a person who says no, and a code that nobody types, end it', async t => {
  const world = await OAuthWorld.make(t)
  const declined = signIn(world, ({ userCode }) => world.provider.typeCode(userCode, ACCOUNT, 'no'))
  await t.rejects(declined, { code: 'PROFILE_OAUTH_REFUSED', message: /access_denied/ })
  await t.rejects(
    signIn(world, async () => undefined),
    { code: 'PROFILE_SIGN_IN_UNFINISHED', message: /expired/ },
  )
})

t.test('where there is no such way, that is said before anything is asked', async t => {
  const { request, talk } = await conversation(makeProfile({ oauthProvider: 'google', oauthClientId: 'id' }))
  await t.rejects(signInByDevice(request, { onCode: () => undefined }, talk), {
    code: 'PROFILE_OAUTH_INVALID',
    message: /Google gives no access to mail by device code/,
  })
})

t.test('a provider that wants to be asked without a pause is not', async t => {
  const world = await OAuthWorld.make(t)
  const { request, talk } = await conversation(world.owner)
  const hurried: typeof talk.fetch = async (url, options) => {
    const response = await talk.fetch(url, options)
    if (!url.endsWith('/device/auth')) return response
    return Response.json({ ...Object(await response.json()), interval: 0.000_1 })
  }
  const pauses: number[] = []
  const wait = async (ms: number) => {
    pauses.push(ms)
    throw new Error('enough')
  }
  const signingIn = signInByDevice(request, { onCode: () => undefined, wait }, { ...talk, fetch: hurried })
  await t.rejects(signingIn, { message: 'enough' })
  t.same(pauses, [1000])
})

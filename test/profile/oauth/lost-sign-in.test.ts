import t from 'tap'
import type { Secrets } from '../../../src/profile/secrets.ts'
import { OAuthWorld } from '../../support/oauth-world.ts'
import { makeProfile } from '../../support/scheduler-world.ts'

const LATE = JSON.stringify({ access_token: 'late', token_type: 'Bearer', refresh_token: 'late' })

/** Begins a renewal whose answer waits until it is let go. */
async function beginRenewal(world: OAuthWorld) {
  const set = await world.signIn()
  const entered = Promise.withResolvers<() => void>()
  world.provider.tokenFault = (_request, response) => {
    world.provider.tokenFault = (_request, response) => response.writeHead(503).end()
    entered.resolve(() => response.writeHead(200, { 'content-type': 'application/json' }).end(LATE))
  }
  world.pass(set, 'end')
  const renewal = world.tokens.get(world.owner).catch(error => error.code as string)
  const letGo = await entered.promise
  return { set, renewal, letGo }
}

const otherClient = ({ owner }: OAuthWorld) =>
  makeProfile({ auth: 'oauth2', oauthIssuer: owner.oauthIssuer, oauthClientId: 'other' })

t.test('a sign-in as another client while a token is renewed is not lost, and gets its own token', async t => {
  const world = await OAuthWorld.make(t)
  const { set, renewal, letGo } = await beginRenewal(world)
  const owner = otherClient(world)
  const { identity, ...rest } = set
  const other = { ...rest, identity: identity.replace('postern', 'other'), clientId: 'other', accessToken: 'others' }
  const { expiresAtMs: _end, renewAtMs: _renewal, ...lasting } = other
  await world.tokens.keep(owner, lasting)
  const asked = world.tokens.get(owner, 'others')
  letGo()
  t.equal(await renewal, 'PROFILE_SIGN_IN_NEEDED', 'the former settings count no more')
  t.equal(await asked.catch(error => error.code), 'PROFILE_OAUTH_UNAVAILABLE', 'its own renewal was asked for')
  t.match(await world.fromDisk(), { clientId: 'other' })
})

t.test('a profile that is removed while its token is renewed leaves no token', async t => {
  const world = await OAuthWorld.make(t)
  const { renewal, letGo } = await beginRenewal(world)
  await world.secrets.set(world.owner.number, { oauth: undefined })
  letGo()
  t.equal(await renewal, 'PROFILE_SIGN_IN_NEEDED')
  t.equal(await world.fromDisk(), undefined)
})

t.test('a sign-in that could not be written is none, and the former one goes on', async t => {
  const world = await OAuthWorld.make(t)
  const set = await world.signIn()
  const good = world.secrets
  world.secrets = Object.assign(Object.create(good), {
    find: good.find.bind(good),
    set: () => Promise.reject(Object.assign(new Error('no space'), { code: 'ENOSPC' })),
  }) as Secrets // all that is asked of them
  await t.rejects(world.tokens.keep(world.owner, { ...set, identity: 'other', accessToken: 'other' }), {
    code: 'ENOSPC',
  })
  t.equal(await world.tokens.get(world.owner), set.accessToken)
  world.secrets = good
  t.equal(await world.tokens.get(world.owner), set.accessToken)
  t.equal((await world.fromDisk())?.refreshToken, set.refreshToken)
})

t.test('a token that the mail server has refused is not shown to it again while the provider is down', async t => {
  const world = await OAuthWorld.make(t)
  const set = await world.signIn()
  world.provider.tokenFault = (_request, response) => response.writeHead(503).end()
  const unavailable = { code: 'PROFILE_OAUTH_UNAVAILABLE' }
  await t.rejects(world.tokens.get(world.owner, set.accessToken), unavailable)
  await t.rejects(world.tokens.get(world.owner), unavailable, 'each showing would count at the mail server')
  world.provider.tokenFault = undefined
  const renewed = await world.tokens.get(world.owner)
  t.not(renewed, set.accessToken)
  t.equal(await world.tokens.get(world.owner), renewed)
})

t.test('a provider that is down is not asked, and waited for, at each sign-in while the token is good', async t => {
  const world = await OAuthWorld.make(t)
  const set = await world.signIn()
  world.provider.tokenFault = (_request, response) => response.writeHead(503).end()
  world.pass(set, 'renewal')
  for (let time = 0; time < 3; time++) t.equal(await world.tokens.get(world.owner), set.accessToken)
  t.equal(world.provider.tokenRequests, 2, 'the sign-in, and one try')
  world.nowMs += 60_000
  t.equal(await world.tokens.get(world.owner), set.accessToken)
  t.equal(world.provider.tokenRequests, 3, 'a minute later, another')
})

t.test('a person may want a refused token tried again', async t => {
  const world = await OAuthWorld.make(t)
  const { refreshToken: _none, ...set } = await world.signIn()
  await world.tokens.keep(world.owner, set)
  await t.rejects(world.tokens.get(world.owner, set.accessToken), { code: 'PROFILE_SIGN_IN_NEEDED' })
  await t.rejects(world.tokens.get(world.owner), { code: 'PROFILE_SIGN_IN_NEEDED' })
  await world.tokens.retry(world.owner)
  t.equal(await world.tokens.get(world.owner), set.accessToken)
})

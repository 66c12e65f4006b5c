import t from 'tap'
import type { Secrets } from '../../../src/profile/secrets.ts'
import { OAuthWorld } from '../../support/oauth-world.ts'
import type { TokenFault } from '../../support/oidc-provider.ts'
import { makeProfile } from '../../support/scheduler-world.ts'

const json = (status: number, body: unknown): TokenFault => {
  return (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  }
}

t.test('a token is given as long as it is good, renewed early, and the new refresh token is on the disk', async t => {
  const world = await OAuthWorld.make(t)
  const first = await world.signIn()
  t.equal(await world.tokens.get(world.owner), first.accessToken)
  t.equal(world.provider.tokenRequests, 1, 'the sign-in itself')
  world.pass(first, 'renewal')
  const second = await world.tokens.get(world.owner)
  t.not(second, first.accessToken)
  const kept = await world.fromDisk()
  t.equal(kept?.accessToken, second)
  t.type(kept?.refreshToken, 'string')
  t.not(kept?.refreshToken, first.refreshToken, 'the provider rotates')
  t.ok((first.renewAtMs ?? 0) < (first.expiresAtMs ?? 0))
})

t.test('those who ask at once get one renewal; a token that was refused is not given again', async t => {
  const world = await OAuthWorld.make(t)
  const { accessToken } = await world.signIn()
  const all = await Promise.all(Array.from({ length: 5 }, () => world.tokens.get(world.owner, accessToken)))
  t.equal(new Set(all).size, 1)
  t.not(all[0], accessToken)
  t.equal(world.provider.tokenRequests, 2)
  t.equal(await world.tokens.get(world.owner, accessToken), all[0], 'somebody has renewed it already')
  t.equal(world.provider.tokenRequests, 2)
})

t.test('whatever a provider in trouble says, the sign-in stays, and a good token is used on', async t => {
  const world = await OAuthWorld.make(t)
  const set = await world.signIn()
  const unavailable = { code: 'PROFILE_OAUTH_UNAVAILABLE', message: /gives no access now/ }
  const troubles: Readonly<Record<string, readonly [TokenFault, { code: string; message: RegExp }]>> = {
    'it is down': [(_request, response) => response.writeHead(503).end('<h1>down</h1>'), unavailable],
    'it is in a hurry': [json(429, { error: 'too_many' }), unavailable],
    'it is down, and blames the grant': [json(500, { error: 'invalid_grant' }), unavailable],
    'it will be back': [json(400, { error: 'temporarily_unavailable' }), unavailable],
    'it hangs up': [(_request, response) => response.destroy(), unavailable],
    'it breaks off': [
      (_request, response) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' }).write('{"acc')
        response.destroy()
      },
      unavailable,
    ],
    'it never answers': [() => undefined, unavailable],
    'it never ends': [(_request, response) => response.writeHead(200).write(Buffer.alloc(2_000_000)), unavailable],
    'it is a captive portal': [
      (_request, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<form>'),
      unavailable,
    ],
    'it redirects': [(_request, response) => response.writeHead(302, { location: '/evil' }).end(), unavailable],
    'it sends no token': [json(200, { token_type: 'Bearer' }), unavailable],
    'it sends a token of another kind': [json(200, { access_token: 'x', token_type: 'DPoP' }), unavailable],
    'its token would add lines': [json(200, { access_token: 'a\r\nb', token_type: 'Bearer' }), unavailable],
    'its token has no end': [json(200, { access_token: 'x'.repeat(20_000), token_type: 'Bearer' }), unavailable],
    'its clock is mad': [json(200, { access_token: 'x', token_type: 'Bearer', expires_in: 'soon' }), unavailable],
    'it knows the client no more': [
      json(401, { error: 'invalid_client', error_description: 'secret\u001b[2J expired' }),
      { code: 'PROFILE_OAUTH_REFUSED', message: /invalid_client \(secret \[2J expired\)/ },
    ],
  }
  for (const [what, [fault, error]] of Object.entries(troubles)) {
    world.provider.tokenFault = fault
    world.timeoutMs = what === 'it never answers' ? 200 : 20_000
    world.pass(set, 'renewal')
    t.equal(await world.tokens.get(world.owner), set.accessToken, `${what}: the token is good yet`)
    world.pass(set, 'end')
    await t.rejects(world.tokens.get(world.owner), error, what)
    t.equal((await world.fromDisk())?.refreshToken, set.refreshToken, what)
  }
  world.provider.tokenFault = undefined
  t.type(await world.tokens.get(world.owner), 'string', 'afterwards all is well')
})

t.test('an invalid_grant ends the sign-in, is not asked about again, and is a person’s to repeat', async t => {
  const world = await OAuthWorld.make(t)
  const set = await world.signIn()
  world.provider.revokeEverything()
  world.pass(set, 'renewal')
  const needed = { code: 'PROFILE_SIGN_IN_NEEDED', message: /invalid_grant/, advice: /postern profile sign-in work/ }
  await t.rejects(world.tokens.get(world.owner), needed)
  await t.rejects(world.tokens.get(world.owner), needed)
  t.equal(world.provider.tokenRequests, 2)
  t.match((await world.fromDisk())?.endedBy, /invalid_grant/, 'also after a restart')
  await world.tokens.retry(world.owner)
  await t.rejects(world.tokens.get(world.owner), needed)
  t.equal(world.provider.tokenRequests, 3, 'a person wanted it tried')
  const again = await world.signIn()
  t.equal(await world.tokens.get(world.owner), again.accessToken)
})

t.test('a new refresh token that cannot be written is kept, told of, and written later', async t => {
  const world = await OAuthWorld.make(t)
  const set = await world.signIn()
  const good = world.secrets
  const full = Object.assign(Object.create(good), {
    find: good.find.bind(good),
    set: () => Promise.reject(Object.assign(new Error('no space'), { code: 'ENOSPC' })),
  }) as Secrets // all that is asked of them
  world.secrets = full
  world.pass(set, 'renewal')
  t.equal(await world.tokens.get(world.owner).catch(error => error.code), 'ENOSPC')
  t.equal((await world.fromDisk())?.refreshToken, set.refreshToken, 'the former is there until the new one is')
  await t.rejects(world.tokens.get(world.owner), { code: 'ENOSPC' }, 'as long as the disk is full')
  t.equal(world.provider.tokenRequests, 2, 'the former refresh token is not used again')
  world.secrets = good
  const token = await world.tokens.get(world.owner)
  t.equal((await world.fromDisk())?.accessToken, token)
  t.equal(world.provider.tokenRequests, 2)
})

t.test('a token of one provider or client is never sent to another', async t => {
  const world = await OAuthWorld.make(t)
  await world.signIn()
  const asked = world.provider.tokenRequests
  for (const other of [
    { oauthIssuer: 'https://evil.example' },
    { oauthClientId: 'other' },
    { oauthIssuer: undefined, oauthProvider: 'google' },
  ]) {
    const { oauthIssuer, oauthClientId } = world.owner
    const owner = makeProfile({ auth: 'oauth2', oauthIssuer, oauthClientId, ...other })
    await t.rejects(world.tokens.get(owner), { code: 'PROFILE_SIGN_IN_NEEDED' }, JSON.stringify(other))
  }
  await t.rejects(world.tokens.get(makeProfile({ auth: 'oauth2' })), { code: 'PROFILE_OAUTH_INVALID' })
  t.equal(world.provider.tokenRequests, asked)
})

t.test('a sign-in that comes while a token is renewed counts, and not what was renewed', async t => {
  const world = await OAuthWorld.make(t)
  const set = await world.signIn()
  let release = () => undefined as unknown
  world.provider.tokenFault = (_request, response) => {
    release = () => json(200, { access_token: 'late', token_type: 'Bearer', refresh_token: 'late' })(_request, response)
    entered.resolve()
  }
  const entered = Promise.withResolvers<void>()
  world.pass(set, 'end')
  const waiting = world.tokens.get(world.owner)
  await entered.promise
  await world.tokens.keep(world.owner, { ...set, accessToken: 'newer', refreshToken: 'newer' })
  release()
  t.equal(await waiting, 'newer')
  t.equal((await world.fromDisk())?.refreshToken, 'newer')
})

import t from 'tap'
import { DOVECOT_PASSWORD, dovecotMissing, startDovecot } from '../support/dovecot.ts'
import { connectTo } from '../support/imap-script.ts'
import { startOAuthDovecot } from '../support/oauth-home.ts'
import { ACCOUNT, OAuthWorld } from '../support/oauth-world.ts'

const USER = 'ada@example.test'

t.test('a real Dovecot and we prove the password to each other', { skip: dovecotMissing() ?? false }, async t => {
  const settings = 'auth_mechanisms = plain scram-sha-256'
  await using dovecot = await startDovecot({ users: [USER], settings })
  const connect = (password: string, mechanism: 'automatic' | 'scram-sha-256' | 'cram-md5') =>
    connectTo({ port: dovecot.imapPort }, { credentials: async () => ({ user: USER, password, mechanism }) })
  for (const mechanism of ['automatic', 'scram-sha-256'] as const) {
    await using mail = await connect(DOVECOT_PASSWORD, mechanism)
    t.ok((await mail.listFolders()).some(({ path }) => path === 'INBOX'))
    await t.rejects(connect('wrong', mechanism), { code: 'UPSTREAM_SIGN_IN_REFUSED', advice: /auth plain/ })
  }
  await t.rejects(connect(DOVECOT_PASSWORD, 'cram-md5'), { code: 'UPSTREAM_NO_MECHANISM', message: /cram-md5/ })
})

t.test(
  'a real Dovecot takes a token by OAUTHBEARER, and says why it does not',
  {
    skip: dovecotMissing() ?? false,
  },
  async t => {
    const world = await OAuthWorld.make(t)
    await using server = await startOAuthDovecot(world.provider, { user: ACCOUNT, mechanisms: 'oauthbearer' })
    const { accessToken } = await world.signIn()
    const connect = (token: string) =>
      connectTo(
        { port: server.dovecot.imapPort },
        { credentials: async () => ({ user: ACCOUNT, token: async () => token }) },
      )
    await using mail = await connect(accessToken)
    t.ok((await mail.listFolders()).some(({ path }) => path === 'INBOX'))
    await t.rejects(connect('made-up'), { code: 'UPSTREAM_SIGN_IN_REFUSED', message: /access token.*invalid_token/ })
  },
)

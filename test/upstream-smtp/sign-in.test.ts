import t, { type Test } from 'tap'
import { cramMd5Response } from '../../src/sasl/client.ts'
import type { SmtpAccount } from '../../src/upstream/smtp/client.ts'
import { connectTo, FRIENDLY, type Script, startScripted } from '../support/smtp-server-script.ts'

const CHALLENGE = '<17893.1320671958@test>'
const credentials: SmtpAccount['credentials'] = async () => ({ user: 'ada', password: 'sécret' })
const base64 = (text: string) => Buffer.from(text).toString('base64')

const offering = (auth: string, script: Script = {}): Script => ({
  ...FRIENDLY,
  EHLO: `250-test\r\n${auth}250 8BITMIME\r\n`,
  // First, for it begins as the name in LOGIN does.
  [cramMd5Response(Buffer.from(CHALLENGE), 'ada', 'sécret').toString('base64')]: '235 2.7.0 ok\r\n',
  'AUTH PLAIN': '235 2.7.0 ok\r\n',
  'AUTH LOGIN': `334 ${base64('Username:')}\r\n`,
  [base64('ada')]: `334 ${base64('Password:')}\r\n`,
  [base64('sécret')]: '235 2.7.0 ok\r\n',
  'AUTH CRAM-MD5': `334 ${base64(CHALLENGE)}\r\n`,
  ...script,
})

async function signIn(t: Test, script: Script): Promise<readonly string[]> {
  const { port, sessions } = await startScripted(t, script)
  await connectTo(t, port, { credentials })
  return sessions[0]?.filter(line => line.startsWith('AUTH')) ?? []
}

t.test('on a line in plain text a digest is preferred to the password', async t => {
  t.same(await signIn(t, offering('250-AUTH LOGIN PLAIN CRAM-MD5\r\n')), ['AUTH CRAM-MD5'])
})

t.test('PLAIN is preferred to LOGIN, and needs one round trip', async t => {
  t.same(await signIn(t, offering('250-AUTH LOGIN PLAIN\r\n')), [`AUTH PLAIN ${base64('\0ada\0sécret')}`])
})

t.test('LOGIN is used where there is nothing else', async t => {
  t.same(await signIn(t, offering('250-AUTH LOGIN XOAUTH2\r\n')), ['AUTH LOGIN'])
})

t.test('mechanisms of both spellings of the capability count, in any order and case', async t => {
  t.same(await signIn(t, offering('250-auth plain login\r\n250-AUTH=LOGIN\r\n')), [
    `AUTH PLAIN ${base64('\0ada\0sécret')}`,
  ])
  t.same(await signIn(t, offering('250-AUTH=LOGIN\r\n')), ['AUTH LOGIN'])
})

t.test('a server without a mechanism that we know is not signed in to', async t => {
  await t.rejects(signIn(t, offering('250-AUTH GSSAPI\r\n')), { code: 'UPSTREAM_NO_MECHANISM', remedy: 'user' })
  await t.rejects(signIn(t, offering('')), { code: 'UPSTREAM_NO_MECHANISM' })
})

t.test('a wrong password is told apart from a server that takes no sign-ins now', async t => {
  const refusing = (reply: string) => offering('250-AUTH PLAIN\r\n', { 'AUTH PLAIN': `${reply}\r\n` })
  await t.rejects(signIn(t, refusing('535 5.7.8 no')), { code: 'UPSTREAM_SIGN_IN_REFUSED', remedy: 'user' })
  await t.rejects(signIn(t, refusing('454 4.7.0 later')), { code: 'UPSTREAM_SIGN_IN_UNAVAILABLE', remedy: 'retry' })
})

t.test('the name in EHLO is the address of our end', async t => {
  const { port, sessions } = await startScripted(t, FRIENDLY)
  await connectTo(t, port)
  t.same(sessions[0], ['EHLO [127.0.0.1]'])
})

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { PosternError } from '../../src/errors.ts'
import { mailAccountOf, SignInGuard, sendingAccountOf, signInStopped } from '../../src/profile/sign-in-guard.ts'
import { makeProfile } from '../support/scheduler-world.ts'
import { silentLogger } from '../support/silent-logger.ts'

const SMTP = { smtp: 'smtp://127.0.0.1' }
const ACCOUNT = mailAccountOf(makeProfile(SMTP))
const refused = () => new PosternError('UPSTREAM_SIGN_IN_REFUSED', 'No.', { remedy: 'user', advice: 'Change it.' })
const lost = () => new PosternError('UPSTREAM_LOST', 'Gone.', { remedy: 'retry', advice: 'Wait.' })

const open = (file: string) => SignInGuard.open(file, silentLogger())
const makeFile = (t: Test) => join(t.testdir(), 'sign-ins.json')

async function refuse(guard: SignInGuard, account = ACCOUNT, times = 1): Promise<void> {
  for (let time = 0; time < times; time++) await (await guard.begin(account)).failed(refused())
}

t.test('after three refusals nobody signs in any more, whatever was restarted', async t => {
  const file = makeFile(t)
  await refuse(await open(file), ACCOUNT, 2)
  const guard = await open(file)
  t.notOk(guard.isStopped(ACCOUNT))
  await refuse(guard)
  await t.rejects(guard.begin(ACCOUNT), { code: 'PROFILE_SIGN_IN_STOPPED', remedy: 'user' })
  await t.rejects((await open(file)).begin(ACCOUNT), { code: 'PROFILE_SIGN_IN_STOPPED' })
})

t.test('the file tells neither password nor more than counts', async t => {
  const file = makeFile(t)
  await refuse(await open(file))
  t.match(JSON.parse(readFileSync(file, 'utf8')), { '1/password': { refusals: 1 } })
})

t.test('a lost connection is no refusal, an accepted password forgets them', async t => {
  const guard = await open(makeFile(t))
  await refuse(guard, ACCOUNT, 2)
  for (let time = 0; time < 5; time++) await (await guard.begin(ACCOUNT)).failed(lost())
  const attempt = await guard.begin(ACCOUNT)
  attempt.accepted()
  await attempt.failed(refused()) // too late: the answer was yes
  await refuse(guard, ACCOUNT, 2)
  t.notOk(guard.isStopped(ACCOUNT))
})

t.test('many connections at once try three times together, not three times each', async t => {
  const guard = await open(makeFile(t))
  let [tried, stopped] = [0, 0]
  const connect = async () => {
    try {
      const attempt = await guard.begin(ACCOUNT)
      tried++
      await new Promise(resolve => setImmediate(resolve))
      await attempt.failed(refused())
    } catch (error) {
      t.match(error, { code: 'PROFILE_SIGN_IN_STOPPED' })
      stopped++
    }
  }
  await Promise.all(Array.from({ length: 50 }, connect))
  t.same([tried, stopped], [3, 47])
})

t.test('with the right password all of them get in', async t => {
  const guard = await open(makeFile(t))
  await refuse(guard, ACCOUNT, 2)
  let accepted = 0
  const connect = async () => {
    const attempt = await guard.begin(ACCOUNT)
    await new Promise(resolve => setImmediate(resolve))
    attempt.accepted()
    accepted++
  }
  await Promise.all(Array.from({ length: 50 }, connect))
  t.equal(accepted, 50)
})

t.test('another user, another server or another password is another account', async t => {
  const guard = await open(makeFile(t))
  for (const changed of [
    { user: 'ada' },
    { imap: 'imap://192.0.2.1' },
    { smtp: 'smtp://192.0.2.1' },
    { sieve: 'sieve://192.0.2.1' },
  ]) {
    await refuse(guard, ACCOUNT, 3)
    t.ok(guard.isStopped(ACCOUNT))
    t.notOk(guard.isStopped(mailAccountOf(makeProfile({ ...SMTP, ...changed }))), Object.keys(changed).join())
  }
  await refuse(guard, ACCOUNT, 3)
  const waiting = guard.begin(ACCOUNT)
  await t.rejects(waiting, { code: 'PROFILE_SIGN_IN_STOPPED' })
  await guard.clear(1, ['password'])
  t.notOk(guard.isStopped(ACCOUNT))
})

t.test('a refusal of the old password does not count against the new one', async t => {
  const guard = await open(makeFile(t))
  await refuse(guard, ACCOUNT, 2)
  const old = await guard.begin(ACCOUNT)
  await guard.clear(1)
  await old.failed(refused())
  await refuse(guard, ACCOUNT, 2)
  t.notOk(guard.isStopped(ACCOUNT))
})

t.test('sending counts to the same stop, unless it has a password of its own', async t => {
  const guard = await open(makeFile(t))
  const [same, own] = [{}, { smtpAuth: 'own', smtpUser: 'ada' }].map(auth =>
    sendingAccountOf(makeProfile({ ...SMTP, ...auth })),
  )
  if (!same || !own) return
  await refuse(guard, same, 3)
  t.ok(guard.isStopped(ACCOUNT))
  t.notOk(guard.isStopped(own))
})

t.test('a disk that takes nothing does not make a wrong password try for ever', async t => {
  const dir = t.testdir()
  const guard = await open(join(dir, 'later', 'sign-ins.json'))
  writeFileSync(join(dir, 'later'), 'a file in the way of the folder')
  await refuse(guard, ACCOUNT, 3)
  await t.rejects(guard.begin(ACCOUNT), { code: 'PROFILE_SIGN_IN_STOPPED' })
})

t.test('a damaged file does not keep the daemon from starting', async t => {
  const file = makeFile(t)
  for (const content of ['{', '[]', '{"1/password":3}', 'null']) {
    writeFileSync(file, content)
    t.notOk((await open(file)).isStopped(ACCOUNT), content)
  }
})

t.test('a refused access is two at the server, so that two of them are enough', async t => {
  const guard = await open(makeFile(t))
  const account = mailAccountOf(makeProfile({ ...SMTP, auth: 'oauth2' }))
  await refuse(guard, account)
  t.notOk(guard.isStopped(account))
  await refuse(guard, account)
  t.ok(guard.isStopped(account))
  await t.rejects(guard.begin(account), { code: 'PROFILE_SIGN_IN_STOPPED', message: /refused 2 times/ })
})

t.test('who signs in with OAuth2 is told to sign in, not to type a password', async t => {
  const error = signInStopped(mailAccountOf(makeProfile({ auth: 'oauth2' })))
  t.match(error.message, /The access of work was refused 2 times/)
  t.match(error.advice, /postern profile sign-in work/)
  t.notMatch(error.advice, /password/)
})

// Dovecot says so without a code where it wants one; others may write the word into any refusal.
t.test('a refusal that speaks of a certificate counts: the server has seen the password', async t => {
  const guard = await open(makeFile(t))
  const wanted = () => new PosternError('UPSTREAM_CERTIFICATE_WANTED', 'No.', { remedy: 'user', advice: 'Give it.' })
  for (let time = 0; time < 3; time++) await (await guard.begin(ACCOUNT)).failed(wanted())
  t.ok(guard.isStopped(ACCOUNT))
})

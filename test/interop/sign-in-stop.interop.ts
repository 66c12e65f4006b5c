import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import nodemailer from 'nodemailer'
import t from 'tap'
import { DOVECOT_PASSWORD, type Dovecot, dovecotMissing, startDovecot } from '../support/dovecot.ts'
import { PosternHome } from '../support/postern.ts'
import { smtpPortOf } from '../support/relay-home.ts'
import { startSmtpSink } from '../support/smtp-sink.ts'
import { until } from '../support/until.ts'

const USER = 'ada@example.test'
const skip = dovecotMissing() ?? false

interface Status {
  readonly profiles: readonly {
    state: string
    lastSync: string | null
    nextRun: string | null
    lastError: { code: string; class: string; nextAttempt: string | null; advice: string } | null
  }[]
}

/** How many sign-ins Dovecot has refused. */
function refusals(dovecot: Dovecot): number {
  return readFileSync(join(dovecot.dir, 'dovecot.log'), 'utf8').match(/auth failed/g)?.length ?? 0
}

async function makeHome(dovecot: Dovecot, password: string, smtp: string[] = []): Promise<PosternHome> {
  const home = new PosternHome()
  home.configure()
  const imap = `imap://127.0.0.1:${dovecot.imapPort}`
  const account = ['--email', USER, '--imap', imap, ...smtp, '--password-stdin']
  await home.json(['profile', 'add', 'work', ...account], password)
  return home
}

const status = async (home: PosternHome) => ((await home.json(['status'])) as Status).profiles[0]

t.test('a wrong password is tried three times in all, whoever asks and whatever is restarted', { skip }, async t => {
  await using dovecot = await startDovecot({ users: [USER] })
  await using home = await makeHome(dovecot, 'wrong')
  t.match(await home.run(['sync']), { code: 1, stderr: /refused the user name or password/ }, 'without a daemon')
  let daemon = await home.start()
  const first = await until('the first failure', async () => (await status(home))?.lastError ?? undefined)
  t.match(first, { code: 'UPSTREAM_SIGN_IN_REFUSED', class: 'auth', nextAttempt: /^\d{4}-.*Z$/, advice: /password/ })
  const third = await home.run(['sync', '--json'])
  t.match(third, { code: 1 })
  t.match(third.json(), { error: { code: 'PROFILE_SIGN_IN_STOPPED', message: /refused the user name.*3 times/ } })
  for (let time = 0; time < 3; time++)
    t.match((await home.run(['sync', '--json'])).json(), { error: { code: 'PROFILE_SIGN_IN_STOPPED' } })
  t.match(await home.json(['profile', 'test', 'work']).catch(String), /PROFILE_SIGN_IN_STOPPED/)
  t.match(await status(home), { state: 'error', nextRun: null, lastError: { class: 'auth', nextAttempt: null } })
  await home.killTree(daemon.child)
  daemon = await home.start()
  await until('the stop is known after a restart', async () =>
    (await status(home))?.lastError?.code === 'PROFILE_SIGN_IN_STOPPED' ? true : undefined,
  )
  t.equal(refusals(dovecot), 3, 'Dovecot saw three')

  await t.test('a person may try once more', async t => {
    t.match((await home.run(['sync', '--retry-sign-in', '--json'])).json(), {
      error: { code: 'UPSTREAM_SIGN_IN_REFUSED' },
    })
    t.equal(refusals(dovecot), 4)
  })

  await t.test('login errors can be left out of what is told', async t => {
    await home.json(['profile', 'set', 'work', 'showLoginErrors', 'no'])
    t.match(await status(home), { lastError: null })
    await home.json(['profile', 'set', 'work', 'showLoginErrors', 'yes'])
    t.match(await status(home), { lastError: { class: 'auth' } })
  })

  await t.test('the right password starts a run at once', async t => {
    await home.json(['profile', 'password', 'work', '--password-stdin'], DOVECOT_PASSWORD)
    await until('a run', async () => (await status(home))?.lastSync ?? undefined)
    t.match(await status(home), { state: 'ok', lastError: null, nextRun: /Z$/ })
    t.equal(refusals(dovecot), 4)
  })
})

t.test('what the SMTP server refuses counts to the same stop', { skip }, async t => {
  await using dovecot = await startDovecot({ users: [USER] })
  let tried = 0
  await using sink = await startSmtpSink({
    server: {
      onAuth: (_auth, _session, done) => {
        tried++
        done(new Error('wrong password'))
      },
    },
  })
  await using home = await makeHome(dovecot, 'wrong', ['--smtp', `smtp://127.0.0.1:${sink.port}`])
  t.match((await home.run(['sync', '--json'])).json(), { error: { code: 'UPSTREAM_SIGN_IN_REFUSED' } })
  await home.json(['pause']) // the daemon's own run would be the second
  await home.start()
  const transport = nodemailer.createTransport({
    host: '127.0.0.1',
    port: await smtpPortOf(home),
    auth: { user: USER, pass: 'wrong' },
    ignoreTLS: true,
    pool: true,
    maxConnections: 10,
  })
  t.teardown(() => transport.close())
  const send = () =>
    transport.sendMail({ envelope: { from: USER, to: 'bob@example.test' }, raw: 'Subject: x\r\n\r\ny\r\n' }).then(
      () => 'sent',
      error => String(error.response),
    )
  const answers = await Promise.all(Array.from({ length: 10 }, send))
  for (const answer of answers) t.match(answer, /^451 4\.7\.0 /, answer)
  t.equal(tried, 2, 'ten connections at once made two attempts of the three that were left')
  await home.json(['resume'])
  await until('the stop', async () =>
    (await status(home))?.lastError?.code === 'PROFILE_SIGN_IN_STOPPED' ? true : undefined,
  )
  t.equal(refusals(dovecot), 1, 'and no other door is knocked at')
})

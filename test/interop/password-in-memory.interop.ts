import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import nodemailer from 'nodemailer'
import t from 'tap'
import { DOVECOT_PASSWORD, type Dovecot, dovecotMissing, startDovecot } from '../support/dovecot.ts'
import { PosternHome } from '../support/postern.ts'
import { smtpPortOf } from '../support/relay-home.ts'
import { startSmtpSink } from '../support/smtp-sink.ts'
import { runTyping } from '../support/typing.ts'
import { until } from '../support/until.ts'

const EMAIL = 'ada@example.test'

interface Status {
  readonly fronts: readonly { name: string; port: number }[]
  readonly profiles: readonly {
    state: string
    lastSync: string | null
    lastError: { code: string; advice: string } | null
  }[]
}

t.test('a password that is not remembered', { skip: dovecotMissing() ?? false }, async t => {
  await using dovecot = await startDovecot({ users: [EMAIL] })
  await using home = new PosternHome()
  home.configure()
  const status = async () => (await home.json(['status'])) as Status
  const untilState = (state: string) =>
    until(state, async () => {
      const { profiles } = await status()
      return profiles[0]?.state === state ? profiles[0] : undefined
    })
  const untilGone = (daemon: { child: { exitCode: number | null } }) =>
    until('the end', async () => daemon.child.exitCode ?? undefined)
  let daemon = await home.start()
  const restart = async () => {
    await home.json(['stop'])
    await untilGone(daemon)
    daemon = await home.start()
  }
  const account = ['--email', EMAIL, '--imap', `imap://127.0.0.1:${dovecot.imapPort}`, '--no-remember-password']
  await home.json(['profile', 'add', 'work', ...account, '--password-stdin'], DOVECOT_PASSWORD)
  const { localPassword } = (await home.json(['profile', 'outlook', 'work'])) as { localPassword: string }
  const pop3 = async (password: string) => {
    const { fronts } = await status()
    return signInByPop3(fronts.find(({ name }) => name === 'pop3')?.port ?? 0, password)
  }

  await t.test('is good for this start', async t => {
    t.match(await home.json(['sync']), { errors: [] })
    t.match(await home.json(['profile', 'show', 'work']), { rememberPassword: false, passwordStored: false })
    t.match(await pop3(DOVECOT_PASSWORD), /^\+OK/)
  })

  await t.test('and for no other: the profile says that it waits, and for what', async t => {
    await restart()
    const { lastError } = await untilState('locked')
    t.match(lastError, { code: 'PROFILE_PASSWORD_WANTED', advice: /postern profile unlock work/, nextAttempt: null })
    t.match((await home.runHere(['sync', '--json'])).json(), { error: { code: 'PROFILE_PASSWORD_WANTED' } })
    t.match(await pop3(localPassword), /^\+OK/, 'Outlook’s password is known')
    t.match(await pop3(DOVECOT_PASSWORD), /^-ERR \[SYS\/TEMP\]/, 'of the account’s own nobody can tell')
  })

  await t.test('until somebody types it', async t => {
    const unlock = ['profile', 'unlock', 'work', '--password-stdin', '--json']
    t.match((await home.runHere(unlock, 'wrong')).json(), { error: { code: 'UPSTREAM_SIGN_IN_REFUSED' } })
    t.match((await status()).profiles, [{ state: 'locked' }])
    t.match(await home.json(unlock, DOVECOT_PASSWORD), { name: 'work', proved: true })
    await untilState('ok')
    t.match(await pop3(DOVECOT_PASSWORD), /^\+OK/)
    t.match(await pop3('wrong'), /^-ERR \[AUTH\]/)
  })

  await t.test('it may be remembered after all, and forgotten again', async t => {
    t.match(await home.json(['profile', 'set', 'work', 'rememberPassword', 'yes']), { passwordStored: true })
    await restart()
    await untilState('ok')
    t.match(await home.json(['profile', 'set', 'work', 'rememberPassword', 'no']), { passwordStored: false })
    t.match(await home.json(['sync']), { errors: [] }, 'it is known till the end')
    await restart()
    await untilState('locked')
  })

  await t.test('a wrong one is tried three times, until somebody says that it is another', async t => {
    const before = refusalsOf(dovecot)
    const unlock = ['profile', 'unlock', 'work', '--password-stdin', '--json']
    for (const code of ['UPSTREAM_SIGN_IN_REFUSED', 'UPSTREAM_SIGN_IN_REFUSED', 'PROFILE_SIGN_IN_STOPPED']) {
      t.match((await home.runHere(unlock, 'wrong')).json(), { error: { code, message: /refused the user name/ } })
    }
    await restart()
    const stopped = { code: 1, stdout: '', stderr: /postern profile password work[\s\S]*--retry-sign-in/ }
    const typed = await runTyping(home, ['profile', 'unlock', 'work'], [DOVECOT_PASSWORD])
    t.match(typed, stopped)
    t.notMatch(typed.stderr, /Password of/, 'nobody is asked in vain')
    t.match((await home.runHere(unlock, 'wrong')).json(), { error: { code: 'PROFILE_SIGN_IN_STOPPED' } })
    t.equal(refusalsOf(dovecot) - before, 3, 'Dovecot saw three')
    await home.json(['profile', 'password', 'work', '--password-stdin'], DOVECOT_PASSWORD)
    await untilState('ok')
  })

  await t.test('while nobody could hold it, it is not taken', async t => {
    await home.json(['stop'])
    await untilGone(daemon)
    for (const command of ['unlock', 'password']) {
      const { json } = await home.runHere(['profile', command, 'work', '--password-stdin', '--json'], DOVECOT_PASSWORD)
      t.match(json(), { error: { code: 'DAEMON_NOT_RUNNING' } }, command)
    }
  })

  await t.test('at a terminal `start` asks for it', async t => {
    const running = runTyping(home, ['start'], ['wrong', DOVECOT_PASSWORD])
    await untilState('ok')
    await home.json(['stop'])
    const { code, stdout, stderr } = await running
    t.match({ code, stdout }, { code: 0, stdout: /^ready/ })
    t.match(stderr, /^Password of ada@example.test \(work\).*\n.*refused the user name or password/)
    t.match(stderr, /work is unlocked/)
  })
})

t.test('the SMTP server’s own password is wanted and typed as well', { skip: dovecotMissing() ?? false }, async t => {
  await using dovecot = await startDovecot({ users: [EMAIL] })
  await using sink = await startSmtpSink()
  await using home = new PosternHome()
  home.configure()
  const servers = ['--imap', `imap://127.0.0.1:${dovecot.imapPort}`, '--smtp', `smtp://127.0.0.1:${sink.port}`]
  await home.json(['profile', 'add', 'work', '--email', EMAIL, ...servers, '--password-stdin'], DOVECOT_PASSWORD)
  await home.json(['profile', 'set', 'work', 'smtpAuth', 'own'])
  await home.json(['profile', 'password', 'work', '--smtp', '--password-stdin'], DOVECOT_PASSWORD)
  await home.json(['profile', 'set', 'work', 'rememberPassword', 'no'])
  await home.start()
  const { localPassword } = (await home.json(['profile', 'outlook', 'work'])) as { localPassword: string }
  const send = async () => {
    const transport = nodemailer.createTransport({
      ...{ host: '127.0.0.1', port: await smtpPortOf(home), ignoreTLS: true },
      auth: { user: EMAIL, pass: localPassword },
    })
    const raw = 'Subject: x\r\n\r\ny\r\n'
    return transport.sendMail({ envelope: { from: EMAIL, to: 'bob@example.test' }, raw }).then(
      () => 'sent',
      error => String(error.response),
    )
  }
  t.match(await send(), /^4\d\d /, 'Outlook keeps the message, and tries again')
  const unlock = ['profile', 'unlock', 'work', '--password-stdin']
  await home.json(unlock, DOVECOT_PASSWORD)
  await until('mail is there, and the other password is wanted', async () => {
    const [profile] = ((await home.json(['status'])) as Status).profiles
    return profile?.state === 'locked' && profile.lastSync !== null ? true : undefined
  })
  await home.json([...unlock, '--smtp'], DOVECOT_PASSWORD)
  t.equal(await send(), 'sent')
})

/** How many sign-ins Dovecot has refused. */
function refusalsOf(dovecot: Dovecot): number {
  return readFileSync(join(dovecot.dir, 'dovecot.log'), 'utf8').match(/auth failed/g)?.length ?? 0
}

/** What the POP3 front answers to a password. */
async function signInByPop3(port: number, password: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]()
  await once(socket, 'connect')
  for (const command of [`USER ${EMAIL}`, `PASS ${password}`]) {
    await lines.next()
    socket.write(`${command}\r\n`)
  }
  const { value } = await lines.next()
  socket.destroy()
  return String(value)
}

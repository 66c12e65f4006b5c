import t from 'tap'
import { DOVECOT_PASSWORD, dovecotMissing, startDovecot } from '../support/dovecot.ts'
import { PosternHome } from '../support/postern.ts'
import { radicaleMissing, startRadicale } from '../support/radicale.ts'
import { pigeonholeMissing, startSieveDovecot } from '../support/sieve-dovecot.ts'
import { startSmtpSink } from '../support/smtp-sink.ts'
import { runTyping } from '../support/typing.ts'

const EMAIL = 'ada@example.test'
const [HOST, UNSECURED, USUAL] = ['127.0.0.1', '1', ''] // what a person types

t.test('servers that a person names', { skip: dovecotMissing() ?? false }, async t => {
  await using dovecot = await startDovecot({ users: [EMAIL] })
  await using sink = await startSmtpSink()
  const [imapPort, smtpPort] = [String(dovecot.imapPort), String(sink.port)]
  const incoming = [USUAL, HOST, UNSECURED, imapPort]

  await t.test('the outgoing one is the same host', async t => {
    await using home = new PosternHome()
    const answers = [DOVECOT_PASSWORD, ...incoming, 'y', USUAL, smtpPort]
    const { code, stdout, stderr } = await runTyping(home, ['profile', 'add', EMAIL, '--manual'], answers)
    t.equal(code, 0, stderr)
    t.match(stdout, /^added ada\nnext: /)
    t.match(stderr, /User name \[ada@example\.test\].*Connection: 1 unsecured, 2 STARTTLS, 3 SSL \[3\].*Port \[143\]/s)
    t.match(stderr, /ok {5}imap 127\.0\.0\.1:\d+: signed in, \d+ folders\n.*ok {5}smtp .*: signed in\n/s)
    t.match(await home.json(['profile', 'show', 'ada']), {
      imap: `imap://127.0.0.1:${imapPort}`,
      smtp: `smtp://127.0.0.1:${smtpPort}`,
      smtpAuth: 'same',
    })
    t.match(await home.json(['profile', 'test', 'ada']), { ok: true })
  })

  await t.test('the outgoing one has a user of its own, and is corrected', async t => {
    await using own = await startSmtpSink({
      server: {
        onAuth: ({ username, password }, _session, done) =>
          username === 'relay' && password === 'other' ? done(null, { user: 'relay' }) : done(new Error('no')),
      },
    })
    await using home = new PosternHome()
    const outgoing = ['n', HOST, 'unsecured', String(own.port), 'relay']
    const answers = [DOVECOT_PASSWORD, ...incoming, ...outgoing, 'wrong', 'y', ...outgoing, 'other']
    const { code, stderr } = await runTyping(home, ['profile', 'add', EMAIL, '--manual'], answers)
    t.equal(code, 0, stderr)
    t.match(stderr, /FAILED smtp .*\n {2}\S.*Change it\?.*ok {5}smtp/s)
    t.match(await home.json(['profile', 'show', 'ada']), { smtpAuth: 'own', smtpUser: 'relay' })
    t.match(await home.json(['profile', 'test', 'ada']), { ok: true })
  })

  await t.test('a password that was mistyped is typed again', async t => {
    await using home = new PosternHome()
    const answers = ['wrong', ...incoming, 'y', DOVECOT_PASSWORD, ...incoming, 'y', USUAL, smtpPort]
    const { code, stderr } = await runTyping(home, ['profile', 'add', EMAIL, '--manual'], answers)
    t.equal(code, 0, stderr)
    t.match(stderr, /FAILED imap .*refused the user name or password.*ok {5}imap.*ok {5}smtp/s)
    t.match(await home.json(['profile', 'test', 'ada']), { ok: true })
    const { own } = (await home.json(['profile', 'show', 'ada'])) as { own: string[] }
    t.notOk(own.includes('rememberPassword'), 'what was not chosen is not written')
  })

  await t.test('one that does not work is taken when the person wants it so', async t => {
    await using home = new PosternHome()
    const answers = [DOVECOT_PASSWORD, USUAL, HOST, UNSECURED, '9', 'n', 'y', USUAL, smtpPort]
    const { code, stderr } = await runTyping(home, ['profile', 'add', EMAIL, '--manual'], answers)
    t.equal(code, 1, 'and the command says that a test has failed')
    t.match(stderr, /FAILED imap 127\.0\.0\.1:9: .*refused the connection/)
    t.match(await home.json(['profile', 'show', 'ada']), { imap: 'imap://127.0.0.1:9' })
  })

  await t.test('who goes away in the middle has changed nothing', async t => {
    await using home = new PosternHome()
    const { code, stderr } = await runTyping(home, ['profile', 'add', EMAIL, '--manual'], [DOVECOT_PASSWORD, USUAL])
    t.match({ code, stderr }, { code: 1, stderr: /cancelled/ })
    t.same(await home.json(['profile', 'list']), [])
  })

  await t.test('with nobody to ask both must be given, and are tested as well', async t => {
    await using home = new PosternHome()
    const add = ['profile', 'add', EMAIL, '--manual', '--password-stdin', '--json']
    const imap = ['--imap', `imap://127.0.0.1:${imapPort}`]
    const asked = await home.runHere([...add, ...imap], DOVECOT_PASSWORD)
    t.match(asked, { code: 2 })
    t.match(asked.json(), { error: { code: 'CLI_USAGE', advice: /--smtp/ } })
    const run = await home.runHere([...add, ...imap, '--smtp', `smtp://127.0.0.1:${smtpPort}`], DOVECOT_PASSWORD)
    t.match(run, { code: 0 })
    t.match(run.json(), {
      name: 'ada',
      tests: [
        { connection: 'imap', ok: true },
        { connection: 'smtp', ok: true },
      ],
    })
  })
})

const skip = pigeonholeMissing() ?? radicaleMissing() ?? false

t.test('the servers of scripts and calendars that were named are tested as well', { skip }, async t => {
  await using server = await startSieveDovecot({ users: [EMAIL] })
  await using sink = await startSmtpSink()
  await using radicale = await startRadicale({ users: [EMAIL], password: DOVECOT_PASSWORD })
  const [imap, sieve] = [server.dovecot.imapPort, server.sievePort]
  const servers = {
    ...{ imap: `imap://127.0.0.1:${imap}`, smtp: `smtp://127.0.0.1:${sink.port}` },
    ...{ sieve: `sieve+cleartext://127.0.0.1:${sieve}`, dav: radicale.url.href },
  }
  const options = Object.entries(servers).flatMap(([name, url]) => [`--${name}`, url])
  const tests = async (name: string, password: string) => {
    const add = ['profile', 'add', name, '--email', EMAIL, '--manual', '--password-stdin', '--json', ...options]
    return (await home.runHere(add, password)).json()
  }
  await using home = new PosternHome()
  const [ok, failed] = [
    { ok: true, says: /^signed in/ },
    { ok: false, error: { code: 'UPSTREAM_SIGN_IN_REFUSED' } },
  ]
  t.match(await tests('work', DOVECOT_PASSWORD), {
    ...servers,
    tests: [
      { connection: 'imap', ...ok },
      { connection: 'smtp', ...ok },
      { connection: 'sieve', ok: true, says: 'signed in, 0 scripts' },
      { connection: 'dav', ok: true, says: 'signed in, 0 calendars, 0 address books' },
    ],
  })
  t.match(await tests('home', 'wrong'), {
    tests: [{ connection: 'imap', ...failed }, {}, { connection: 'sieve', ...failed, says: /^not tried/ }, failed],
  })
})

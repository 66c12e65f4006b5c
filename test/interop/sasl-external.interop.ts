import { execFileSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import nodemailer from 'nodemailer'
import t from 'tap'
import { makeServerCertificate } from '../support/certificates.ts'
import { dovecotMissing, startDovecot } from '../support/dovecot.ts'
import { freePorts } from '../support/free-port.ts'
import { RunningHome } from '../support/running-home.ts'
import { startSmtpSink } from '../support/smtp-sink.ts'

const EMAIL = 'ada@example.test'
const hasSubmission = existsSync('/usr/lib/dovecot/submission')
const skip = dovecotMissing() ?? (hasSubmission ? false : 'dovecot-submissiond is not installed')

interface Tests {
  readonly ok: boolean
  readonly tests: readonly { ok: boolean; error: { code: string; message: string } | null }[]
}

t.test('a client certificate is all that is signed in with', { skip }, async t => {
  const dir = t.testdir()
  const server = await makeServerCertificate(dir)
  const ada = await makeServerCertificate(dir, { commonName: EMAIL, names: ['ada'] })
  const eve = await makeServerCertificate(dir, { commonName: 'eve@example.test', names: ['eve'] })
  process.env.NODE_EXTRA_CA_CERTS = server.caFile
  const pack = (name: string, { keyFile, certFile }: typeof ada) => {
    const file = join(dir, `${name}.p12`)
    const args = ['pkcs12', '-export', '-legacy', '-inkey', keyFile, '-in', certFile, '-passout', 'stdin']
    writeFileSync(file, execFileSync('openssl', args, { input: 'of the file\n' }))
    return file
  }
  await using sink = await startSmtpSink()
  const [submissionsPort = 0] = await freePorts(1)
  const settings = `
protocols = imap submission
auth_mechanisms = plain external
ssl_ca = <${server.caFile}
ssl_verify_client_cert = yes
ssl_require_crl = no
auth_ssl_username_from_cert = yes
hostname = upstream.example.test
submission_relay_host = 127.0.0.1
submission_relay_port = ${sink.port}
passdb {
  driver = static
  mechanisms = external
  args = nopassword=y
}
service submission-login {
  inet_listener submissions {
    port = ${submissionsPort}
    ssl = yes
  }
}
`
  await using dovecot = await startDovecot({ users: [EMAIL], certificate: server, settings })
  await using postern = await RunningHome.start()
  const { home } = postern
  const test = () => postern.call<Tests>('profile.test', { name: 'work' })
  const set = (key: string, value: string) => postern.call('profile.set', { name: 'work', key, value })
  const give = (file: string) =>
    home.json(['cert', 'client', 'import', 'work', file, '--password-stdin'], 'of the file')
  const imaps = `imaps://127.0.0.1:${dovecot.imapsPort}`
  const servers = ['--imap', imaps, '--smtp', `smtps://127.0.0.1:${submissionsPort}`]
  const added = await home.runHere(['profile', 'add', 'work', '--email', EMAIL, ...servers, '--auth', 'external'])
  t.match(added, { code: 0, stdout: /next: postern cert client import work FILE/ })

  await t.test('without one the profile waits, and says for what', async t => {
    await t.rejects(postern.sync(), { code: 'PROFILE_NO_CLIENT_CERTIFICATE', advice: /cert client import work/ })
    const code = 'PROFILE_NO_CLIENT_CERTIFICATE'
    t.match((await test()).tests, [{ error: { code } }, { error: { code } }])
    t.match(await postern.call('status'), { profiles: [{ lastError: { code, nextAttempt: null } }] })
  })

  await t.test('with it mail comes and goes', async t => {
    await give(pack('ada', ada))
    t.match(await test(), { ok: true })
    t.match(await postern.sync(), { errors: [] })
    const { localPassword } = await postern.call<{ localPassword: string }>('profile.outlook', { name: 'work' })
    const transport = nodemailer.createTransport({
      ...{ host: '127.0.0.1', port: await postern.portOf('smtp'), ignoreTLS: true },
      auth: { user: EMAIL, pass: localPassword },
    })
    t.teardown(() => transport.close())
    await transport.sendMail({ envelope: { from: EMAIL, to: 'bob@example.test' }, raw: 'Subject: out\r\n\r\nx\r\n' })
    t.match(String(sink.messages.at(-1)?.head), /Subject: out/)
    t.match(await home.json(['profile', 'show', 'work']), { passwordStored: false })
  })

  await t.test('on a connection without TLS nothing was shown, and nothing is claimed', async t => {
    await set('imap', `imap://127.0.0.1:${dovecot.imapPort}`)
    t.match((await test()).tests[0], { error: { code: 'UPSTREAM_NO_MECHANISM', message: /EXTERNAL/ } })
    await set('imap', imaps)
  })

  await t.test('a profile is bound with it: counted when the certificate is here, and anyhow', async t => {
    const account = ['--imap', imaps, '--auth', 'external', '--json']
    const rebind = async (...options: string[]) =>
      (await home.runHere(['profile', 'bind', 'work', ...options, ...account])).json()
    await home.json(['profile', 'unbind', 'work', '--yes'])
    t.match(await rebind('--dry-run'), { dryRun: true, counts: null })
    t.match(await rebind('--keep', '--yes'), { counts: null, initial: 'keep', sync: undefined })
    t.match(await home.json(['profile', 'show', 'work']), { auth: 'external', imap: imaps, passwordStored: false })
    await home.json(['profile', 'unbind', 'work', '--yes'])
    await give(pack('ada', ada))
    t.match(await rebind('--dry-run'), { counts: { upload: 0, download: 0 } })
    t.match(await rebind('--keep', '--yes'), { counts: {}, sync: { errors: { length: 0 } } })
  })

  await t.test('nobody else’s account is opened with it', async t => {
    await give(pack('eve', eve))
    await set('user', EMAIL)
    const { tests } = await test()
    t.match(tests[0], { error: { code: 'UPSTREAM_SIGN_IN_REFUSED', message: /refused the client certificate of ada/ } })
  })
})

import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { makeServerCertificate } from '../support/certificates.ts'
import { DOVECOT_PASSWORD, startDovecot } from '../support/dovecot.ts'
import { freePorts } from '../support/free-port.ts'
import { RunningHome } from '../support/running-home.ts'
import { pigeonholeMissing, sieveSettings } from '../support/sieve-dovecot.ts'
import { startSmtpSink } from '../support/smtp-sink.ts'

const EMAIL = 'ada@example.test'

t.test('servers that want a client certificate', { skip: pigeonholeMissing() ?? false }, async t => {
  const dir = t.testdir()
  const server = await makeServerCertificate(dir)
  const client = await makeServerCertificate(dir, { commonName: 'Ada', names: ['ada'] })
  const stranger = await makeServerCertificate(join(dir, 'other'), { commonName: 'Eve', names: ['eve'] })
  process.env.NODE_EXTRA_CA_CERTS = server.caFile
  const pack = (name: string, { keyFile, certFile }: typeof client) => {
    const file = join(dir, `${name}.p12`)
    const args = ['pkcs12', '-export', '-legacy', '-inkey', keyFile, '-in', certFile, '-passout', 'stdin']
    writeFileSync(file, execFileSync('openssl', args, { input: 'of the file\n' }))
    return file
  }
  const [sievePort = 0] = await freePorts(1)
  await using dovecot = await startDovecot({
    users: [EMAIL],
    certificate: server,
    settings: `${sieveSettings(sievePort)}ssl_ca = <${server.caFile}\nssl_verify_client_cert = yes\nssl_require_crl = no\nauth_ssl_require_client_cert = yes\n`,
  })
  const [cert, key, ca] = [server.certFile, server.keyFile, server.caFile].map(file => readFileSync(file))
  const options = { secure: true, requestCert: true, rejectUnauthorized: true, cert, key, ca }
  await using sink = await startSmtpSink({ server: options as object })
  await using postern = await RunningHome.start()
  const { home } = postern
  const [imap, smtp] = [`imaps://127.0.0.1:${dovecot.imapsPort}`, `smtps://127.0.0.1:${sink.port}`]
  const sieve = `sieve://127.0.0.1:${sievePort}`
  await postern.call('profile.add', { name: 'work', email: EMAIL, imap, smtp, sieve, password: DOVECOT_PASSWORD })
  const test = () => postern.call('profile.test', { name: 'work' })
  const give = (file: string) =>
    home.json(['cert', 'client', 'import', 'work', file, '--password-stdin'], 'of the file')

  await t.test('without one, and it is no password that is refused', async t => {
    const { tests } = (await test()) as { tests: { error: { code: string } }[] }
    t.match(tests[1], { error: { code: 'TLS_CLIENT_CERTIFICATE_REFUSED' } })
    t.match(tests[0], { error: { code: 'UPSTREAM_CERTIFICATE_WANTED' } }, 'Dovecot lets the handshake pass')
    t.match(tests[2], { error: { code: 'UPSTREAM_CERTIFICATE_WANTED' } }, 'and so does its server of rules')
  })

  await t.test('with one that they do not know', async t => {
    await give(pack('eve', stranger))
    const { tests } = (await test()) as { tests: { error: { code: string; message: string } }[] }
    t.match(tests, [{ error: { code: 'UPSTREAM_CERTIFICATE_WANTED' } }, { ok: false }, { ok: false }])
  })

  await t.test('with theirs mail comes and goes', async t => {
    t.match(await give(pack('ada', client)), { name: 'work', certificate: { subject: 'CN=Ada', state: 'valid' } })
    t.match(await test(), { ok: true })
    t.match(await postern.sync(), { errors: [] })
    t.match(await home.json(['cert', 'client', 'show', 'work']), { certificate: { subject: 'CN=Ada' } })
  })

  await t.test('its key stands nowhere in plain text', async t => {
    const pem = readFileSync(client.keyFile, 'latin1').split('\n')[3] ?? '-'
    for (const file of [
      'config.yaml',
      'secrets.enc',
      ...readdirSync(join(home.dir, 'logs')).map(name => `logs/${name}`),
    ]) {
      const text = readFileSync(join(home.dir, file), 'latin1')
      t.notOk(text.includes(pem) || text.includes('PRIVATE KEY'), file)
    }
  })

  await t.test('and it can be taken away', async t => {
    t.match(await home.json(['cert', 'client', 'remove', 'work', '--yes']), { removed: true })
    t.match(await test(), { ok: false })
    t.match(await home.json(['cert', 'client', 'show', 'work']), { certificate: null })
  })
})

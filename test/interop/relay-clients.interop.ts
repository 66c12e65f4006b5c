import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import nodemailer from 'nodemailer'
import t from 'tap'
import { makeServerCertificate } from '../support/certificates.ts'
import { makeRelayHome, PASSWORD, smtpPortOf, USER } from '../support/relay-home.ts'
import { startSmtpSink } from '../support/smtp-sink.ts'

const run = promisify(execFile)
const TIMEOUT = { timeout: 30_000 }
const LARGE_OCTETS = 140 * 1_048_576 // the limit is 150 MB
const missing = (program: string) => (existsSync(`/usr/bin/${program}`) ? false : `${program} is not installed`)

const certificate = await makeServerCertificate(join(t.testdir(), 'tls'), { ips: ['127.0.0.1'] })
const sink = await startSmtpSink({ certificate })
t.teardown(() => sink[Symbol.asyncDispose]())
const home = await makeRelayHome(`smtp+starttls://127.0.0.1:${sink.port}`)
t.teardown(() => home[Symbol.asyncDispose]())
await home.json(['cert', 'approve', `127.0.0.1:${sink.port}`, '--starttls', 'smtp', '--yes'])
const daemon = await home.start()
const port = await smtpPortOf(home)

t.test('swaks sends with every mechanism, in every way of connecting', { skip: missing('swaks') }, async t => {
  for (const mechanism of ['PLAIN', 'LOGIN', 'CRAM-MD5'])
    for (const tls of ['', '-tls', '-tlsc']) {
      const before = sink.messages.length
      const login = ['--auth', mechanism, '--auth-user', USER, '--auth-password', PASSWORD]
      const envelope = ['--from', USER, '--to', 'bob@example.test', '--server', `127.0.0.1:${port}`, '--silent', '2']
      await swaks([...envelope, ...login, ...(tls ? [tls] : [])])
      t.equal(sink.messages.length, before + 1, `${mechanism} ${tls || 'plain'}`)
    }
})

/** Who says nothing for 150 ms is greeted in plain text: on a busy machine swaks may need longer for its ClientHello. */
async function swaks(args: readonly string[], attempts = 12): Promise<void> {
  try {
    await run('swaks', args, TIMEOUT)
  } catch (error) {
    if (attempts === 1 || !args.includes('-tlsc') || !String(Object(error).stderr).includes('TLS startup')) throw error
    await swaks(args, attempts - 1)
  }
}

t.test('swaks is refused with a wrong password, and without one', { skip: missing('swaks') }, async t => {
  const envelope = ['--from', USER, '--to', 'bob@example.test', '--server', `127.0.0.1:${port}`, '--silent', '3']
  const before = sink.messages.length
  await t.rejects(
    run('swaks', [...envelope, '--auth', 'PLAIN', '--auth-user', USER, '--auth-password', 'wrong'], TIMEOUT),
    { code: 28 },
  )
  await t.rejects(run('swaks', envelope, TIMEOUT), { code: 23 }, 'MAIL is refused')
  t.equal(sink.messages.length, before)
})

t.test('curl’s message arrives octet for octet; a bare LF is refused', { skip: missing('curl') }, async t => {
  const message = 'Subject: dots\r\n\r\n.one\r\n..two\r\n.\u00e9\r\n'
  const file = join(home.dir, 'message')
  writeFileSync(file, message.replaceAll('\r\n', '\n'), 'latin1')
  const args = [
    '-sS',
    '--mail-from',
    USER,
    '--mail-rcpt',
    'bob@example.test',
    '--user',
    `${USER}:${PASSWORD}`,
    '-T',
    file,
  ]
  await run('curl', [...args, '--crlf', `smtp://127.0.0.1:${port}`], TIMEOUT)
  t.equal(sink.messages.at(-1)?.sha256, createHash('sha256').update(message, 'latin1').digest('hex'))
  await t.rejects(run('curl', [...args, `smtp://127.0.0.1:${port}`], TIMEOUT), 'bare LF')
})

t.test('Python’s smtplib sends, and is told which recipient was refused', { skip: missing('python3') }, async t => {
  const script = `
import smtplib, sys
s = smtplib.SMTP('127.0.0.1', int(sys.argv[1]), timeout=15)
s.login(sys.argv[2], sys.argv[3])
refused = s.sendmail(sys.argv[2], ['bob@example.test', 'nobody@example.test'], b'Subject: x\\r\\n\\r\\nhello\\r\\n')
assert list(refused) == ['nobody@example.test'] and refused['nobody@example.test'][0] == 550, refused
assert b'no such user here' in refused['nobody@example.test'][1], refused
s.quit(); print('done')
`
  const { stdout } = await run('python3', ['-c', script, String(port), USER, PASSWORD], TIMEOUT)
  t.equal(stdout.trim(), 'done')
  t.same(sink.messages.at(-1)?.recipients, ['bob@example.test'])
})

t.test('nodemailer’s signed-looking message arrives octet for octet over TLS', async t => {
  const signed = Buffer.from(
    `Content-Type: multipart/signed\r\n\r\n--b\r\n${'long line '.repeat(80)}\r\n.\r\n..\r\n\xe9\xff\x00\r\n--b--\r\n`,
    'latin1',
  )
  const auth = { user: USER, pass: PASSWORD }
  const transport = nodemailer.createTransport({
    host: '127.0.0.1',
    port,
    secure: true,
    auth,
    tls: { ca: readFileSync(join(home.dir, 'certs', 'ca.pem')) },
  })
  await transport.sendMail({ envelope: { from: USER, to: 'bob@example.test' }, raw: signed })
  transport.close()
  t.equal(sink.messages.at(-1)?.sha256, createHash('sha256').update(signed).digest('hex'))
})

t.test('140 MB pass through without being held in memory', async t => {
  const line = Buffer.from(`${'0123456789'.repeat(7)}\r\n`)
  const body = Buffer.alloc(LARGE_OCTETS, line)
  const whole = Buffer.concat([
    Buffer.from('Subject: large\r\n\r\n'),
    body.subarray(0, body.length - (body.length % line.length)),
  ])
  const rss = () => Number(readFileSync(`/proc/${daemon.child.pid}/statm`, 'utf8').split(' ')[1]) * 4096
  const before = rss()
  let highest = before
  const timer = setInterval(() => {
    highest = Math.max(highest, rss())
  }, 20)
  const transport = nodemailer.createTransport({
    host: '127.0.0.1',
    port,
    auth: { user: USER, pass: PASSWORD },
    ignoreTLS: true,
  })
  await transport.sendMail({ envelope: { from: USER, to: 'bob@example.test' }, raw: whole })
  transport.close()
  clearInterval(timer)
  t.equal(sink.messages.at(-1)?.sha256, createHash('sha256').update(whole).digest('hex'))
  t.ok(highest - before < 100_000_000, `the daemon grew by ${Math.round((highest - before) / 1e6)} MB`)
})

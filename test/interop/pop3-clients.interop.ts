import { execFile } from 'node:child_process'
import { chmodSync, existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { freePorts } from '../support/free-port.ts'
import { PosternHome } from '../support/postern.ts'

const run = promisify(execFile)
const USER = 'ada@example.test'
const PASSWORD = 'correct horse'
const TIMEOUT = { timeout: 20_000 }

const missing = (program: string) => (existsSync(`/usr/bin/${program}`) ? false : `${program} is not installed`)

// The account's server does not exist: the fronts answer all the same.
const home = new PosternHome()
t.teardown(() => home[Symbol.asyncDispose]())
home.configure()
const [nowhere = 0] = await freePorts(1)
await home.json(
  ['profile', 'add', 'work', '--email', USER, '--imap', `imap://127.0.0.1:${nowhere}`, '--password-stdin'],
  PASSWORD,
)
await home.start()
const { fronts } = (await home.json(['status'])) as { fronts: { name: string; port: number }[] }
const port = fronts.find(({ name }) => name === 'pop3')?.port ?? 0
const ca = join(home.dir, 'certs', 'ca.pem')

async function curl(t: Test, ...args: string[]): Promise<void> {
  const { stdout } = await run('curl', ['-sS', '--max-time', '15', '--user', `${USER}:${PASSWORD}`, ...args], TIMEOUT)
  t.equal(stdout.trim(), '', `curl ${args.join(' ')} finds nothing`)
}

t.test('curl finds an empty maildrop in every way of connecting', { skip: missing('curl') }, async t => {
  await curl(t, `pop3://127.0.0.1:${port}`)
  await curl(t, `pop3://[::1]:${port}`)
  await curl(t, '--cacert', ca, `pop3s://localhost:${port}`)
  await curl(t, '--cacert', ca, '--ssl-reqd', `pop3://localhost:${port}`)
  for (const mechanism of ['PLAIN', 'LOGIN', 'CRAM-MD5', '+APOP']) {
    await curl(t, '--login-options', `AUTH=${mechanism}`, `pop3://127.0.0.1:${port}`)
  }
})

t.test('curl is refused with a wrong password', { skip: missing('curl') }, async t => {
  const args = ['-sS', '--max-time', '15', '--user', `${USER}:wrong`, `pop3://127.0.0.1:${port}`]
  await t.rejects(run('curl', args, TIMEOUT), { code: 67 }, 'login denied')
})

t.test('fetchmail finds no mail', { skip: missing('fetchmail') }, async t => {
  const file = join(home.dir, 'fetchmailrc')
  const account = `poll 127.0.0.1 port ${port} proto pop3 auth password user "${USER}" password "${PASSWORD}"`
  for (const options of ['sslproto ""', `ssl sslcertfile "${ca}" no sslcertck`]) {
    writeFileSync(file, `set no bouncemail\n${account} ${options} mda "/bin/false"\n`)
    chmodSync(file, 0o600)
    // Exit code 1: there was no mail to retrieve.
    await t.rejects(
      run('fetchmail', ['-f', file, '--nosyslog', '-i', join(home.dir, 'ids')], TIMEOUT),
      { code: 1 },
      options,
    )
  }
})

t.test('mpop finds no mail', { skip: missing('mpop') }, async t => {
  const file = join(home.dir, 'mpoprc')
  const common = `host localhost\nport ${port}\nuser ${USER}\npassword "${PASSWORD}"\ndelivery maildir ${home.dir}\nuidls_file ${home.dir}/uidls\n`
  for (const tls of [
    'tls off',
    `tls on\ntls_starttls off\ntls_trust_file ${ca}`,
    `tls on\ntls_starttls on\ntls_trust_file ${ca}`,
  ]) {
    writeFileSync(file, `account default\n${common}${tls}\nauth plain\n`)
    chmodSync(file, 0o600)
    const { stdout } = await run('mpop', ['-C', file], TIMEOUT)
    t.match(stdout, /no messages|0 messages|new: no/i, tls.split('\n').join(', '))
  }
})

t.test('Python’s poplib finds an empty maildrop', { skip: missing('python3') }, async t => {
  const script = `
import poplib, ssl, sys
port, user, password, ca = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
context = ssl.create_default_context(cafile=ca)
def check(p):
    assert p.stat() == (0, 0), p.stat()
    assert p.list()[1] == [] and p.uidl()[1] == []
    p.noop(); p.rset(); p.quit()
p = poplib.POP3('127.0.0.1', port, timeout=10); p.user(user); p.pass_(password); check(p)
p = poplib.POP3('127.0.0.1', port, timeout=10); p.apop(user, password); check(p)
p = poplib.POP3('localhost', port, timeout=10); p.stls(context); p.user(user); p.pass_(password); check(p)
p = poplib.POP3_SSL('localhost', port, timeout=10, context=context); p.user(user); p.pass_(password); check(p)
p = poplib.POP3('127.0.0.1', port, timeout=10)
assert 'STLS' in p.capa() and 'UIDL' in p.capa()
try: p.user(user); p.pass_('wrong'); sys.exit('let in')
except poplib.error_proto as e: assert b'[AUTH]' in e.args[0]
print('done')
`
  const { stdout } = await run('python3', ['-c', script, String(port), USER, PASSWORD, ca], TIMEOUT)
  t.equal(stdout.trim(), 'done')
})

t.test('openssl sees our certificate after STLS', { skip: missing('openssl') }, async t => {
  const args = [
    's_client',
    '-starttls',
    'pop3',
    '-connect',
    `127.0.0.1:${port}`,
    '-CAfile',
    ca,
    '-verify_return_error',
    '-verify_hostname',
    'localhost',
  ]
  const child = run('openssl', args, TIMEOUT)
  child.child.stdin?.end('QUIT\r\n')
  t.match((await child).stdout, /Verify return code: 0 \(ok\)|Verification: OK/)
})

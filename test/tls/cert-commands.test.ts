import { X509Certificate } from 'node:crypto'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { LocalCa } from '../../src/tls/ca/local-ca.ts'
import { run } from './command-line.ts'

t.test('a CA is made at first use, shown again, and renewed only on a yes', async t => {
  const home = t.testdir()
  const first = JSON.parse((await run(home, ['cert', 'ca', '--json'])).stdout)
  t.match(first, { subject: 'O=Postern, CN=Postern local CA', state: 'valid', file: join(home, 'certs', 'ca.pem') })
  t.equal(first.sha256, new X509Certificate(readFileSync(first.file)).fingerprint256.replaceAll(':', '').toLowerCase())
  t.match((await run(home, ['cert', 'ca'])).stdout, /signs for +localhost, 127\.0\.0\.0\/8 and ::1, nothing else/)
  const refused = await run(home, ['cert', 'ca', '--renew', '--json'])
  t.equal(refused.code, 1)
  t.equal(JSON.parse(refused.stdout).error.code, 'CLI_NOT_CONFIRMED')
  t.equal((await run(home, ['cert', 'ca', '--renew'], { answers: 'n\n' })).code, 1)
  t.equal(JSON.parse((await run(home, ['cert', 'ca', '--json'])).stdout).sha256, first.sha256)
  t.equal((await run(home, ['cert', 'ca', '--renew'], { answers: 'y\n' })).code, 0)
  const { authority, leaf } = await new LocalCa(join(home, 'certs'), Date.now).leaf()
  t.not(authority.certificate.fingerprint256.replaceAll(':', '').toLowerCase(), first.sha256)
  t.ok(leaf.certificate.verify(authority.certificate.publicKey), 'and the leaf is of the new one')
})

t.test('certificates are issued for this machine and for no other', async t => {
  const home = t.testdir()
  const issued = JSON.parse((await run(home, ['cert', 'issue', 'MAIL.localhost', '127.0.0.2', '--json'])).stdout)
  t.match(issued, { names: 'DNS:mail.localhost, IP Address:127.0.0.2', state: 'valid' })
  t.ok(existsSync(issued.certFile) && existsSync(issued.keyFile))
  const refused = await run(home, ['cert', 'issue', 'localhost', 'mail.example.org', '--json'])
  t.equal(refused.code, 1)
  t.match(JSON.parse(refused.stdout).error, { code: 'TLS_NAME_NOT_ALLOWED', message: /mail\.example\.org/ })
  t.equal((await run(home, ['cert', 'issue'])).code, 2)
})

t.test('the list of a new home is empty, and making it makes nothing', async t => {
  const home = t.testdir()
  t.same(JSON.parse((await run(home, ['cert', 'list', '--json'])).stdout), [])
  t.match((await run(home, ['cert', 'list'])).stdout, /no certificates yet/)
  t.notOk(existsSync(join(home, 'certs')))
})

t.test('the list tells of a damaged file and of a damaged list of approvals', async t => {
  const home = t.testdir()
  await run(home, ['cert', 'issue', 'localhost'])
  const file = join(home, 'certs', 'issued', 'localhost.pem')
  writeFileSync(file, 'damaged')
  t.match((await run(home, ['cert', 'list'])).stdout, `issued  damaged\n  file        ${file}`)
  writeFileSync(join(home, 'certs', 'approved.json'), 'damaged')
  const failed = await run(home, ['cert', 'list', '--json'])
  t.equal(JSON.parse(failed.stdout).error.code, 'TLS_APPROVALS_UNREADABLE')
})

t.test('certificates are exported to stdout and to files', async t => {
  const home = t.testdir()
  const pem = (await run(home, ['cert', 'export', 'ca'])).stdout
  t.equal(pem, readFileSync(join(home, 'certs', 'ca.pem'), 'utf8'))
  t.equal((await run(home, ['cert', 'export', 'leaf'])).stdout, readFileSync(join(home, 'certs', 'leaf.pem'), 'utf8'))
  const out = join(home, 'ca.der')
  const told = await run(home, ['cert', 'export', 'ca', '--format', 'der', '--out', out, '--json'])
  t.match(JSON.parse(told.stdout), { file: out, format: 'der' })
  t.equal(new X509Certificate(readFileSync(out)).toString(), pem)
})

t.test('no export but PKCS#12 of the leaf holds a key', async t => {
  const home = t.testdir()
  for (const what of ['ca', 'leaf']) {
    for (const format of ['pem', 'der']) {
      const out = join(home, `${what}.${format}`)
      await run(home, ['cert', 'export', what, '--format', format, '--out', out])
      t.notMatch(readFileSync(out, 'latin1'), /PRIVATE KEY/)
      t.equal(statSync(out).mode & 0o777, 0o644)
    }
  }
})

t.test('a key is exported into a file for us alone, even over one that others could read', async t => {
  const home = t.testdir({ 'leaf.p12': 'old' })
  const out = join(home, 'leaf.p12')
  const ended = await run(home, ['cert', 'export', 'leaf', '--format', 'p12', '--out', out], { piped: 'horse\n' })
  t.equal(ended.code, 0, ended.stderr)
  t.equal(statSync(out).mode & 0o777, 0o600)
})

const refused: Record<string, readonly [args: readonly string[], code: string, exitCode: number]> = {
  'a key to stdout': [['leaf', '--format', 'p12'], 'CLI_USAGE', 2],
  'two documents on stdout': [['leaf'], 'CLI_USAGE', 2],
  'a key without a password': [['leaf', '--format', 'p12', '--out', 'HOME/a.p12'], 'TLS_PASSWORD_EMPTY', 1],
  'a file in a folder that is not there': [['ca', '--out', 'HOME/none/ca.pem'], 'CLI_OUTPUT_FAILED', 1],
  'an unknown format': [['ca', '--format', 'txt'], 'CLI_USAGE', 2],
}
for (const [name, [args, code, exitCode]] of Object.entries(refused)) {
  t.test(`an export is refused: ${name}`, async t => {
    const home = t.testdir()
    const ended = await run(home, ['cert', 'export', ...args.map(arg => arg.replace('HOME', home)), '--json'])
    t.equal(JSON.parse(ended.stdout).error.code, code)
    t.equal(ended.code, exitCode)
    t.notOk(existsSync(join(home, 'none')))
  })
}

t.test('a device is written to, not replaced', async t => {
  const home = t.testdir()
  t.equal((await run(home, ['cert', 'export', 'ca', '--out', '/dev/null'])).code, 0)
  t.ok(statSync('/dev/null').isCharacterDevice())
})

t.test('the commands that change a trust store are shown and not run without a yes', async t => {
  const home = t.testdir()
  const database = ['--store', 'nss', '--nss-database', join(home, 'a database')]
  const shown = await run(home, ['cert', 'install', ...database, '--dry-run'])
  t.match(shown.stdout, `certutil -A -d 'sql:${join(home, 'a database')}' -n 'Postern local CA' -t C,, -i`)
  t.match(shown.stdout, /nothing was run/)
  const asked = await run(home, ['cert', 'install', ...database], { answers: 'n\n' })
  t.match(asked.stdout, /certutil -A/)
  t.equal(asked.code, 1)
  t.notOk(existsSync(join(home, 'a database')))
  const document = JSON.parse((await run(home, ['cert', 'uninstall', ...database, '--json'])).stdout)
  t.same(document, { ran: false, commands: [] })
})

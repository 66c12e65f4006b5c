import { execFileSync, spawnSync } from 'node:child_process'
import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { LocalCa } from '../../src/tls/ca/local-ca.ts'
import { makeIdentity } from '../../src/tls/ca/x509.ts'

const dir = join(t.testdir(), 'certs')
const ca = new LocalCa(dir, Date.now)
const { leaf, authority } = await ca.leaf()

const opensslText = (file: string) =>
  execFileSync('openssl', ['x509', '-in', file, '-noout', '-text'], { encoding: 'utf8' })

function verify(certificate: string): { isAccepted: boolean; says: string } {
  const file = join(t.testdirName, 'candidate.pem')
  writeFileSync(file, certificate)
  const { status, stdout, stderr } = spawnSync('openssl', ['verify', '-CAfile', join(dir, 'ca.pem'), file], {
    encoding: 'utf8',
  })
  return { isAccepted: status === 0, says: stdout + stderr }
}

async function signedAnyway(names: readonly string[]): Promise<string> {
  const [commonName = ''] = names
  const { certificate } = await makeIdentity({ commonName, lifetimeDays: 1, now: Date.now(), names, issuer: authority })
  return certificate.toString()
}

t.test('openssl accepts the certificate of the fronts', async t => {
  t.ok(verify(leaf.certificate.toString()).isAccepted)
  for (const host of ['localhost']) t.ok(leaf.certificate.checkHost(host))
  for (const ip of ['127.0.0.1', '::1']) t.ok(leaf.certificate.checkIP(ip))
})

for (const name of ['mail.example.org', '192.0.2.1', '2001:db8::1', 'localhost.example.org']) {
  t.test(`openssl refuses a certificate that the CA signed for ${name}`, async t => {
    const { isAccepted, says } = verify(await signedAnyway([name]))
    t.notOk(isAccepted)
    t.match(says, /permitted subtree violation/)
  })
}

t.test('a name outside in the company of localhost is refused as well', async t => {
  t.notOk(verify(await signedAnyway(['localhost', 'mail.example.org'])).isAccepted)
})

t.test('names below localhost and other loopback addresses are accepted', async t => {
  const { identity } = await ca.issue(['mail.localhost', '127.8.8.8'])
  t.ok(verify(identity.certificate.toString()).isAccepted)
})

t.test('the CA says, critically, what it may sign', async t => {
  const text = opensslText(join(dir, 'ca.pem'))
  t.match(text, /Name Constraints: critical/)
  t.match(text, /DNS:localhost\n\s+IP:127\.0\.0\.0\/255\.0\.0\.0\n\s+IP:0:0:0:0:0:0:0:1\/(FFFF:?){8}/)
  t.match(text, /Basic Constraints: critical\s+CA:TRUE, pathlen:0/)
  t.match(text, /TLS Web Server Authentication/)
  t.match(text, /Public-Key: \(2048 bit\)/)
})

t.test('the CA lives ten years, the leaf 397 days and no hour more', async t => {
  const days = (from: string, to: string) => (Date.parse(to) - Date.parse(from)) / 86_400_000
  t.equal(days(leaf.certificate.validFrom, leaf.certificate.validTo), 397)
  t.equal(days(authority.certificate.validFrom, authority.certificate.validTo), 3652)
})

t.test('keys are for us alone, certificates for all', { skip: process.platform === 'win32' && 'no modes' }, async t => {
  const mode = (name: string) => (statSync(join(dir, name)).mode & 0o777).toString(8)
  t.equal(mode(''), '700')
  t.equal(mode('ca-key.pem'), '600')
  t.equal(mode('leaf-key.pem'), '600')
  t.equal(mode('issued/mail.localhost-key.pem'), '600')
  t.equal(mode('ca.pem'), '644')
  t.equal(mode('leaf.pem'), '644')
})

t.test('openssl can use the key files', async t => {
  for (const name of ['ca-key.pem', 'leaf-key.pem']) {
    t.match(execFileSync('openssl', ['rsa', '-in', join(dir, name), '-check', '-noout'], { encoding: 'utf8' }), /ok/)
  }
})

for (const name of [
  'mail.example.org',
  '10.0.0.1',
  '::2',
  'localhost.',
  'localhost/../x',
  '*.localhost',
  '',
  'a b.localhost',
]) {
  t.test(`issuing for ${JSON.stringify(name)} is refused with the reason`, async t => {
    await t.rejects(ca.issue(['localhost', name]), {
      code: 'TLS_NAME_NOT_ALLOWED',
      message: /localhost, 127.0.0.0\/8 and ::1/,
    })
  })
}

import { execFileSync, spawnSync } from 'node:child_process'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { assertIdentity } from '../../src/tls/client-identity.ts'
import { MAX_PKCS12_OCTETS, readPkcs12 } from '../../src/tls/read-pkcs12.ts'
import { makeServerCertificate, makeTestCa } from '../support/certificates.ts'

const skip = spawnSync('openssl', ['version']).error !== undefined && 'openssl is not installed'
const INVALID = { code: 'TLS_CLIENT_CERTIFICATE_INVALID', remedy: 'user' }

const dir = t.testdir()
const ca = await makeTestCa(dir)
const rsa = await makeServerCertificate(dir, { commonName: 'Ada', names: ['ada'] })

function pack(
  password: string,
  { keyFile, certFile }: { keyFile: string; certFile: string },
  extra: string[] = [],
): Buffer {
  const args = ['pkcs12', '-export', '-inkey', keyFile, '-in', certFile, '-passout', 'stdin', ...extra]
  return execFileSync('openssl', args, { input: `${password}\n` })
}

t.test('what openssl packs, with any of its ciphers', { skip }, async t => {
  const chain = ['-certfile', ca.caFile]
  for (const [name, extra] of [
    ['AES', []],
    ['triple DES', ['-keypbe', 'PBE-SHA1-3DES', '-certpbe', 'PBE-SHA1-3DES', '-macalg', 'sha1']],
    ['RC2 of 40 bits', ['-legacy']],
    ['nothing', ['-keypbe', 'NONE', '-certpbe', 'NONE']],
  ] as const) {
    for (const password of ['secret', 'pässwörd', '']) {
      const identity = readPkcs12(pack(password, rsa, [...extra, ...chain]), password)
      const [own, issuer] = identity.certificates
        .split(/(?<=END CERTIFICATE-----\n)/)
        .map(pem => new X509Certificate(pem))
      t.equal(own?.subject, 'CN=Ada', `${name}, ${JSON.stringify(password)}`)
      t.ok(issuer && own?.verify(issuer.publicKey), 'the chain is in order')
      t.ok(own?.checkPrivateKey(createPrivateKey(identity.key)))
    }
  }
})

t.test('a key on an elliptic curve', { skip }, async t => {
  const [keyFile, certFile] = [join(dir, 'ec-key.pem'), join(dir, 'ec.pem')]
  const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=Eve']
  execFileSync('openssl', [...args, '-keyout', keyFile, '-out', certFile], { stdio: 'ignore' })
  const identity = readPkcs12(pack('x', { keyFile, certFile }), 'x')
  t.equal(assertIdentity(identity).subject, 'CN=Eve')
})

t.test('what cannot be used is told', { skip }, async t => {
  const good = pack('secret', rsa)
  for (const [file, password, message] of [
    [good, 'wrong', /its password is another one/],
    [pack('secret', rsa, ['-legacy']), 'wrong', /its password is another one/],
    [good.subarray(0, 500), 'secret', /no PKCS#12 file/],
    [Buffer.alloc(0), '', /no PKCS#12 file/],
    [Buffer.from(readFileSync(rsa.certFile)), '', /no PKCS#12 file/],
    [Buffer.alloc(MAX_PKCS12_OCTETS + 1, 0x30), '', /larger than/],
    [
      execFileSync('openssl', ['pkcs12', '-export', '-nokeys', '-in', rsa.certFile, '-passout', 'pass:x']),
      'x',
      /no key/,
    ],
  ] as const) {
    t.throws(() => readPkcs12(file, password), { ...INVALID, message })
  }
})

t.test('bytes of any kind end in the one error', { skip }, async t => {
  const good = pack('secret', rsa)
  for (let position = 0; position < good.length; position += 101) {
    const spoiled = Buffer.from(good)
    spoiled[position] = (spoiled[position] ?? 0) ^ 0xff
    try {
      assertIdentity(readPkcs12(spoiled, 'secret'))
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === INVALID.code))
        t.match(error, INVALID, `at ${position}`)
    }
  }
})

t.test('a key of another certificate is refused', async t => {
  const other = await makeServerCertificate(dir)
  const [certificates, key] = [rsa.certFile, other.keyFile].map(file => readFileSync(file, 'utf8'))
  t.throws(() => assertIdentity({ certificates: certificates ?? '', key: key ?? '' }), INVALID)
  t.throws(() => assertIdentity({ certificates: 'x', key: 'y' }), INVALID)
})

import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { duplexPair } from 'node:stream'
import { connect, type SecureContext, type SecureVersion, TLSSocket } from 'node:tls'
import { pino } from 'pino'
import t from 'tap'
import { openFrontCertificate } from '../../src/tls/ca/front-certificate.ts'
import { LocalCa } from '../../src/tls/ca/local-ca.ts'

const DAY_MS = 86_400_000
const silent = pino({ level: 'silent' })

// What a client that trusts only `ca` sees of a front that uses `context`.
async function visit(context: SecureContext, ca: string, maxVersion: SecureVersion = 'TLSv1.3') {
  const [clientEnd, serverEnd] = duplexPair()
  new TLSSocket(serverEnd, { isServer: true, secureContext: context }).on('error', () => undefined) // tells the client, too
  const minVersion = maxVersion === 'TLSv1.1' ? { minVersion: 'TLSv1' as const, ciphers: 'DEFAULT@SECLEVEL=0' } : {}
  const client = connect({
    socket: clientEnd,
    ca,
    host: 'localhost',
    servername: 'localhost',
    maxVersion,
    ...minVersion,
  })
  await once(client, 'secureConnect')
  return { serial: client.getPeerX509Certificate()?.serialNumber, protocol: client.getProtocol() }
}

t.test('a client that trusts the CA is served with TLS 1.2 and 1.3, not with 1.1', async t => {
  const certsDir = join(t.testdir(), 'certs')
  await using certificate = await openFrontCertificate({ certsDir, clock: Date.now, log: silent })
  const ca = (await new LocalCa(certsDir, Date.now).authority()).certificate.toString()
  t.equal((await visit(certificate.current(), ca)).protocol, 'TLSv1.3')
  t.equal((await visit(certificate.current(), ca, 'TLSv1.2')).protocol, 'TLSv1.2')
  await t.rejects(visit(certificate.current(), ca, 'TLSv1.1'))
})

t.test('the certificate is renewed while the fronts run', async t => {
  const certsDir = join(t.testdir(), 'certs')
  let now = Date.now()
  await using certificate = await openFrontCertificate({ certsDir, clock: () => now, log: silent })
  const ca = (await new LocalCa(certsDir, Date.now).authority()).certificate.toString()
  const before = certificate.current()
  const { serial } = await visit(before, ca)
  await certificate.check()
  t.equal(certificate.current(), before, 'not before it is due')
  now += 264 * DAY_MS // two thirds of 397 days, less the hour of back-dating
  now += DAY_MS
  await Promise.all([certificate.check(), certificate.check()])
  t.not(certificate.current(), before)
  const served = await visit(certificate.current(), ca).catch((error: Error) => error.message)
  // The client lives today, and the new certificate is from its future.
  t.equal(served, 'certificate is not yet valid')
  t.ok(serial)
})

t.test('a CA that the command line renewed is taken up without a restart', async t => {
  const certsDir = join(t.testdir(), 'certs')
  const { promise: isTold, resolve } = Promise.withResolvers<void>()
  let told = 0
  const log = pino({ level: 'info' }, { write: line => void (line.includes('is in use') && ++told === 2 && resolve()) })
  await using certificate = await openFrontCertificate({ certsDir, clock: Date.now, log })
  const before = certificate.current()
  const commandLine = new LocalCa(certsDir, Date.now)
  const authority = await commandLine.renewAuthority()
  const awake = setInterval(() => undefined, 1000) // the certificate's own watcher keeps no process alive
  await isTold
  clearInterval(awake)
  t.not(certificate.current(), before)
  t.ok((await visit(certificate.current(), authority.certificate.toString())).serial)
})

t.test('a CA that was damaged meanwhile leaves the certificate in use', async t => {
  const certsDir = join(t.testdir(), 'certs')
  await using certificate = await openFrontCertificate({ certsDir, clock: Date.now, log: silent })
  const ca = (await new LocalCa(certsDir, Date.now).authority()).certificate.toString()
  writeFileSync(join(certsDir, 'ca-key.pem'), 'damaged')
  await t.rejects(certificate.check(), { code: 'TLS_CA_UNREADABLE' })
  t.ok((await visit(certificate.current(), ca)).serial)
})

t.test('without a usable CA there is no certificate, and the failure says so', async t => {
  const certsDir = t.testdir({ 'ca-key.pem': 'damaged' })
  await t.rejects(openFrontCertificate({ certsDir, clock: Date.now, log: silent }), { code: 'TLS_CA_UNREADABLE' })
})

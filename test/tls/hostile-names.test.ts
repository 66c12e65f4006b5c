import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { Approvals } from '../../src/tls/approvals.ts'
import { readableName } from '../../src/tls/fingerprint.ts'
import { verifyPeers } from '../../src/tls/verified-peer.ts'
import { makeServerCertificate } from '../support/certificates.ts'
import { serveLoopback, tlsWith } from './tls-server.ts'

const dir = t.testdir()
const never = new AbortController().signal
const STEERING = /[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/

const hostile = {
  'steer a terminal': { commonName: 'a\x1b[2J\x07\r\nb', names: ['a\x1b]0;x\x07.example', 'b\r\npostern: trusted'] },
  'turn the reading direction': { commonName: 'moc.\u202eelpmaxe', names: ['a.example'] },
  'fill a screen': { names: Array.from({ length: 2000 }, (_, i) => `host-${i}.example.org`) },
}
for (const [name, options] of Object.entries(hostile)) {
  t.test(`a certificate whose names ${name} does so in no message`, async t => {
    const talk = await tlsWith(await makeServerCertificate(dir, { selfSigned: true, ...options }))
    await using server = await serveLoopback(socket => void talk(socket))
    const verifier = verifyPeers(new Approvals(join(dir, 'approved.json')))
    const error: unknown = await verifier.secure(await server.dial(), server.peer(), never).catch(reason => reason)
    t.match(error, { code: 'TLS_UNTRUSTED' })
    const { message } = error as Error // as the line above has seen
    t.notMatch(message, STEERING)
    t.ok(message.length < 1000)
  })
}

t.test('a name of many lines is shown on one', async t => {
  t.equal(readableName('CN=a\nO=b\u202e'), 'CN=a, O=b\u00b7')
  t.equal(readableName('x'.repeat(5000)).length, 301)
})

t.test('a subject that the terminal could be steered with is stored without that', async t => {
  const files = await makeServerCertificate(dir, { commonName: 'a\x1b[2Jb\u202e' })
  t.notMatch(readableName(new X509Certificate(readFileSync(files.certFile)).subject), STEERING)
})

import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { connectTo } from '../../src/net/connect.ts'
import { Approvals } from '../../src/tls/approvals.ts'
import { publicKeyFingerprint, readableFingerprint } from '../../src/tls/fingerprint.ts'
import { verifyPeers } from '../../src/tls/verified-peer.ts'
import { makeServerCertificate, type ServerFiles } from '../support/certificates.ts'
import { serveLoopback, tlsWith } from './tls-server.ts'

const never = new AbortController().signal
const dir = t.testdir()
const good = await makeServerCertificate(dir)
const roots = [readFileSync(good.caFile, 'utf8')]
const certificateOf = ({ certFile }: ServerFiles) => new X509Certificate(readFileSync(certFile))
const keyOf = (files: ServerFiles) => publicKeyFingerprint(certificateOf(files))

function approvalsIn(t: Test): Approvals {
  return new Approvals(join(t.testdir(), 'approved.json'))
}

// Connects to a server with this certificate, of which the approved key, if any, is another matter.
async function visit(t: Test, files: ServerFiles, { approved, host }: { approved?: ServerFiles; host?: string } = {}) {
  const talk = await tlsWith(files)
  await using server = await serveLoopback(socket => void talk(socket).end('hello'))
  const approvals = approvalsIn(t)
  const peer = server.peer(host)
  if (approved) await approvals.add({ ...peer, ...approvalOf(approved) })
  const socket = await server.dial()
  try {
    const tls = await verifyPeers(approvals, { roots }).secure(socket, peer, never)
    const [chunk] = await once(tls, 'data')
    return { heard: String(chunk), port: server.port, error: undefined }
  } catch (error) {
    t.ok(socket.destroyed, 'the socket is destroyed')
    return { heard: '', port: server.port, error }
  }
}

function approvalOf(files: ServerFiles) {
  const times = { validFromMs: 0, validToMs: 0, approvedAtMs: 0 }
  return { publicKeySha256: keyOf(files), subject: 'CN=x', issuer: 'CN=x', ...times }
}

t.test('a server whose certificate the roots vouch for is trusted', async t => {
  t.equal((await visit(t, good)).heard, 'hello')
  t.equal((await visit(t, good, { host: 'localhost' })).heard, 'hello')
})

const distrusted = [
  { name: 'self-signed', options: { selfSigned: true }, code: 'TLS_UNTRUSTED', says: /self-signed/ },
  { name: 'expired', options: { expired: true }, code: 'TLS_EXPIRED', says: /expired since \d{4}-\d\d-\d\dT/ },
  { name: 'not yet valid', options: { notYetValid: true }, code: 'TLS_EXPIRED', says: /not valid before \d{4}-/ },
  {
    name: 'for other names',
    options: { names: ['a.example', 'b.example'] },
    code: 'TLS_WRONG_NAME',
    says: /is for a\.example, b\.example, not for 127\.0\.0\.1/,
  },
  {
    name: 'self-signed, expired and for another name',
    options: { selfSigned: true, expired: true, names: ['a.example'] },
    code: 'TLS_UNTRUSTED',
    says: /self-signed; .*expired since .*; .*not for 127\.0\.0\.1/,
  },
]
for (const { name, options, code, says } of distrusted) {
  t.test(`a certificate that is ${name} is refused with the reason, the fingerprint and the way out`, async t => {
    const files = await makeServerCertificate(dir, options)
    const { error, port } = await visit(t, files)
    t.match(error, { code, remedy: 'user', message: says })
    t.match(error, { message: `127.0.0.1:${port} is not trusted`, advice: `postern cert approve 127.0.0.1:${port}` })
    t.match(error, { message: readableFingerprint(keyOf(files)) })
  })
  t.test(`a certificate that is ${name} is trusted once its key is approved`, async t => {
    const files = await makeServerCertificate(dir, options)
    t.equal((await visit(t, files, { approved: files })).heard, 'hello')
  })
}

t.test('a host with letters beyond ASCII is found in its certificate', async t => {
  const files = await makeServerCertificate(dir, { names: ['xn--bcher-kva.example'] })
  t.equal((await visit(t, files, { host: 'bücher.example' })).heard, 'hello')
})

t.test('a certificate from an unknown issuer is refused with the name of that issuer', async t => {
  const files = await makeServerCertificate(join(dir, 'elsewhere'))
  const { error } = await visit(t, files)
  t.match(error, { code: 'TLS_UNTRUSTED', message: `says it is from ${certificateOf(files).issuer}, but nobody` })
})

t.test('a forged certificate that is expired is not taken for one that is only expired', async t => {
  const forged = await makeServerCertificate(join(dir, 'elsewhere'), { expired: true })
  const { error } = await visit(t, forged)
  t.match(error, { code: 'TLS_UNTRUSTED', message: /nobody this machine trusts vouches for it; .*expired since/ })
})

t.test('another key than the approved one is refused, even one that the roots vouch for', async t => {
  const approved = await makeServerCertificate(dir, { selfSigned: true })
  const { error, port } = await visit(t, good, { approved })
  t.match(error, { code: 'TLS_PIN_MISMATCH', message: `127.0.0.1:${port}`, advice: /operator confirms/ })
  t.match(error, { message: readableFingerprint(keyOf(approved)) })
  t.match(error, { message: readableFingerprint(keyOf(good)) })
})

t.test('a renewed certificate with the approved key is trusted', async t => {
  const old = await makeServerCertificate(dir, { selfSigned: true, expired: true })
  const renewed = await makeServerCertificate(dir, { selfSigned: true, keyFile: old.keyFile, names: ['new.example'] })
  t.equal((await visit(t, renewed, { approved: old })).heard, 'hello')
})

t.test('an approval is not one for another port of the same host', async t => {
  const files = await makeServerCertificate(dir, { selfSigned: true })
  const talk = await tlsWith(files)
  await using server = await serveLoopback(socket => void talk(socket))
  const approvals = approvalsIn(t)
  await approvals.add({ host: '127.0.0.1', port: server.port + 1, ...approvalOf(files) })
  const secured = verifyPeers(approvals, { roots }).secure(await server.dial(), server.peer(), never)
  await t.rejects(secured, { code: 'TLS_UNTRUSTED' })
})

t.test('a damaged list of approvals stops the connection before the handshake', async t => {
  await using server = await serveLoopback(() => undefined)
  const approvals = new Approvals(join(t.testdir({ 'approved.json': '{' }), 'approved.json'))
  const socket = await server.dial()
  const secured = verifyPeers(approvals, { roots }).secure(socket, server.peer(), never)
  await t.rejects(secured, { code: 'TLS_APPROVALS_UNREADABLE' })
  t.ok(socket.destroyed)
})

t.test('without given roots, a private CA is not trusted', async t => {
  const talk = await tlsWith(good)
  await using server = await serveLoopback(socket => void talk(socket))
  const secured = verifyPeers(approvalsIn(t)).secure(await server.dial(), server.peer(), never)
  await t.rejects(secured, { code: 'TLS_UNTRUSTED' })
})

t.test('a server that resets before the handshake is told as lost, and waited for no longer', async t => {
  const accepted = Promise.withResolvers<Socket>()
  const server = createServer(socket => accepted.resolve(socket.on('error', () => undefined)))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.teardown(() => server.close())
  const peer = { host: '127.0.0.1', port: (server.address() as AddressInfo).port }
  const socket = await connectTo(peer, new AbortController().signal)
  const find = async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    socket.once('close', () => resolve()) // `once` of node:events would listen to errors as well
    const remote = await accepted.promise
    remote.resetAndDestroy()
    await promise
    return undefined
  }
  const verifier = verifyPeers({ find } as unknown as Approvals, { roots: [] })
  await t.rejects(verifier.secure(socket, peer, new AbortController().signal), { code: 'NET_LOST' })
})

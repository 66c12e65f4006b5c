import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { Approvals } from '../../src/tls/approvals.ts'
import { verifyPeers } from '../../src/tls/verified-peer.ts'
import { makeServerCertificate } from '../support/certificates.ts'
import { serveLoopback, tlsWith } from './tls-server.ts'

const never = new AbortController().signal
const dir = t.testdir()
const files = await makeServerCertificate(dir)
const verifier = verifyPeers(new Approvals(join(dir, 'approved.json')), { roots: [readFileSync(files.caFile, 'utf8')] })

t.test('a server that never answers the ClientHello is left when the caller gives up', async t => {
  const { promise: helloSeen, resolve } = Promise.withResolvers<void>()
  await using server = await serveLoopback(socket => void socket.once('data', () => resolve()))
  const abort = new AbortController()
  const socket = await server.dial()
  const secured = verifier.secure(socket, server.peer(), abort.signal)
  await helloSeen
  abort.abort(new Error('enough'))
  await t.rejects(secured, { message: 'enough' })
  t.ok(socket.destroyed)
})

t.test('a caller that gave up before gets no handshake', async t => {
  await using server = await serveLoopback(() => undefined)
  const socket = await server.dial()
  await t.rejects(verifier.secure(socket, server.peer(), AbortSignal.abort(new Error('enough'))), { message: 'enough' })
  t.ok(socket.destroyed)
})

t.test('a server that talks plain text is told apart from one that is not trusted', async t => {
  await using server = await serveLoopback(socket => void socket.write('* OK IMAP4rev1 ready\r\n'))
  const socket = await server.dial()
  const secured = verifier.secure(socket, server.peer(), never)
  await t.rejects(secured, {
    code: 'TLS_HANDSHAKE',
    remedy: 'user',
    message: `127.0.0.1:${server.port}`,
    advice: /STARTTLS/,
  })
  t.ok(socket.destroyed)
})

for (const [name, end] of [
  ['closes', 'end'],
  ['breaks the connection', 'resetAndDestroy'],
] as const) {
  t.test(`a server that ${name} in the handshake may be tried again`, async t => {
    await using server = await serveLoopback(socket => void socket.once('data', () => socket[end]()))
    const secured = verifier.secure(await server.dial(), server.peer(), never)
    await t.rejects(secured, { code: 'NET_LOST', remedy: 'retry' })
  })
}

t.test('a server with nothing newer than TLS 1.1 is refused', async t => {
  const talk = await tlsWith(files, { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' })
  await using server = await serveLoopback(socket => void talk(socket))
  await t.rejects(verifier.secure(await server.dial(), server.peer(), never), { code: 'TLS_HANDSHAKE' })
})

t.test('a server without a certificate is refused', async t => {
  const anonymous = await tlsWith(files, { maxVersion: 'TLSv1.2', ciphers: 'aNULL@SECLEVEL=0' })
  await using server = await serveLoopback(socket => void anonymous(socket))
  // Our own ClientHello offers no anonymous cipher, so it fails before there is a certificate to miss.
  await t.rejects(verifier.secure(await server.dial(), server.peer(), never), { code: 'TLS_HANDSHAKE' })
})

t.test('the name of a host is sent as SNI, an address never', async t => {
  const talk = await tlsWith(files)
  const names: unknown[] = []
  await using server = await serveLoopback(socket => {
    const tls = talk(socket)
    tls.once('data', () => {
      names.push(tls.servername)
      tls.end()
    })
  })
  for (const host of ['localhost', 'localhost.', '127.0.0.1']) {
    const tls = await verifier.secure(await server.dial(), server.peer(host), never)
    tls.resume().write('x')
    await once(tls, 'close')
  }
  t.same(names, ['localhost', 'localhost', false])
})

t.test('random octets from a server end the handshake and nothing else', async t => {
  for (let seed = 0; seed < 50; seed++) {
    const octets = Buffer.alloc(64 + seed)
    for (let i = 0; i < octets.length; i++) octets[i] = (seed * 37 + i * i * 11) & 0xff
    await using server = await serveLoopback(socket => void socket.end(octets))
    const secured = verifier.secure(await server.dial(), server.peer(), never)
    await t.rejects(secured, { code: /^(TLS_HANDSHAKE|NET_LOST)$/ })
  }
})

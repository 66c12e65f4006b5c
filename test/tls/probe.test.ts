import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import t from 'tap'
import { probeCertificate } from '../../src/tls/probe.ts'
import { makeServerCertificate } from '../support/certificates.ts'
import { serveLoopback, tlsWith } from './tls-server.ts'

const signal = new AbortController().signal
const files = await makeServerCertificate(t.testdir(), { selfSigned: true, expired: true, names: ['mail.example.org'] })
const expected = new X509Certificate(readFileSync(files.certFile)).fingerprint256
const talk = await tlsWith(files)

// Answers each line of the client in turn, then talks TLS.
function startTls(greeting: string, ...answers: string[]) {
  return (socket: Socket): void => {
    socket.write(greeting)
    socket.on('data', function answer() {
      socket.write(answers.shift() ?? '')
      if (answers.length > 0) return
      socket.off('data', answer).pause()
      talk(socket)
    })
  }
}

const servers = {
  none: (socket: Socket) => void talk(socket),
  imap: startTls('* OK ready\r\n', 'P1 OK begin\r\n'),
  smtp: startTls('220 ready\r\n', '250-hello\r\n250 STARTTLS\r\n', '220 go ahead\r\n'),
} as const

for (const protocol of ['none', 'imap', 'smtp'] as const) {
  t.test(
    `a certificate is fetched from a server that speaks ${protocol === 'none' ? 'TLS at once' : protocol}`,
    async t => {
      await using server = await serveLoopback(servers[protocol])
      const shown = await probeCertificate(server.peer(), { signal, startTls: protocol })
      t.equal(shown.certificate.fingerprint256, expected)
      t.equal(shown.chain.length, 1)
      t.same(
        shown.problems.map(({ kind }) => kind),
        ['untrusted', 'expired', 'wrong-name'],
      )
    },
  )
}

for (const startTls of ['none', 'imap', 'smtp'] as const) {
  t.test(`a server that never answers (${startTls}) is given up after the time for it`, async t => {
    await using server = await serveLoopback(() => undefined)
    const awake = setInterval(() => undefined, 1000) // AbortSignal.timeout keeps no process alive
    await t.rejects(probeCertificate(server.peer(), { signal, startTls, timeoutMs: 20 }), {
      code: 'NET_TIMEOUT',
      advice: /--starttls/,
    })
    clearInterval(awake)
  })
}

t.test('a person who gives up gets their own reason back', async t => {
  const abort = new AbortController()
  await using server = await serveLoopback(() => abort.abort(new Error('enough')))
  await t.rejects(probeCertificate(server.peer(), { signal: abort.signal }), { message: 'enough' })
})

t.test('a STARTTLS port that is taken for a TLS port is explained', async t => {
  await using server = await serveLoopback(servers.imap)
  await t.rejects(probeCertificate(server.peer(), { signal }), { code: 'TLS_HANDSHAKE', advice: /STARTTLS/ })
})

t.test('a server that is not there is told as such', async t => {
  const server = await serveLoopback(() => undefined)
  await server[Symbol.asyncDispose]()
  await t.rejects(probeCertificate(server.peer(), { signal }), { code: 'NET_REFUSED' })
})

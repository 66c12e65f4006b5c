import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { inspect } from 'node:util'
import t, { type Test } from 'tap'
import { changeByHttps } from '../../../src/daemon/password/https-password.ts'
import { changeByLdap } from '../../../src/daemon/password/ldap-password.ts'
import type { PasswordWay } from '../../../src/daemon/password/password-request.ts'
import { portOf } from '../../support/front-server.ts'

const REQUEST = { user: 'ada', current: 'battery', next: 'battery staple' }
const QUOTED = { user: 'ada', current: 'old', next: '<"batt&ery"> \'staple\'' }
const UNAVAILABLE = { code: 'PROFILE_PASSWORD_UNAVAILABLE' }

/** Starts a server that says something to all that it hears; in place of TLS there is none. */
async function startSaying(t: Test, says: (socket: Socket) => void) {
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket)
    socket.on('error', () => undefined).once('data', () => says(socket)) // who asks may be gone
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return portOf(server.address())
}

function wayWith(signal: AbortSignal): PasswordWay {
  const verifier = { secure: async (socket: Socket) => socket as TLSSocket } // nobody looks at its certificate
  return { verifier, proxyTo: async () => undefined, signal, onSending: () => undefined }
}

async function changeAt(port: number, request = REQUEST): Promise<string> {
  const url = new URL(`https://127.0.0.1:${port}/change`)
  return changeByHttps({ kind: 'https', url }, request, wayWith(new AbortController().signal))
}

function page(text: string): string {
  return `HTTP/1.1 200 OK\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`
}

t.test('a page that shows what it was sent: no part of a password is told', async t => {
  for (const text of [
    'battery staple battery',
    `${'x'.repeat(194)} battery staple`, // it lies where the text is cut
    'user=ada&curpass=battery&newpass=battery+staple',
    'battery%20staple',
  ]) {
    const port = await startSaying(t, socket => socket.end(page(text)))
    t.notMatch(await changeAt(port), /batt|stap/, text)
  }
})

t.test('nor as HTML or JSON writes it', async t => {
  for (const text of [
    'got &lt;&quot;batt&amp;ery&quot;&gt; &#39;staple&#39;',
    `{"got": ${JSON.stringify(QUOTED.next)}, "a": "\\u001b"}`,
  ]) {
    const port = await startSaying(t, socket => socket.end(page(text)))
    t.notMatch(await changeAt(port, QUOTED), /batt|stap/, text)
  }
})

t.test('a page that wants to speak another protocol is given up', async t => {
  const port = await startSaying(t, socket =>
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'),
  )
  await t.rejects(changeAt(port), UNAVAILABLE)
})

for (const security of ['tls', 'starttls'] as const) {
  t.test(`a directory that says nothing is left when nobody waits any more, ${security}`, async t => {
    const stopping = new AbortController()
    const port = await startSaying(t, () => stopping.abort(new Error('the daemon is stopping')))
    const place = { kind: 'ldap', security, host: '127.0.0.1', port, dn: 'uid=ada' } as const
    await t.rejects(changeByLdap(place, REQUEST, wayWith(stopping.signal)), {
      ...UNAVAILABLE,
      message: /the daemon is stopping/,
    })
  })
}

const tlv = (tag: number, ...octets: readonly Buffer[]) => {
  const value = Buffer.concat(octets)
  const length = value.length < 0x80 ? [value.length] : [0x82, value.length >> 8, value.length & 0xff]
  return Buffer.concat([Buffer.of(tag, ...length), value])
}

/** An answer of LDAP (RFC 4511 section 4.1.9). */
function ldapAnswer(id: number, tag: number, { code = 0, text = '' }): Buffer {
  const result = [tlv(0x0a, Buffer.of(code)), tlv(0x04), tlv(0x04, Buffer.from(text))]
  return tlv(0x30, tlv(0x02, Buffer.of(id)), tlv(tag, ...result))
}

const ldapAt = (port: number) => ({ kind: 'ldap', security: 'tls', host: '127.0.0.1', port, dn: 'uid=ada' }) as const

t.test('a directory that shows what it was sent, or says very much: no part of a password is told', async t => {
  for (const text of [
    '"battery staple" is worse than battery',
    `${'x'.repeat(194)} battery staple`,
    `first\r\n\x1b[31msecond ${'y'.repeat(2000)}`,
  ]) {
    const port = await startSaying(t, socket => {
      socket.write(ldapAnswer(2, 0x61, {})) // the bind; then the change
      socket.once('data', () => socket.write(ldapAnswer(3, 0x78, { code: 19, text })))
    })
    const error = await changeByLdap(ldapAt(port), REQUEST, wayWith(new AbortController().signal)).catch(error => error)
    t.equal(error.code, 'PROFILE_PASSWORD_REFUSED')
    t.notMatch(error.message, /batt|stap|[^\x20-\x7e…]/, text)
    t.ok(error.message.length < 400, `${error.message.length} characters`)
    t.notMatch(inspect(error, { depth: 5 }), /batt|stap/, 'nor in what is logged')
  }
})

for (const security of ['tls', 'starttls'] as const) {
  t.test(`a directory that never ends its answer is left before it fills the memory, ${security}`, async t => {
    let sent = 0
    const port = await startSaying(t, socket => {
      socket.write(Buffer.of(0x30, 0x84, 0x7f, 0xff, 0xff, 0xff)) // 2 GB follow
      const more = () => {
        sent += 65_536
        if (sent < 256 * 1_048_576) socket.write(Buffer.alloc(65_536), more)
      }
      more()
    })
    const place = { ...ldapAt(port), security }
    await t.rejects(changeByLdap(place, REQUEST, wayWith(new AbortController().signal)), UNAVAILABLE)
    t.ok(sent < 32 * 1_048_576, `${sent} octets were taken`)
  })
}

import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import t, { type Test } from 'tap'
import { changeByHttps } from '../../../src/daemon/password/https-password.ts'
import { changeByLdap } from '../../../src/daemon/password/ldap-password.ts'
import type { PasswordWay } from '../../../src/daemon/password/password-request.ts'
import { portOf } from '../../support/front-server.ts'

const REQUEST = { user: 'ada', current: 'battery', next: 'battery staple' }
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

async function changeAt(port: number): Promise<string> {
  const url = new URL(`https://127.0.0.1:${port}/change`)
  return changeByHttps({ kind: 'https', url }, REQUEST, wayWith(new AbortController().signal))
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

import type { Socket } from 'node:net'
import t, { type Test } from 'tap'
import { connectSmtp } from '../../src/upstream/smtp/client.ts'
import { FRIENDLY, type Script, startScripted } from '../support/smtp-server-script.ts'

const OFFERING: Script = { ...FRIENDLY, EHLO: '250-test\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n' }

/** Tries to connect with STARTTLS and tells whether a handshake was begun. */
async function tryStartTls(t: Test, script: Script) {
  const { port, sessions } = await startScripted(t, script)
  let handshakes = 0
  const secure = async (socket: Socket) => {
    handshakes++
    socket.destroy()
    throw new Error('a handshake was begun')
  }
  const account = {
    peer: { host: '127.0.0.1', port },
    security: 'starttls',
    credentials: async () => ({ user: 'ada', password: 'secret' }),
  } as const
  const attempt = connectSmtp(account, { secure }, new AbortController().signal)
  const error: unknown = await attempt.then(
    () => undefined,
    error => error,
  )
  return { error, handshakes, lines: sessions[0] ?? [] }
}

t.test('a server that does not offer STARTTLS gets no password', async t => {
  const { error, lines } = await tryStartTls(t, { ...FRIENDLY, EHLO: '250-test\r\n250 AUTH PLAIN\r\n' })
  t.match(error, { code: 'UPSTREAM_NO_STARTTLS' })
  t.notMatch(lines.join('\n'), /AUTH|STARTTLS/)
})

t.test('a server that refuses STARTTLS gets no password', async t => {
  const { error, handshakes, lines } = await tryStartTls(t, { ...OFFERING, STARTTLS: '454 4.7.0 not now\r\n' })
  t.match(error, { code: 'UPSTREAM_NO_STARTTLS' })
  t.equal(handshakes, 0)
  t.notMatch(lines.join('\n'), /AUTH/)
})

// CVE-2011-0411, from the other side: what was sent in plain text must not count as said inside TLS.
for (const [what, extra] of [
  ['a whole reply', '250-evil\r\n250 AUTH LOGIN\r\n'],
  ['the beginning of a reply', '250-ev'],
  ['half of a reply of several lines', '250-evil\r\n'],
] as const) {
  t.test(`${what} that comes along with the go-ahead ends the connection`, async t => {
    const { error, handshakes } = await tryStartTls(t, { ...OFFERING, STARTTLS: `220 go on\r\n${extra}` })
    t.match(error, { code: 'UPSTREAM_STARTTLS_INJECTION' })
    t.equal(handshakes, 0)
  })
}

t.test('a go-ahead that was sent before it was asked for ends the connection', async t => {
  const early = { ...OFFERING, EHLO: `${OFFERING.EHLO}220 go on\r\n`, STARTTLS: '220 go on\r\n' }
  const { error, handshakes } = await tryStartTls(t, early)
  t.match(error, { code: 'UPSTREAM_STARTTLS_INJECTION' })
  t.equal(handshakes, 0)
})

t.test('an agreed STARTTLS begins a handshake', async t => {
  const { error, handshakes } = await tryStartTls(t, { ...OFFERING, STARTTLS: '220 go on\r\n' })
  t.match(error, { message: 'a handshake was begun' })
  t.equal(handshakes, 1)
})

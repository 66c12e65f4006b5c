import type { Socket } from 'node:net'
import t, { type Test } from 'tap'
import { capabilities, connectTo, FRIENDLY, type Script, startScripted } from '../support/sieve-script.ts'

const OFFERING: Script = { ...FRIENDLY, '': capabilities('"SASL" ""', '"STARTTLS"'), STARTTLS: 'OK "go on"\r\n' }

/** Tries to connect with STARTTLS and tells whether a handshake was begun. */
async function tryStartTls(t: Test, script: Script) {
  const { port, said } = await startScripted(t, script)
  let handshakes = 0
  const secure = async (socket: Socket) => {
    handshakes++
    socket.destroy()
    throw new Error('a handshake was begun')
  }
  const error: unknown = await connectTo(t, port, { security: 'starttls', verifier: { secure } }).then(
    () => undefined,
    error => error,
  )
  return { error, handshakes, said: said.join('\n') }
}

t.test('a server that does not offer STARTTLS, or refuses it, gets no password', async t => {
  for (const script of [FRIENDLY, { ...OFFERING, STARTTLS: 'NO "not now"\r\n' }]) {
    const { error, handshakes, said } = await tryStartTls(t, script)
    t.match(error, { code: 'UPSTREAM_NO_STARTTLS', remedy: 'user' })
    t.equal(handshakes, 0)
    t.notMatch(said, /AUTHENTICATE/)
  }
})

// CVE-2011-0411, from the other side: what was sent in plain text must not count as said inside TLS.
for (const [what, extra] of [
  ['a whole answer', capabilities('"SASL" "PLAIN"')],
  ['the beginning of a line', '"SA'],
  ['a line', '"SASL" "PLAIN"\r\n'],
  ['half a literal', '{10}\r\nab'],
] as const) {
  t.test(`${what} that comes along with the go-ahead ends the connection`, async t => {
    const { error, handshakes } = await tryStartTls(t, { ...OFFERING, STARTTLS: `OK "go on"\r\n${extra}` })
    t.match(error, { code: 'UPSTREAM_STARTTLS_INJECTION' })
    t.equal(handshakes, 0)
  })
}

t.test('a go-ahead that was sent before it was asked for ends the connection', async t => {
  const { error, handshakes } = await tryStartTls(t, { ...OFFERING, '': `${OFFERING['']}OK "go on"\r\n` })
  t.match(error, { code: 'UPSTREAM_PROTOCOL', message: /unasked/ })
  t.equal(handshakes, 0)
})

t.test('an agreed STARTTLS begins a handshake', async t => {
  t.match(await tryStartTls(t, OFFERING), { error: { message: 'a handshake was begun' }, handshakes: 1 })
})

t.test('what was said before TLS is forgotten: the mechanisms are those that are told inside', async t => {
  // The "TLS" of this server is plain text, so that it can be scripted.
  const script: Script = {
    ...OFFERING,
    '': capabilities('"SASL" "PLAIN"', '"STARTTLS"'),
    STARTTLS: socket => {
      socket.write('OK\r\n')
      setImmediate(() => setImmediate(() => socket.write(capabilities('"SASL" "CRAM-MD5"'))))
    },
  }
  const { port, said } = await startScripted(t, script)
  const secure = async (socket: Socket) => socket.resume() as never // stands for a TLS socket
  const mechanism = 'plain' as const
  const credentials = async () => ({ user: 'ada', password: 'x', mechanism })
  await t.rejects(connectTo(t, port, { security: 'starttls', verifier: { secure }, credentials }), {
    code: 'UPSTREAM_NO_MECHANISM',
  })
  t.notMatch(said.join('\n'), /AUTHENTICATE/)
})

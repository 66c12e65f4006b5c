import type { Socket } from 'node:net'
import t from 'tap'
import { connectTo, FRIENDLY, type Script, startScripted } from '../support/smtp-server-script.ts'

const base64 = (text: string) => Buffer.from(text).toString('base64')
const xoauth2 = (token: string) => base64(`user=ada\x01auth=Bearer ${token}\x01\x01`)
const offering = (auth: string, script: Script): Script => ({
  ...FRIENDLY,
  EHLO: `250-test\r\n250-AUTH ${auth}\r\n250 8BITMIME\r\n`,
  ...script,
})

/** Refuses a token as servers do: with a challenge, and with 535 once that is answered by an empty line. */
function refuse(socket: Socket): void {
  socket.once('data', chunk => socket.write(chunk.toString() === '\r\n' ? '535 5.7.8 no\r\n' : '500 what?\r\n'))
  socket.write(`334 ${base64('{"status":"401"}')}\r\n`)
}

t.test('a token that the server refuses is replaced once, on another connection', async t => {
  const script = offering('XOAUTH2 PLAIN', {
    [`AUTH XOAUTH2 ${xoauth2('old')}`]: refuse,
    [`AUTH XOAUTH2 ${xoauth2('new')}`]: '235 2.7.0 in\r\n',
  })
  const { port, sessions } = await startScripted(t, script)
  const token = async (refused?: string) => (refused === 'old' ? 'new' : 'old')
  await connectTo(t, port, { credentials: async () => ({ user: 'ada', token }) })
  t.same(
    sessions.map(lines => lines.slice(1)),
    [[`AUTH XOAUTH2 ${xoauth2('old')}`, ''], [`AUTH XOAUTH2 ${xoauth2('new')}`]],
  )
  const useless = async (refused?: string) => (refused === 'old' ? 'older' : 'old')
  const refusing = offering('XOAUTH2', { 'AUTH XOAUTH2': refuse })
  const stubborn = await startScripted(t, refusing)
  await t.rejects(connectTo(t, stubborn.port, { credentials: async () => ({ user: 'ada', token: useless }) }), {
    code: 'UPSTREAM_SIGN_IN_REFUSED',
    message: /access token of ada: 535 5\.7\.8 no \(401\)/,
  })
  t.equal(stubborn.sessions.length, 2)
})

t.test('a token too long for a command line waits until it is asked for', async t => {
  const long = 'x'.repeat(3000)
  const script = offering('XOAUTH2', { 'AUTH XOAUTH2': '334 \r\n', [xoauth2(long)]: '235 2.7.0 in\r\n' })
  const { port, sessions } = await startScripted(t, script)
  await connectTo(t, port, { credentials: async () => ({ user: 'ada', token: async () => long }) })
  t.same(sessions[0]?.slice(1), ['AUTH XOAUTH2', xoauth2(long)])
})

t.test('a server that accepts SCRAM without a proof of its own gets no mail', async t => {
  const { port } = await startScripted(t, offering('SCRAM-SHA-256 PLAIN', { 'AUTH SCRAM-SHA-256': '235 2.7.0 in\r\n' }))
  const credentials = async () => ({ user: 'ada', password: 'x' })
  await t.rejects(connectTo(t, port, { credentials }), { code: 'UPSTREAM_UNPROVEN' })
})

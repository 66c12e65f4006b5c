import t, { type Test } from 'tap'
import type { SmtpClientConnection } from '../../src/upstream/smtp/connection.ts'
import { connectTo, FRIENDLY, type Script, startScripted } from '../support/smtp-server-script.ts'

const MESSAGE = Buffer.from('Subject: x\r\n\r\ny\r\n')

async function send(connection: SmtpClientConnection): Promise<number> {
  for (const line of ['MAIL FROM:<a@x>', 'RCPT TO:<b@x>']) await connection.command(line)
  await connection.command('DATA')
  await connection.write(MESSAGE)
  return (await connection.finish()).code
}

async function sendTo(t: Test, script: Script): Promise<number> {
  const { port } = await startScripted(t, script)
  return send(await connectTo(t, port))
}

for (const verb of ['', 'EHLO', 'MAIL', 'RCPT', 'DATA', '.']) {
  const hangUp: Script = { ...FRIENDLY, [verb]: socket => socket.destroy() }
  t.test(`a server that hangs up at ${verb || 'the greeting'} is told of, and nothing waits for ever`, async t => {
    await t.rejects(sendTo(t, hangUp), { code: 'UPSTREAM_LOST', remedy: 'retry' })
  })

  const babble: Script = { ...FRIENDLY, [verb]: 'HTTP/1.1 400 Bad Request\r\n\r\n' }
  t.test(`a server that does not speak SMTP at ${verb || 'the greeting'} is told of`, async t => {
    await t.rejects(sendTo(t, babble), { code: 'UPSTREAM_PROTOCOL', remedy: 'user' })
  })
}

for (const [what, reply] of [
  ['a line of 100,000 octets', `250 ${'x'.repeat(100_000)}\r\n`],
  ['a reply of 2,000 lines', '250-more\r\n'.repeat(2000)],
  ['a reply whose code changes', '250-a\r\n550 b\r\n'],
  ['a code of four digits', '2500 ok\r\n'],
  ['a code of class 1', '150 ok\r\n'],
] as const) {
  t.test(`${what} ends the connection`, async t => {
    await t.rejects(sendTo(t, { ...FRIENDLY, EHLO: reply }), { code: 'UPSTREAM_PROTOCOL' })
  })
}

t.test('a server that says 250 to DATA has taken nothing', async t => {
  await t.rejects(sendTo(t, { ...FRIENDLY, DATA: '250 2.0.0 ok\r\n' }), { code: 'UPSTREAM_PROTOCOL' })
})

t.test('a server that refuses the session is told of with its own words', async t => {
  await t.rejects(sendTo(t, { '': '554 5.7.1 go away\r\n' }), {
    code: 'UPSTREAM_REFUSED',
    message: /554 5\.7\.1 go away/,
  })
})

t.test('a server that says nothing is given up when the time is over, and not as a bug', async t => {
  const { port } = await startScripted(t, {})
  await t.rejects(connectTo(t, port, {}, AbortSignal.timeout(50)), { code: 'UPSTREAM_SILENT', remedy: 'retry' })
})

t.test('a caller that stops gets its own reason', async t => {
  const { port } = await startScripted(t, {})
  const stopping = new AbortController()
  const attempt = connectTo(t, port, {}, stopping.signal)
  setImmediate(() => stopping.abort(new Error('enough')))
  await t.rejects(attempt, { message: 'enough' })
})

t.test('a message that is broken off never gets its final dot', async t => {
  const { port, sessions, sockets } = await startScripted(t, FRIENDLY)
  const connection = await connectTo(t, port)
  for (const line of ['MAIL FROM:<a@x>', 'RCPT TO:<b@x>', 'DATA']) await connection.command(line)
  connection.write(MESSAGE)
  const closed = new Promise(resolve => sockets[0]?.once('close', resolve))
  connection.destroy()
  await closed
  t.notOk(sessions[0]?.includes('.'))
  await t.rejects(connection.finish(), { code: 'UPSTREAM_LOST' })
})

t.test('a server that reads slowly holds the message back, without a listener for each pause', async t => {
  const { port, sockets } = await startScripted(t, { ...FRIENDLY, DATA: socket => socket.write('354 go on\r\n') })
  const connection = await connectTo(t, port)
  for (const line of ['MAIL FROM:<a@x>', 'RCPT TO:<b@x>', 'DATA']) await connection.command(line)
  const warnings: string[] = []
  const onWarning = ({ name }: Error) => void warnings.push(name)
  process.on('warning', onWarning)
  const block = Buffer.from(`${'x'.repeat(998)}\r\n`.repeat(1000))
  let pauses = 0
  for (let count = 0; count < 60; count++) {
    const room = connection.write(block)
    if (room) pauses++
    await room
  }
  t.equal((await connection.finish()).code, 250)
  await new Promise(resolve => setImmediate(resolve))
  process.off('warning', onWarning)
  t.ok(pauses > 11, `${pauses} pauses`)
  t.same(warnings, [])
  t.equal(sockets.length, 1)
})

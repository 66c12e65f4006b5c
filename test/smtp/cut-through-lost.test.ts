import t from 'tap'
import { begin, ORDINARY, startCutThrough } from '../support/smtp-cut-through.ts'
import { FRIENDLY, type Script } from '../support/smtp-server-script.ts'

const hangingUp = (verb: string): Script => ({ ...FRIENDLY, [verb]: socket => socket.destroy() })

t.test('a server that breaks off after the final dot leaves it unknown, and the answer says so', async t => {
  const { open } = await startCutThrough(t, hangingUp('.'))
  const sink = await begin(open())
  t.match(await sink.end(), { code: 451, lines: [/^4\.4\.2 .*unknown whether/] })
})

t.test('a server that breaks off before the final dot has not taken the message', async t => {
  const { connections, open } = await startCutThrough(t, hangingUp('..y'))
  const sink = await begin(open())
  await connections[0]?.expect().catch(error => t.match(error, { code: 'UPSTREAM_LOST' }))
  t.match(await sink.end(), { code: 451, lines: [/^4\.4\.2 (?!.*unknown)/] })
})

for (const verb of ['', 'EHLO', 'MAIL', 'RCPT', 'DATA']) {
  t.test(`a server that hangs up at ${verb || 'the greeting'} is a temporary failure`, async t => {
    const { open } = await startCutThrough(t, hangingUp(verb))
    const relay = open()
    const answers = [await relay.mail('a@x', ORDINARY), await relay.rcpt('b@x', { dsn: [] }), await relay.data()]
    const refused = answers.find(answer => 'code' in answer && answer.code >= 400)
    t.match(refused, { code: 451, lines: [/^4\.4\.[12] /] })
  })
}

t.test('a connection that died while it was idle is replaced before anything was sent on it', async t => {
  // Each session takes one message, and closes without a word at the next.
  const { server, open } = await startCutThrough(t, () => {
    let taken = 0
    return { ...FRIENDLY, MAIL: socket => (taken++ === 0 ? socket.write('250 ok\r\n') : socket.destroy()) }
  })
  const relay = open()
  for (const round of [1, 2, 3]) t.match(await (await begin(relay)).end(), { code: 250 }, `message ${round}`)
  t.equal(server.sessions.length, 3)
  t.same(
    server.sessions.map(lines => lines.filter(line => line === '.').length),
    [1, 1, 1],
  )
})

t.test('a connection whose server says goodbye to the next sender is replaced', async t => {
  const { server, open } = await startCutThrough(t, () => {
    let taken = 0
    return { ...FRIENDLY, MAIL: socket => socket.write(taken++ === 0 ? '250 ok\r\n' : '421 4.4.2 too long idle\r\n') }
  })
  const relay = open()
  for (const round of [1, 2]) t.match(await (await begin(relay)).end(), { code: 250 }, `message ${round}`)
  t.equal(server.sessions.length, 2)
})

t.test('a message that must not be accepted never gets its final dot', async t => {
  const { server, open } = await startCutThrough(t, FRIENDLY)
  const relay = open()
  const sink = await begin(relay)
  const closed = new Promise(resolve => server.sockets[0]?.once('close', resolve))
  sink.abort()
  await closed
  t.notOk(server.sessions[0]?.includes('.'))
  t.match(await (await begin(relay)).end(), { code: 250 }, 'the next message has a connection of its own')
  t.equal(server.sessions.length, 2)
})

t.test('a client that leaves in the middle leaves a clean connection', async t => {
  const { server, open } = await startCutThrough(t, FRIENDLY)
  const [first, second] = [open(), open()]
  await first.mail('a@x', ORDINARY)
  await first.rcpt('b@x', { dsn: [] })
  first.close()
  while (!server.sessions[0]?.includes('RSET')) await new Promise(resolve => setImmediate(resolve))
  await new Promise(resolve => setTimeout(resolve, 20)) // the reply to RSET is on its way
  t.match(await (await begin(second)).end(), { code: 250 })
  t.equal(server.sessions.length, 1)
})

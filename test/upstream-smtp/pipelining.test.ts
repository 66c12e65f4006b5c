import t from 'tap'
import type { SmtpClientConnection } from '../../src/upstream/smtp/connection.ts'
import { connectTo, FRIENDLY, type Script, startScripted } from '../support/smtp-server-script.ts'

const ENVELOPE = ['MAIL FROM:<a@x>', 'RCPT TO:<no@x>', 'RCPT TO:<b@x> NOTIFY=NEVER', 'RCPT TO:<c@x> NOTIFY=SUCCESS']
const codes = async (connection: SmtpClientConnection) =>
  (await Promise.all(ENVELOPE.map(line => connection.command(line)))).map(({ code }) => code)

const refusing: Script = { 'RCPT TO:<no': '550-5.1.1 nobody\r\n550 5.1.1 of that name\r\n', ...FRIENDLY }

t.test('each recipient gets its own answer and keeps its own parameters', async t => {
  const { port, sessions } = await startScripted(t, refusing)
  const connection = await connectTo(t, port)
  t.same(await codes(connection), [250, 550, 250, 250])
  t.same(sessions[0]?.slice(1), ENVELOPE)
  t.match(await connection.command('RCPT TO:<no@x>'), { code: 550, lines: ['5.1.1 nobody', '5.1.1 of that name'] })
})

t.test('a server with PIPELINING gets all commands before it answers one', async t => {
  const lines: string[] = []
  const { port } = await startScripted(t, {
    ...FRIENDLY,
    MAIL: (_socket, line) => void lines.push(line),
    RCPT: (socket, line) => {
      lines.push(line)
      if (lines.length === ENVELOPE.length) socket.write('250 1\r\n250 2\r\n250 3\r\n250 4\r\n')
    },
  })
  const connection = await connectTo(t, port)
  t.same(await codes(connection), [250, 250, 250, 250])
})

t.test('a server without PIPELINING gets a command only when it has answered the one before', async t => {
  let unanswered = 0
  let highest = 0
  const slowly =
    (reply: string): Script[string] =>
    socket => {
      highest = Math.max(highest, ++unanswered)
      setImmediate(() => {
        unanswered--
        socket.write(reply)
      })
    }
  const script = {
    ...refusing,
    EHLO: '250-test\r\n250 8BITMIME\r\n',
    MAIL: slowly('250 ok\r\n'),
    RCPT: slowly('250 ok\r\n'),
  }
  const { port, sessions } = await startScripted(t, script)
  t.same(await codes(await connectTo(t, port)), [250, 550, 250, 250])
  t.equal(highest, 1)
  t.same(sessions[0]?.slice(1), ENVELOPE)
})

t.test('a server that knows no EHLO is greeted with HELO', async t => {
  const { port, sessions } = await startScripted(t, { ...FRIENDLY, EHLO: '502 5.5.1 what?\r\n', HELO: '250 test\r\n' })
  const connection = await connectTo(t, port)
  t.equal(connection.extensions.size, 0)
  t.same(sessions[0], ['EHLO [127.0.0.1]', 'HELO [127.0.0.1]'])
})

t.test('a command of two lines is never sent', async t => {
  const { port, sessions } = await startScripted(t, FRIENDLY)
  const connection = await connectTo(t, port)
  await t.rejects(connection.command('MAIL FROM:<a@x>\r\nRCPT TO:<evil@x>'))
  await connection.command('RSET')
  t.same(sessions[0]?.slice(1), ['RSET'])
})

import t from 'tap'
import { smtpReply } from '../../src/formats/smtp/reply.ts'
import { serveSmtp } from '../../src/smtp/connection.ts'
import { Client, startListener } from '../support/front-server.ts'
import { FixedBackend, SIGN_IN, takingRelay } from '../support/smtp-front.ts'

t.test('recipients are handed on before earlier ones are answered, and answered in their order', async t => {
  const asked: string[] = []
  const answers: PromiseWithResolvers<void>[] = []
  const all = Promise.withResolvers<void>()
  const rcpt = async (recipient: string) => {
    const answer = Promise.withResolvers<void>()
    asked.push(recipient)
    if (answers.push(answer) === 3) all.resolve()
    await answer.promise
    return smtpReply(recipient.startsWith('no') ? 550 : 250, recipient)
  }
  const backend = new FixedBackend(takingRelay({ rcpt }))
  const { port } = await startListener(t, { serve: connection => serveSmtp(connection, { backend }) })
  const recipients = ['one@x', 'no@x', 'three@x'].map(address => `RCPT TO:<${address}>\r\n`).join('')
  const client = Client.to(port).send(`EHLO x\r\n${SIGN_IN}MAIL FROM:<a@x>\r\n${recipients}DATA\r\n`)
  await all.promise
  t.same(asked, ['one@x', 'no@x', 'three@x'])
  for (const answer of answers.toReversed()) {
    answer.resolve()
    await new Promise(resolve => setImmediate(resolve))
  }
  t.match(await client.until(/^354/m), /250 2\.1\.0 sender ok\r\n250 one@x\r\n550 no@x\r\n250 three@x\r\n354 /)
  client.socket.destroy()
})

t.test('a relay that fails by a bug ends its connection and no other', async t => {
  const failures: unknown[] = []
  const rcpt = async () => {
    throw new Error('a bug')
  }
  const backend = new FixedBackend(takingRelay({ rcpt }))
  const { port } = await startListener(t, {
    serve: connection => serveSmtp(connection, { backend }),
    events: { failed: error => void failures.push(error), changed: () => undefined, refused: () => undefined },
  })
  const other = Client.to(port)
  await other.until(/^220/)
  const client = Client.to(port).send(`EHLO x\r\n${SIGN_IN}MAIL FROM:<a@x>\r\nRCPT TO:<b@x>\r\n`)
  await client.closed()
  t.match(failures, [{ message: 'a bug' }])
  t.match(await other.send('NOOP\r\nQUIT\r\n').closed(), /250 2\.0\.0 ok\r\n221 /)
})

t.test('a stopping front lets a message end, and then says why it closes', async t => {
  const { port, listener } = await startListener(t, {
    serve: connection => serveSmtp(connection, { backend: new FixedBackend() }),
  })
  const busy = Client.to(port).send(`EHLO x\r\n${SIGN_IN}MAIL FROM:<a@x>\r\nRCPT TO:<b@x>\r\nDATA\r\n`)
  await busy.until(/^354/m)
  const idle = Client.to(port)
  await idle.until(/^220/)
  const stopped = listener.stop({ graceMs: 5000 })
  t.match(await idle.closed(), /^220 .*\r\n421 4\.3\.2 /)
  t.match(await busy.send('Subject: x\r\n\r\n.\r\n').closed(), /250 2\.0\.0 taken\r\n421 4\.3\.2 .*\r\n$/)
  await stopped
})

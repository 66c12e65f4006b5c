import t from 'tap'
import { serveSmtp } from '../../src/smtp/connection.ts'
import { Client, startListener } from '../support/front-server.ts'
import { ENVELOPE, FixedBackend, SIGN_IN, takingRelay } from '../support/smtp-front.ts'

const LARGE_OCTETS = 200 * 1_048_576 // more than the kernel holds in both directions

t.test('a client is not read from while the server behind the relay takes nothing', async t => {
  let taken = 0
  let room = Promise.withResolvers<void>()
  let isBlocked = true
  const write = (octets: Buffer) => {
    taken += octets.length
    return isBlocked ? room.promise : undefined
  }
  const backend = new FixedBackend(takingRelay({}, { write }))
  const { port } = await startListener(t, { serve: connection => serveSmtp(connection, { backend }) })
  const client = Client.to(port).send(`EHLO x\r\n${SIGN_IN}${ENVELOPE}`)
  await client.until(/^354/m)
  const line = Buffer.from(`${'x'.repeat(1022)}\r\n`)
  client.send(Buffer.alloc(LARGE_OCTETS, line)).send('.\r\nQUIT\r\n')
  await new Promise(resolve => setTimeout(resolve, 300))
  t.ok(taken < 1_048_576, `${taken} octets were taken`)
  t.ok(client.socket.writableLength > LARGE_OCTETS / 2, 'the rest waits with the client')
  isBlocked = false
  room.resolve()
  room = Promise.withResolvers()
  t.match(await client.closed(), /250 2\.0\.0 taken\r\n221 /)
  t.equal(taken, LARGE_OCTETS)
})

t.test('a client that never reads its replies is not read from for ever', async t => {
  const backend = new FixedBackend()
  const { port } = await startListener(t, { serve: connection => serveSmtp(connection, { backend }) })
  const client = Client.to(port)
  client.socket.pause()
  client.socket.write(Buffer.alloc(LARGE_OCTETS / 4, 'HELP\r\n'))
  await new Promise(resolve => setTimeout(resolve, 300))
  t.ok(client.socket.writableLength > 0, 'the front has stopped reading')
  client.socket.destroy()
})

t.test('what a session may send besides its messages has a limit', async t => {
  const backend = new FixedBackend()
  const options = { backend, maxCommandOctets: 10_000 }
  const { port } = await startListener(t, { serve: connection => serveSmtp(connection, options) })
  const client = Client.to(port).send(`EHLO x\r\n${SIGN_IN}${ENVELOPE}`)
  await client.until(/^354/m)
  client
    .send(`${'x'.repeat(900)}\r\n`.repeat(20))
    .send('.\r\n')
    .send('NOOP\r\n'.repeat(2000))
  t.match(await client.closed(), /250 2\.0\.0 taken\r\n(250 2\.0\.0 ok\r\n){1000,}421 4\.7\.0 too much input\r\n$/)
})

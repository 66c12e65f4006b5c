import t, { type Test } from 'tap'
import { servePop3 } from '../../src/pop3/connection.ts'
import { Client, startListener } from '../support/front-server.ts'
import { memoryBackend, PASSWORD } from '../support/pop3.ts'

const SIGN_IN = `USER ada\r\nPASS ${PASSWORD}\r\n`

async function start(t: Test, maxSessionOctets?: number) {
  const backend = memoryBackend()
  const options = { backend, ...(maxSessionOctets ? { maxSessionOctets } : {}) }
  return startListener(t, { serve: connection => servePop3(connection, options) })
}

t.test('a line that is too long is thrown away, and the session goes on', async t => {
  const { port } = await start(t)
  const client = Client.to(port).send(`${'x'.repeat(100_000)}\r\nNOOP\r\nQUIT\r\n`)
  client.socket.end()
  t.match(await client.closed(), /-ERR line too long\r\n\+OK nothing done\r\n\+OK bye\r\n$/)
})

t.test('a client that has closed its half gets its answers, and then the end', async t => {
  const { port } = await start(t)
  const client = Client.to(port)
  client.socket.end(`${SIGN_IN}STAT\r\n`)
  t.match(await client.closed(), /maildrop has 0 messages\r\n\+OK 0 0\r\n$/)
})

t.test('a client that sends octet by octet is served', async t => {
  const { port } = await start(t)
  const client = Client.to(port)
  for (const octet of `${SIGN_IN}STAT\r\nQUIT\r\n`) {
    client.send(octet)
    await new Promise(resolve => setImmediate(resolve))
  }
  client.socket.end()
  t.match(await client.closed(), /\+OK 0 0\r\n\+OK bye\r\n$/)
})

t.test('10,000 pipelined commands get 10,000 answers', async t => {
  const { port } = await start(t)
  const client = Client.to(port).send(SIGN_IN + 'STAT\r\n'.repeat(10_000))
  client.socket.end('QUIT\r\n')
  const text = await client.closed()
  t.equal(text.split('+OK 0 0\r\n').length - 1, 10_000)
  t.match(text, /\+OK bye\r\n$/)
})

t.test('500 clients at once are all served', async t => {
  const { port, listener } = await start(t)
  const clients = Array.from({ length: 500 }, () => Client.to(port).send(SIGN_IN))
  await Promise.all(clients.map(client => client.until(/maildrop has/)))
  t.equal(listener.status.connections, 500)
  for (const client of clients) client.socket.end('STAT\r\nQUIT\r\n')
  const texts = await Promise.all(clients.map(client => client.closed()))
  t.equal(texts.filter(text => text.endsWith('+OK 0 0\r\n+OK bye\r\n')).length, 500)
})

t.test('a client that never reads its replies is not read from for ever', async t => {
  const { port } = await start(t, 64 * 1_048_576)
  const client = Client.to(port)
  client.socket.pause()
  // More than the kernel's buffers hold in either direction: what is left stays with the client.
  client.socket.write(Buffer.from('CAPA\r\n'.repeat(5_000_000)))
  await new Promise(resolve => setTimeout(resolve, 500))
  t.ok(client.socket.writableLength > 0, 'the server has stopped reading')
  client.socket.destroy()
})

t.test('a session has its limit of octets', async t => {
  const { port } = await start(t, 1000)
  const client = Client.to(port).send('NOOP\r\n'.repeat(400))
  t.match(await client.closed(), /-ERR too much input in one session\r\n$/)
})

t.test('a stopping front says why, and every session ends', async t => {
  const { port, listener } = await start(t)
  const client = Client.to(port)
  await client.until(/ready/)
  await listener.stop({ graceMs: 2000 })
  t.match(await client.closed(), /-ERR \[SYS\/TEMP\] the server is stopping\r\n$/)
})

import t from 'tap'
import { ImapRefusal } from '../../src/imap/backend.ts'
import { serveImap } from '../../src/imap/connection.ts'
import { Client, startListener } from '../support/front-server.ts'
import { ImapClient } from '../support/imap/client.ts'
import { memoryFront, serveAccount, someAccount } from '../support/imap/front.ts'

const SIGN_IN = 'l LOGIN ada "correct horse"\r\n'

t.test('10,000 pipelined commands get 10,000 answers', async t => {
  const { port } = await startListener(t, { serve: serveAccount() })
  const client = Client.to(port).send(`${SIGN_IN}s SELECT INBOX\r\n${'a FETCH 1 FLAGS\r\n'.repeat(10_000)}`)
  client.socket.end('z LOGOUT\r\n')
  const text = await client.closed()
  t.equal(text.split('\r\na OK fetched').length - 1, 10_000)
  t.match(text, /z OK the connection closes\r\n$/)
})

t.test('a client that has closed its half gets its answers, and then the end', async t => {
  const { port } = await startListener(t, { serve: serveAccount() })
  const client = Client.to(port)
  client.socket.end(`${SIGN_IN}a SELECT INBOX\r\n`)
  t.match(await client.closed(), /a OK \[READ-WRITE\] the mailbox is open\r\n$/)
})

t.test('200 clients at once are all served', async t => {
  const { port } = await startListener(t, { serve: serveAccount() })
  const clients = Array.from({ length: 200 }, () => Client.to(port).send(SIGN_IN))
  await Promise.all(clients.map(client => client.until(/signed in/)))
  for (const client of clients) client.socket.end('a SELECT INBOX\r\nb LOGOUT\r\n')
  const texts = await Promise.all(clients.map(client => client.closed()))
  t.equal(texts.filter(text => text.endsWith('b OK the connection closes\r\n')).length, 200)
})

t.test('a client that never reads is not read from for ever, and costs no more than what is buffered', async t => {
  const account = someAccount()
  account.boxes[0]?.put({ octets: Buffer.alloc(1_000_000, 'x') })
  let fetched = 0
  const original = account.octets.bind(account)
  account.octets = (mailbox, uid) => {
    fetched++
    return original(mailbox, uid)
  }
  const { port } = await startListener(t, { serve: connection => serveImap(connection, memoryFront(account)) })
  const client = Client.to(port)
  client.socket.pause()
  client.socket.write(`${SIGN_IN}s SELECT INBOX\r\n${'a FETCH 4 BODY.PEEK[]\r\n'.repeat(500_000)}`)
  await new Promise(resolve => setTimeout(resolve, 500))
  t.ok(fetched < 50, `${fetched} of 500,000 messages were read`)
  t.ok(client.socket.writableLength > 0, 'the server has stopped reading')
  client.socket.destroy()
})

t.test('a stopping front says so, to clients that idle as well', async t => {
  const { port, listener } = await startListener(t, { serve: serveAccount() })
  const clients = [Client.to(port), Client.to(port).send(SIGN_IN), Client.to(port).send(`${SIGN_IN}a IDLE\r\n`)]
  await Promise.all([/ready/, /signed in/, /idling/].map((pattern, index) => clients[index]?.until(pattern)))
  await listener.stop({ graceMs: 2000 })
  for (const client of clients) t.match(await client.closed(), /\* BYE the server is stopping\r\n$/)
})

t.test('a bug ends the connection, and is told to the daemon', async t => {
  const account = someAccount()
  const client = await ImapClient.signedIn(serveAccount(account))
  account.nextFailure = new Error('a bug')
  client.send('a SELECT INBOX\r\n')
  await t.rejects(client.served, { message: 'a bug' })
})

t.test('a refusal of the store is told, and the session goes on', async t => {
  const account = someAccount()
  const client = await ImapClient.signedIn(serveAccount(account))
  const refuse = (command: string) => {
    account.nextFailure = new ImapRefusal('UNAVAILABLE', 'not now')
    return client.command(command)
  }
  t.match(await refuse('SELECT INBOX'), /^t2 NO \[UNAVAILABLE\] not now\r\n$/)
  t.match(await refuse('APPEND INBOX {3+}\r\nabc'), /NO \[UNAVAILABLE\] not now\r\n$/)
  await client.command('SELECT INBOX')
  t.match(await refuse('FETCH 1 FLAGS'), /NO \[UNAVAILABLE\] not now\r\n$/)
  account.nextFailure = new ImapRefusal('UNAVAILABLE', 'not now')
  t.match(await client.command('NOOP'), /^t6 OK nothing done\r\n$/, 'news that cannot be had are no reason to fail')
  await client.end()
  t.equal(account.watchers.size, 0, 'nobody watches when the connection has ended')
})

import t from 'tap'
import { serveImap } from '../../src/imap/connection.ts'
import { ImapClient } from '../support/imap/client.ts'
import { memoryFront, serveAccount, someAccount } from '../support/imap/front.ts'

t.test('a string that is too long is refused, and the session goes on', async t => {
  const client = await ImapClient.signedIn(serveAccount())
  t.match(await client.send('a CREATE {70000}\r\n').until(/^a .*\r\n/m), /a BAD \[LIMIT\]/, 'before it has come')
  client.send(`b CREATE {70000+}\r\n${'x'.repeat(70_000)}\r\n`)
  t.match(await client.until(/^b .*\r\n/m), /^b BAD \[LIMIT\]/, 'after it was read over')
  t.match(await client.command('NOOP'), /OK/)
  await client.end()
})

t.test('a line that is too long is refused, and the session goes on', async t => {
  const client = await ImapClient.signedIn(serveAccount())
  client.send(`a NOOP ${'x'.repeat(100_000)}\r\n`)
  t.match(await client.until(/^a .*\r\n/m), /^a BAD the line is too long\r\n/)
  t.match(await client.command('NOOP'), /OK/)
  await client.end()
})

t.test('a literal that is too large even to be read over ends the connection', async t => {
  const client = await ImapClient.signedIn(serveAccount())
  client.send('a CREATE {999999999999+}\r\nb NOOP\r\n')
  t.equal(await client.rest(), '* BYE the literal is too large\r\n')
  await client.end()
})

t.test('a client that does not sign in may not talk for ever', async t => {
  const client = new ImapClient(serveAccount())
  client.send('a NOOP\r\n'.repeat(20_000))
  t.match(await client.rest(), /\* BYE too much input without a sign-in\r\n$/)
  await client.end()
})

t.test('a browser gets no second line', async t => {
  const client = new ImapClient(serveAccount())
  await client.until(/ready\r\n/)
  client.send('POST / HTTP/1.1\r\nHost: localhost\r\n\r\na LOGIN ada "correct horse"\r\n')
  t.equal(await client.rest(), '* BYE this is IMAP\r\n')
  await client.end()
})

t.test('an APPEND that its client does not finish leaves nothing behind', async t => {
  const account = someAccount()
  const client = await ImapClient.signedIn(serveAccount(account))
  client.send('a APPEND INBOX {100}\r\n')
  await client.until(/^\+ .*\r\n/m)
  client.send('not all of it')
  await client.end()
  t.equal(account.abandoned, 1)
  t.equal(account.boxes[0]?.messages.size, 3)
})

t.test('a client that has signed in may be silent for half an hour, a stranger for some minutes', async t => {
  const timeouts: number[] = []
  const client = new ImapClient(connection => {
    connection.setIdleTimeout = idleTimeoutMs => void timeouts.push(idleTimeoutMs)
    return serveImap(connection, memoryFront())
  })
  await client.command('NOOP')
  t.same(timeouts, [180_000])
  await client.command('LOGIN ada "correct horse"')
  await client.command('SELECT INBOX')
  t.same(timeouts, [180_000, 1_800_000])
  await client.end()
})

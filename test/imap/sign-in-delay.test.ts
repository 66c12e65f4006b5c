import t from 'tap'
import { serveImap } from '../../src/imap/connection.ts'
import { ImapClient } from '../support/imap/client.ts'
import { memoryFront } from '../support/imap/front.ts'

/** A front that writes down for how long it would wait. */
function watchedFront() {
  const delays: number[] = []
  const delay = async (delayMs: number) => void delays.push(delayMs)
  const client = new ImapClient(connection => serveImap(connection, { ...memoryFront(), delay }))
  return { client, delays }
}

t.test('failed sign-ins are answered later and later, and the fifth is the last', async t => {
  const { client, delays } = watchedFront()
  for (let tries = 1; tries < 5; tries++)
    t.match(await client.command('LOGIN ada wrong'), /NO \[AUTHENTICATIONFAILED\]/)
  client.send('a LOGIN ada wrong\r\nb LOGIN ada "correct horse"\r\n')
  t.equal(
    await client.rest(),
    '* BYE too many failed sign-ins\r\na NO [AUTHENTICATIONFAILED] wrong user name or local password\r\n',
  )
  t.same(delays, [1000, 2000, 4000, 4000, 4000])
  await client.end()
})

t.test('a sign-in that succeeds is answered at once, and so is one that nobody can decide', async t => {
  const { client, delays } = watchedFront()
  t.match(await client.command('LOGIN early x'), /NO \[UNAVAILABLE\]/)
  t.match(await client.command('AUTHENTICATE PLAIN AGFkYQB3cm9uZw=='), /NO \[AUTHENTICATIONFAILED\]/)
  t.match(await client.command('LOGIN ada "correct horse"'), /OK \[CAPABILITY/)
  t.same(delays, [1000])
  await client.end()
})

t.test('while a failed sign-in waits, nothing else is answered', async t => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const client = new ImapClient(connection => serveImap(connection, { ...memoryFront(), delay: () => promise }))
  await client.until(/ready\r\n/)
  client.send('a LOGIN ada wrong\r\nb NOOP\r\n')
  await new Promise(done => setImmediate(done))
  client.send('c NOOP\r\n')
  resolve()
  t.match(await client.until(/^c .*\r\n/m), /^a NO.*\r\nb OK.*\r\nc OK.*\r\n$/)
  await client.end()
})

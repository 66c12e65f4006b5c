import { duplexPair } from 'node:stream'
import t from 'tap'
import { ADA, MemorySubmission, serve } from '../support/smtp-backend.ts'
import { connectionOn } from '../support/transcript.ts'

const OPEN = `EHLO x\r\nAUTH PLAIN ${ADA}\r\nMAIL FROM:<a@b.c>\r\nRCPT TO:<d@e.f>\r\nDATA\r\n`

async function send(message: Buffer | string, after = 'NOOP\r\nQUIT\r\n') {
  const backend = new MemorySubmission(10_000_000)
  const [client, server] = duplexPair()
  const done = serve(connectionOn(server), backend)
  let replies = ''
  client.on('data', (chunk: Buffer) => {
    replies += chunk.toString('latin1')
  })
  client.end(Buffer.concat([Buffer.from(OPEN), Buffer.from(message), Buffer.from(after)]))
  await done
  return { backend, replies: replies.slice(replies.indexOf('354')) }
}

t.test('a message arrives octet for octet, dots still doubled', async t => {
  const every = Buffer.from(
    Array.from({ length: 256 }, (_, octet) => octet).filter(octet => octet !== 10 && octet !== 13),
  )
  const message = Buffer.concat([every, Buffer.from('\r\n..\r\n...x\r\n\r\n'), every, Buffer.from('\r\n')])
  const { backend, replies } = await send(Buffer.concat([message, Buffer.from('.\r\n')]))
  t.equal(backend.messages[0]?.octets.compare(message), 0)
  t.match(replies, /250 2\.0\.0 taken\r\n250 2\.0\.0 ok\r\n221/)
})

t.test('an empty message is a message', async t => {
  const { backend } = await send('.\r\n')
  t.equal(backend.messages[0]?.octets.length, 0)
})

for (const [name, message, reply] of [
  ['LF', 'a\nb\r\n.\r\n', '554 5.6.0 the message has an LF without CR'],
  ['CR', 'a\rb\r\n.\r\n', '554 5.6.0 the message has a CR without LF'],
  ['LF around a dot', 'a\r\n.\nMAIL FROM:<evil@x.y>\r\n.\r\n', '554 5.6.0 the message has an LF without CR'],
  ['CR around a dot', 'a\r.\rb\r\n.\r\n', '554 5.6.0 the message has a CR without LF'],
  ['CR CR LF', 'a\r\r\n.\r\n', '554 5.6.0 the message has a CR without LF'],
] as const) {
  t.test(`a bare ${name} is refused by name, nothing is smuggled, and the session stays in step`, async t => {
    const { backend, replies } = await send(message)
    t.match(replies, `${reply}\r\n250 2.0.0 ok\r\n221`)
    t.equal(backend.messages.length, 0)
    t.equal(backend.aborted, 1)
  })
}

t.test('BDAT is not offered: its octets are skipped, and the session stays usable', async t => {
  const { replies } = await send('.\r\n', 'BDAT 12\r\nQUIT\r\nQUIT\r\nBDAT 0 LAST\r\nNOOP\r\nQUIT\r\n')
  t.match(replies, /taken\r\n502 5\.5\.1 not implemented\r\n502 5\.5\.1 not implemented\r\n250 2\.0\.0 ok\r\n221/)
})

t.test('a client that leaves in the middle leaves no message behind', async t => {
  const { backend } = await send('half a message\r\n', '')
  t.equal(backend.messages.length, 0)
  t.equal(backend.aborted, 1)
})

t.test('1,000 pipelined recipients are answered one by one', async t => {
  const recipients = Array.from({ length: 1000 }, (_, index) => `RCPT TO:<u${index}@e.f>\r\n`).join('')
  const { replies } = await send('.\r\n', `MAIL FROM:<a@b.c>\r\n${recipients}RCPT TO:<x@y.z>\r\nQUIT\r\n`)
  t.equal(replies.match(/250 2\.1\.5/g)?.length, 1000)
  t.match(replies, /452 4\.5\.3 too many recipients\r\n221/)
})

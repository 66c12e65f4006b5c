import { duplexPair } from 'node:stream'
import fc from 'fast-check'
import t from 'tap'
import { serveSmtp } from '../../src/smtp/connection.ts'
import { FixedBackend } from '../support/smtp-front.ts'
import { connectionOn } from '../support/transcript.ts'

const wrong = Buffer.from('\0ada\0wrong').toString('base64')
const LINES = [
  'EHLO x',
  'HELO x',
  'MAIL FROM:<a@x>',
  'MAIL FROM:<>',
  'RCPT TO:<b@x>',
  'DATA',
  'RSET',
  'NOOP',
  'AUTH',
  'AUTH PLAIN',
  `AUTH PLAIN ${wrong}`,
  'AUTH LOGIN',
  'AUTH CRAM-MD5',
  wrong,
  '*',
  '=',
  '.',
  'BDAT 3',
  'BDAT 3 LAST',
  'STARTTLS',
  'VRFY b@x',
  'MAIL FROM:<a@x> AUTH=<>',
]
const line = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...LINES).map(text => Buffer.from(text)) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 20 }).map(array => Buffer.from(array)) },
)
const ends = ['\r\n', '\n', '\r', '\0\r\n'].map(text => Buffer.from(text))
const input = fc
  .array(fc.tuple(line, fc.constantFrom(...ends)), { maxLength: 40 })
  .map(lines => Buffer.concat(lines.flat()))

t.test('whatever is sent without the right password, nothing is relayed and every reply is well formed', async t => {
  await fc.assert(
    fc.asyncProperty(input, async octets => {
      const backend = new FixedBackend()
      const [client, server] = duplexPair()
      const done = serveSmtp(connectionOn(server), { backend })
      let text = ''
      client.on('data', (chunk: Buffer) => {
        text += chunk.toString('latin1')
      })
      client.end(octets)
      await done
      const isWellFormed = /^(?:[2-5]\d\d[ -][\x20-\x7e]*\r\n)+$/.test(text)
      return backend.opened === 0 && isWellFormed && !/^(?:235|354)/m.test(text)
    }),
    { numRuns: 2000 },
  )
  t.pass()
})

import { duplexPair } from 'node:stream'
import fc from 'fast-check'
import t from 'tap'
import { PASSWORD, serve } from '../support/pop3.ts'
import { connectionOn } from '../support/transcript.ts'

const SIGN_IN = Buffer.from(`USER ada\r\nPASS ${PASSWORD}\r\n`)
const WORDS = [
  'STAT',
  'LIST',
  'UIDL',
  'RETR',
  'TOP',
  'DELE',
  'AUTH',
  'PLAIN',
  'LOGIN',
  'USER',
  'PASS',
  'CAPA',
  'APOP',
  '1',
  '*',
  '=',
]
const word = fc.constantFrom(...WORDS).map(text => Buffer.from(text))
const glue = fc.constantFrom(' ', '\r\n', '\n', '\0', '\r', '\t').map(text => Buffer.from(text))
const octets = fc.uint8Array({ maxLength: 20 }).map(array => Buffer.from(array))
const input = fc.array(fc.oneof(word, glue, octets), { maxLength: 60 }).map(parts => Buffer.concat(parts))

async function converse(sent: Buffer): Promise<string> {
  const [client, server] = duplexPair()
  const done = serve(connectionOn(server))
  let text = ''
  client.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1')
  })
  client.end(sent)
  await done
  return text
}

t.test('no sequence of octets yields a count other than 0', async t => {
  const counts = /^\+OK (\d+) (\d+)/m
  await fc.assert(
    fc.asyncProperty(fc.boolean(), input, async (isSignedIn, octets) => {
      const text = await converse(isSignedIn ? Buffer.concat([SIGN_IN, octets]) : octets)
      const found = counts.exec(text)
      return text.startsWith('+OK Postern ready') && (!found || (found[1] === '0' && found[2] === '0'))
    }),
    { numRuns: 1500 },
  )
  t.pass()
})

t.test('every line gets exactly one reply, whatever it holds', async t => {
  const line = fc
    .uint8Array({ maxLength: 40 })
    .map(array => Buffer.from(array.filter(octet => octet !== 10 && octet !== 13)))
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 20 }), async lines => {
      const safe = lines.filter(
        line =>
          !/^\s*(quit|capa|auth|lang|list|uidl|get |post |head |put |delete |options |patch |connect |trace |pri |host:)/i.test(
            line.toString('latin1'),
          ),
      )
      const text = await converse(Buffer.concat(safe.map(line => Buffer.concat([line, Buffer.from('\r\n')]))))
      return (text.match(/^(\+OK|-ERR|\+ )/gm) ?? []).length === safe.length + 1
    }),
    { numRuns: 500 },
  )
  t.pass()
})

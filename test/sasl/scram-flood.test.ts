import t from 'tap'
import { ScramSha256Client } from '../../src/sasl/scram-client.ts'

const NONCE = 'rOprNGfwEbeRWgbNEkqO'
const challenge = Buffer.from(`r=${NONCE}x,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`)

t.test('a server that does not wait for the proof gets one key derived, not one for each line', async t => {
  const scram = new ScramSha256Client('user', 'pencil', NONCE)
  const [first, ...others] = await Promise.allSettled(Array.from({ length: 5 }, () => scram.respond(challenge)))
  t.equal(first?.status, 'fulfilled')
  for (const other of others) t.match(other, { status: 'rejected', reason: { name: 'SaslError', kind: 'malformed' } })
})

t.test('what a server says of its refusal is one short line', async t => {
  const scram = new ScramSha256Client('user', 'pencil', NONCE)
  await scram.respond(challenge)
  await scram.respond(Buffer.from(`e=no\r\n\u001b[2J${'x'.repeat(5000)}`))
  t.match(scram.refusal, /^no \[2Jx+$/)
  t.equal(scram.refusal?.length, 200)
})

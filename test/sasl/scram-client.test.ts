import fc from 'fast-check'
import t from 'tap'
import { SaslError } from '../../src/sasl/client-mechanism.ts'
import { saslPrep } from '../../src/sasl/sasl-prep.ts'
import { ScramSha256Client } from '../../src/sasl/scram-client.ts'

// RFC 7677 section 3.
const NONCE = 'rOprNGfwEbeRWgbNEkqO'
const SERVER_NONCE = `${NONCE}%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0`
const SERVER_FIRST = `r=${SERVER_NONCE},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`
const CLIENT_FINAL = `c=biws,r=${SERVER_NONCE},p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=`
const SERVER_FINAL = 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4='

const client = () => new ScramSha256Client('user', 'pencil', NONCE)
const say = async (scram: ScramSha256Client, text: string) => (await scram.respond(Buffer.from(text))).toString()

t.test('the example of RFC 7677 goes through, and only then is the server proven', async t => {
  const scram = client()
  t.equal(scram.initialResponse.toString(), `n,,n=user,r=${NONCE}`)
  t.equal(await say(scram, SERVER_FIRST), CLIENT_FINAL)
  t.throws(() => scram.assertDone(), { name: 'SaslError', kind: 'unproven' })
  t.equal(await say(scram, SERVER_FINAL), '')
  t.doesNotThrow(() => scram.assertDone())
  await t.rejects(say(scram, SERVER_FINAL), { name: 'SaslError', kind: 'malformed' }, 'no endless conversation')
})

t.test('a server that does not know the password is found out', async t => {
  for (const final of [SERVER_FINAL.replace('6rri', '6rrj'), 'v=', 'v=AAAA', 'nonsense', '']) {
    const scram = client()
    await say(scram, SERVER_FIRST)
    await t.rejects(say(scram, final), { name: 'SaslError', kind: 'unproven' }, JSON.stringify(final))
  }
})

t.test('what the server says of its refusal is kept', async t => {
  const scram = client()
  await say(scram, SERVER_FIRST)
  t.equal(await say(scram, 'e=invalid-proof'), '')
  t.equal(scram.refusal, 'invalid-proof')
  t.throws(() => scram.assertDone(), { name: 'SaslError', kind: 'unproven' })
})

t.test('a first message that would cost the password or the processor is not answered', async t => {
  const hostile = {
    'another nonce': SERVER_FIRST.replace(NONCE, 'rOprNGfwEbeRWgbNEkqP'),
    'our nonce alone': `r=${NONCE},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`,
    'a proof that is guessed in a moment': SERVER_FIRST.replace('4096', '1'),
    'hours of work': SERVER_FIRST.replace('4096', '4294967295'),
    'a number beyond all': SERVER_FIRST.replace('4096', '9'.repeat(400)),
    'no salt': `r=${SERVER_NONCE},s=,i=4096`,
    'an extension that must be understood': `m=x,${SERVER_FIRST}`,
    nothing: '',
  }
  for (const [what, text] of Object.entries(hostile)) {
    await t.rejects(say(client(), text), { name: 'SaslError', kind: 'malformed' }, what)
  }
})

t.test('names with commas and equals signs stay names', async t => {
  t.equal(new ScramSha256Client('a=b,c', '', 'x').initialResponse.toString(), 'n,,n=a=3Db=2Cc,r=x')
})

// RFC 4013 section 3.
t.test('what looks the same is the same password', async t => {
  t.equal(saslPrep('I\u00adX'), 'IX')
  t.equal(saslPrep('user'), 'user')
  t.equal(saslPrep('USER'), 'USER')
  t.equal(saslPrep('\u00aa'), 'a')
  t.equal(saslPrep('\u2168'), 'IX')
  t.equal(saslPrep('a\u00a0b'), 'a b')
})

t.test('any octets of a server end in a proof of our own or in an error of our own', async t => {
  const holds = fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(fc.string(), fc.constantFrom('v=', 'e=', 'r=', ',s=', ',i=1'))), async parts => {
      const scram = client()
      try {
        await say(scram, parts.join(''))
        return false // no text of theirs begins with our nonce
      } catch (error) {
        return error instanceof SaslError
      }
    }),
  )
  await t.resolves(holds)
})

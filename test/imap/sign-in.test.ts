import { createHmac } from 'node:crypto'
import t from 'tap'
import { ImapFront, RawClient } from '../support/imap-front.ts'
import { DELIVERIES, play } from '../support/transcript.ts'

const GREETING =
  '* OK [CAPABILITY IMAP4rev2 IMAP4rev1 LITERAL+ SASL-IR ID ENABLE AUTH=PLAIN AUTH=LOGIN AUTH=CRAM-MD5] Postern ready'
const base64 = (text: string) => Buffer.from(text).toString('base64')

for (const delivery of DELIVERIES) {
  t.test(`nothing but sign-in is possible before it, ${delivery}`, async t => {
    await using front = new ImapFront()
    const script = `S: ${GREETING}
C: a1 SELECT INBOX
S: a1 BAD command not valid in this state
C: a2 NONSENSE
S: a2 BAD unknown command
C: a3 NOOP
S: a3 OK done
C: a4 STARTTLS
S: a4 NO [UNAVAILABLE] no certificate yet
C: a5 ID NIL
S: * ID ("name" "Postern")
S: a5 OK done
C: a6 IDLE
S: a6 BAD command not valid in this state
C: a7 LOGIN ada wrong
S: a7 NO [AUTHENTICATIONFAILED] wrong user name or password
C: 
S: * BAD there is no tag
C: a8 LOGOUT
S: * BYE bye
S: a8 OK done
S: <closed>`
    t.equal(await play(front.serve, script, delivery), script)
  })
}

t.test('every mechanism signs in, with and without an initial response', async t => {
  await using front = new ImapFront()
  const plain = base64('\0ada\0secret')
  const exchanges = [
    [`AUTHENTICATE PLAIN ${plain}`],
    ['AUTHENTICATE PLAIN', plain],
    ['AUTHENTICATE LOGIN', base64('ada'), base64('secret')],
  ]
  for (const [command = '', ...responses] of exchanges) {
    const client = new RawClient(front.serve)
    await client.line()
    client.write(`a ${command}\r\n`)
    for (const response of responses) {
      t.match(await client.line(), /^\+ /)
      client.write(`${response}\r\n`)
    }
    t.match(await client.line(), /^a OK \[CAPABILITY .*\bIDLE\b.*\] signed in$/, command)
    await client.close()
  }
})

t.test('CRAM-MD5 signs in with either digest', async t => {
  await using front = new ImapFront()
  const client = new RawClient(front.serve)
  await client.line()
  client.write('a AUTHENTICATE CRAM-MD5\r\n')
  const challenge = Buffer.from((await client.line()).slice(2), 'base64')
  const digest = createHmac('md5', 'secret').update(challenge).digest('hex')
  client.write(`${base64(`ada ${digest}`)}\r\n`)
  t.match(await client.line(), /^a OK .*signed in$/)
  await client.close()
})

t.test('an exchange can be cancelled, and is not confused by what is no base64', async t => {
  await using front = new ImapFront()
  const client = new RawClient(front.serve)
  await client.line()
  for (const response of ['*', '!!!', base64('no NUL in it')]) {
    client.write('a AUTHENTICATE PLAIN\r\n')
    await client.line()
    client.write(`${response}\r\n`)
    t.match(await client.line(), /^a BAD /, response)
  }
  t.match(await client.command('AUTHENTICATE GSSAPI'), ['NO [CANNOT] mechanism not supported'])
  t.match(await client.command('LOGIN ada secret'), [/^OK /])
  await client.close()
})

t.test('each wrong password takes longer, the fifth ends the connection', async t => {
  await using front = new ImapFront()
  const client = new RawClient(front.serve)
  await client.line()
  for (let count = 0; count < 5; count++) t.match(await client.command('LOGIN ada wrong'), [/^NO /])
  t.same(front.delays, [1000, 2000, 4000, 8000, 16_000])
  await client.close()
  const other = new RawClient(front.serve)
  await other.line()
  t.match(await other.command('LOGIN ada secret'), [/^OK /], 'another connection does not suffer')
  t.equal(front.delays.length, 5)
  await other.close()
})

t.test('a browser that was tricked into talking gets no second line', async t => {
  await using front = new ImapFront()
  const script = `S: ${GREETING}
C: POST / HTTP/1.1
S: * BYE this is IMAP
S: <closed>`
  t.equal(await play(front.serve, script, 'line by line'), script)
})

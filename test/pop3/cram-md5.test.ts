import { createHmac } from 'node:crypto'
import { duplexPair } from 'node:stream'
import t from 'tap'
import { PASSWORD, serve } from '../support/pop3.ts'
import { connectionOn } from '../support/transcript.ts'

for (const [secret, reply] of [
  [PASSWORD, '+OK maildrop has 0 messages'],
  ['wrong', '-ERR [AUTH] wrong user name or local password'],
] as const) {
  t.test(`a CRAM-MD5 digest made from ${JSON.stringify(secret)} is answered with ${reply}`, async t => {
    const [client, server] = duplexPair()
    const done = serve(connectionOn(server))
    let received = ''
    client.setEncoding('utf8').on('data', (chunk: string) => {
      received += chunk
      const challenge = /^\+ (\S+)\r\n$/m.exec(chunk)?.[1]
      if (chunk.startsWith('+OK Postern')) client.write('AUTH CRAM-MD5\r\n')
      if (!challenge) return
      const digest = createHmac('md5', secret).update(Buffer.from(challenge, 'base64')).digest('hex')
      client.write(`${Buffer.from(`ada ${digest}`).toString('base64')}\r\nQUIT\r\n`)
    })
    client.once('end', () => client.end())
    await done
    t.match(received, `${reply}\r\n+OK bye\r\n`)
  })
}

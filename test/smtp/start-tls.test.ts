import t, { type Test } from 'tap'
import { serveSmtp } from '../../src/smtp/connection.ts'
import { Client, makeFrontContext, startListener } from '../support/front-server.ts'
import { ENVELOPE, FixedBackend, SIGN_IN } from '../support/smtp-front.ts'

async function start(t: Test, greeting: 'detect' | 'immediate') {
  const context = await makeFrontContext(t)
  const backend = new FixedBackend()
  const serve: Parameters<typeof startListener>[1]['serve'] = connection => serveSmtp(connection, { backend })
  return { backend, ...(await startListener(t, { greeting, secureContext: () => context, serve })) }
}

// CVE-2011-0411: what is sent along with STARTTLS must not be taken for what is said inside TLS.
t.test('commands that are pipelined after STARTTLS in plain text are thrown away', async t => {
  const { backend, port } = await start(t, 'immediate')
  const plain = Client.to(port)
  await plain.until(/^220 /)
  plain.send(`EHLO x\r\nSTARTTLS\r\nEHLO evil\r\n${SIGN_IN}${ENVELOPE}`)
  await plain.until(/begin TLS/)
  const secure = await plain.secure()
  const text = await secure.send('MAIL FROM:<a@x>\r\nEHLO x\r\nMAIL FROM:<a@x>\r\nQUIT\r\n').closed()
  t.match(text, /^503 .*\r\n250-localhost\r\n/, 'nobody has said EHLO yet')
  t.match(text, /\r\n530 5\.7\.0 .*\r\n221 /, 'and nobody has signed in')
  t.notMatch(text, /STARTTLS/, 'which is not offered again')
  t.equal(plain.text.match(/^220 /gm)?.length, 2)
  t.equal(backend.opened, 0)
})

t.test('a sign-in in plain text does not count inside TLS', async t => {
  const { port } = await start(t, 'immediate')
  const plain = Client.to(port).send(`EHLO x\r\n${SIGN_IN}STARTTLS\r\n`)
  t.match(await plain.until(/^503/m), /^235 .*\r\n503 /m, 'STARTTLS comes before AUTH (RFC 4954 section 4)')
  plain.socket.destroy()
})

t.test('implicit TLS, STARTTLS and plain text work on one port', async t => {
  const { port } = await start(t, 'detect')
  const session = `EHLO x\r\n${SIGN_IN}${ENVELOPE}`
  const implicit = (await Client.to(port).secure()).send(session)
  await implicit.until(/^354/m)
  t.match(await implicit.send('.\r\nQUIT\r\n').closed(), /250 2\.0\.0 taken\r\n221 /)
  const plain = Client.to(port).send(session)
  await plain.until(/^354/m)
  t.match(await plain.send('.\r\nQUIT\r\n').closed(), /250-STARTTLS\r\n(.*\r\n)*250 2\.0\.0 taken\r\n221 /)
  const silent = Client.to(port)
  t.match(await silent.until(/220/), /^220 localhost ESMTP Postern/, 'a silent client is greeted in plain text')
  silent.socket.destroy()
})

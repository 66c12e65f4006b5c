import t from 'tap'
import { serveImap } from '../../src/imap/connection.ts'
import { Client, makeFrontContext, startListener } from '../support/front-server.ts'
import { memoryFront } from '../support/imap/front.ts'

// CVE-2011-0411: what is sent along with STARTTLS must not be taken for what is said inside TLS.
t.test('commands that are pipelined after STARTTLS in plain text are thrown away', async t => {
  const context = await makeFrontContext(t)
  const { port } = await startListener(t, {
    secureContext: () => context,
    serve: connection => serveImap(connection, memoryFront()),
  })
  const plain = Client.to(port)
  t.match(await plain.until(/ready/), / STARTTLS\]/, 'it is offered where it can work')
  plain.send('a STARTTLS\r\nb LOGIN ada "correct horse"\r\nc SELECT INBOX\r\n')
  await plain.until(/begin the TLS/)
  const secure = await plain.secure()
  secure.send('d SELECT INBOX\r\ne CAPABILITY\r\nf STARTTLS\r\ng LOGOUT\r\n')
  const text = await secure.closed()
  t.match(text, /^d BAD this command is not valid in this state\r\n/, 'nobody is signed in, and nobody is greeted')
  t.notMatch(text, / STARTTLS/, 'it is not offered inside TLS')
  t.match(text, /^f BAD TLS is active already\r\n/m)
  t.notMatch(plain.text, /^[bc] /m, 'nothing for the pipelined commands')
})

t.test('half a literal that was sent in plain text is forgotten', async t => {
  const context = await makeFrontContext(t)
  const { port } = await startListener(t, {
    secureContext: () => context,
    serve: connection => serveImap(connection, memoryFront()),
  })
  const plain = Client.to(port).send('a STARTTLS\r\nb LOGIN {10+}\r\nab')
  await plain.until(/begin the TLS/)
  const secure = await plain.secure()
  t.match(await secure.send('c NOOP\r\nd LOGOUT\r\n').closed(), /^c OK nothing done\r\n/)
})

t.test('implicit TLS and plain text work on one port', async t => {
  const context = await makeFrontContext(t)
  const { port } = await startListener(t, {
    greeting: 'detect',
    secureContext: () => context,
    serve: connection => serveImap(connection, memoryFront()),
  })
  const session = 'a LOGIN ada "correct horse"\r\nb SELECT INBOX\r\nc LOGOUT\r\n'
  const implicit = await Client.to(port).secure()
  t.match(await implicit.send(session).closed(), /^b OK \[READ-WRITE\]/m)
  t.match(await Client.to(port).send(session).closed(), /^b OK \[READ-WRITE\]/m)
})

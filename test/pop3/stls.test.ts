import t from 'tap'
import { servePop3 } from '../../src/pop3/connection.ts'
import { Client, makeFrontContext, startListener } from '../support/front-server.ts'
import { memoryBackend, PASSWORD } from '../support/pop3.ts'

// CVE-2011-0411: what is sent along with STLS must not be taken for what is said inside TLS.
t.test('commands that are pipelined after STLS in plain text are thrown away', async t => {
  const context = await makeFrontContext(t)
  const backend = memoryBackend()
  const { port } = await startListener(t, {
    secureContext: () => context,
    serve: connection => servePop3(connection, { backend }),
  })
  const plain = Client.to(port)
  await plain.until(/ready/)
  plain.send(`STLS\r\nUSER ada\r\nPASS ${PASSWORD}\r\nSTAT\r\n`)
  await plain.until(/begin TLS/)
  const secure = await plain.secure()
  secure.send('STAT\r\nCAPA\r\nQUIT\r\n')
  const text = await secure.closed()
  t.match(text, /^-ERR command not valid in this state\r\n/, 'nobody is signed in')
  t.notMatch(text, /STLS/, 'STLS is not offered inside TLS')
  t.equal(plain.text.match(/\+OK/g)?.length, 2, 'the greeting and the go-ahead, nothing for the pipelined commands')
  t.same(backend.polls, [])
})

t.test('implicit TLS, STLS and plain text work on one port', async t => {
  const context = await makeFrontContext(t)
  const { port } = await startListener(t, {
    greeting: 'detect',
    secureContext: () => context,
    serve: connection => servePop3(connection, { backend: memoryBackend() }),
  })
  const session = `USER ada\r\nPASS ${PASSWORD}\r\nSTAT\r\nQUIT\r\n`
  const implicit = await Client.to(port).secure()
  t.match(await implicit.send(session).closed(), /\+OK 0 0\r\n\+OK bye/)
  const plain = Client.to(port).send(session)
  t.match(await plain.closed(), /\+OK 0 0\r\n\+OK bye/)
  const silent = Client.to(port)
  t.match(await silent.until(/ready/), /^\+OK Postern ready/, 'a silent client is greeted in plain text')
  silent.socket.destroy()
})

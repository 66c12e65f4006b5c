import t from 'tap'
import { createImapServer } from '../../src/imap/server.ts'
import { Client, strictEvents } from '../support/front-server.ts'
import { memoryFront } from '../support/imap/front.ts'

t.test('the front listens, serves and stops', async t => {
  const server = createImapServer({
    ...memoryFront(),
    port: 0,
    greeting: 'immediate',
    maxConnections: 1,
    secureContext: () => undefined,
    hosts: ['127.0.0.1'],
    events: strictEvents(t),
  })
  const { name, port } = await server.start()
  t.equal(name, 'imap')
  const client = Client.to(port)
  t.match(await client.until(/ready\r\n/), /^\* OK \[CAPABILITY IMAP4rev2 IMAP4rev1 /)
  t.equal(await Client.to(port).closed(), '', 'one too many')
  t.match(await client.send('a LOGOUT\r\n').closed(), /a OK the connection closes\r\n$/)
  await server.stop({ graceMs: 1000 })
})

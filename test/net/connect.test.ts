import { once } from 'node:events'
import { createServer } from 'node:net'
import t from 'tap'
import { connectTo } from '../../src/net/connect.ts'

const { signal } = new AbortController()

t.test('a host whose addresses are known is connected to there, and looked up no more', async t => {
  const server = createServer(socket => socket.end()).listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const host = 'no-such-host.invalid' // RFC 6761 section 6.4
  const socket = await connectTo({ host, port, addresses: ['127.0.0.1'] }, signal)
  t.equal(socket.remoteAddress, '127.0.0.1')
  socket.destroy()
  const several = await connectTo({ host, port, addresses: ['127.0.5.250', '127.0.0.1'] }, signal)
  t.equal(several.remoteAddress, '127.0.0.1', 'the next one, when the first refuses')
  several.destroy()
  await t.rejects(connectTo({ host, port, addresses: ['127.0.5.250'] }, signal), {
    code: 'NET_REFUSED',
    message: new RegExp(host),
  })
})

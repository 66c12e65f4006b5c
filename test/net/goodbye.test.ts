import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import t from 'tap'
import { sayGoodbye } from '../../src/net/goodbye.ts'
import { portOf } from '../support/front-server.ts'

t.test('a server that goes on speaking after the goodbye is left', async t => {
  const heard = Promise.withResolvers<string>()
  const server = createServer({ allowHalfOpen: true }, socket => {
    const drip = setInterval(() => socket.write('x'), 5)
    socket.on('error', () => undefined).once('close', () => clearInterval(drip)) // it is left in mid-sentence
    socket.once('data', chunk => heard.resolve(String(chunk)))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const socket = connect(portOf(server.address()), '127.0.0.1')
  sayGoodbye(socket, 'LOGOUT', 50)
  t.equal(await heard.promise, 'LOGOUT\r\n')
  await once(socket, 'close')
  t.ok(socket.destroyed)
})

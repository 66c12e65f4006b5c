import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import t from 'tap'
import { errorClassOf } from '../../src/daemon/schedule/error-class.ts'
import { connectTo } from '../../src/net/connect.ts'
import { dial } from '../../src/net/dial.ts'
import { isLoopback } from '../../src/net/loopback.ts'
import { freePorts } from '../support/free-port.ts'
import { startScriptedProxy } from '../support/scripted-proxy.ts'

const TARGET = { host: 'imap.example.test', port: 993 }
const never = new AbortController().signal

t.test('this machine is never reached through a proxy', async t => {
  const proxy = await startScriptedProxy(t, 'http', () => t.fail('the proxy was asked'))
  const server = createServer(socket => socket.end('here')).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo // a TCP server has such an address
  for (const host of ['127.0.0.1', 'localhost']) {
    const socket = await dial({ host, port }, never, { proxy })
    t.equal(String((await once(socket, 'data'))[0]), 'here', host)
    socket.destroy()
  }
})

t.test('what this machine is', async t => {
  for (const host of [
    'localhost',
    'LOCALHOST.',
    'a.localhost',
    '127.0.0.1',
    '127.9.9.9',
    '::1',
    '[::1]',
    '::ffff:127.0.0.1',
  ]) {
    t.ok(isLoopback(host), host)
  }
  for (const host of ['localhost.example', 'notlocalhost', '128.0.0.1', '::2', '10.0.0.1', '::ffff:10.0.0.1', '']) {
    t.notOk(isLoopback(host), host)
  }
})

t.test('a name of this machine is connected to here, whatever DNS would say', async t => {
  const server = createServer(socket => socket.end('here')).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo // a TCP server has such an address
  const lookup = () => Promise.resolve([{ address: '192.0.2.1', family: 4 }])
  for (const host of ['localhost', 'mail.localhost', 'LocalHost.']) {
    const socket = await connectTo({ host, port }, never, 5000, lookup)
    t.equal(String((await once(socket, 'data'))[0]), 'here', host)
    socket.destroy()
  }
})

t.test('a proxy that is not there', async t => {
  const [port = 0] = await freePorts(1)
  const proxy = { kind: 'http', host: '127.0.0.1', port, source: 'HTTPS_PROXY' } as const
  const error: unknown = await dial(TARGET, never, { proxy }).catch(error => error)
  t.match(error, {
    code: 'NET_PROXY_UNREACHABLE',
    remedy: 'retry',
    message: `The proxy http://127.0.0.1:${port} (set by HTTPS_PROXY) cannot be used: 127.0.0.1:${port} refused`,
  })
})

t.test('a proxy that says nothing, or hangs up, is given up', async t => {
  const silent = await startScriptedProxy(t, 'socks5', socket => void socket.resume())
  await t.rejects(dial(TARGET, never, { proxy: silent, timeoutMs: 30 }), {
    code: 'NET_PROXY_UNREACHABLE',
    message: /within/,
  })
  const slow = await startScriptedProxy(t, 'http', socket => {
    const timer = setInterval(() => socket.write('H'), 5)
    socket.on('close', () => clearInterval(timer))
  })
  await t.rejects(dial(TARGET, never, { proxy: slow, timeoutMs: 60 }), {
    code: 'NET_PROXY_UNREACHABLE',
    message: /within/,
  })
  for (const kind of ['http', 'socks5'] as const) {
    const gone = await startScriptedProxy(t, kind, socket => void socket.once('data', () => socket.destroy()))
    await t.rejects(dial(TARGET, never, { proxy: gone }), {
      code: 'NET_PROXY_UNREACHABLE',
      message: /ended the connection/,
    })
  }
})

t.test('who asked can give up', async t => {
  const asked = Promise.withResolvers<void>()
  const proxy = await startScriptedProxy(t, 'http', socket => void socket.once('data', () => asked.resolve()))
  const abort = new AbortController()
  const dialing = dial(TARGET, abort.signal, { proxy })
  await asked.promise
  abort.abort(new Error('enough'))
  await t.rejects(dialing, { message: 'enough' })
})

t.test('trouble with a proxy is trouble with the network, never a refused sign-in', async t => {
  for (const code of ['UNREACHABLE', 'REFUSED', 'SIGN_IN', 'PROTOCOL', 'UNUSABLE']) {
    t.equal(errorClassOf({ code: `NET_PROXY_${code}` }), 'net')
  }
})

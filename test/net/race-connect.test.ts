import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import t from 'tap'
import { connectTo } from '../../src/net/connect.ts'
import { raceConnect } from '../../src/net/race-connect.ts'
import { freePorts } from '../support/free-port.ts'

const never = new AbortController().signal
const hasIpv6 = await canListen('::1')

async function canListen(host: string): Promise<boolean> {
  const server = createServer().listen(0, host)
  const listens = await Promise.race([
    once(server, 'listening').then(() => true),
    once(server, 'error').then(() => false),
  ])
  server.close()
  return listens
}

async function listen(host: string): Promise<{ port: number; end: () => void }> {
  const server = createServer(socket => socket.end()).listen(0, host)
  await once(server, 'listening')
  return { port: (server.address() as AddressInfo).port, end: () => server.close() } // a TCP server has such an address
}

t.test('a server that has only one of the families is found', { skip: !hasIpv6 && 'no IPv6 here' }, async t => {
  const lookup = async () => [
    { address: '127.0.0.1', family: 4 },
    { address: '::1', family: 6 },
  ]
  for (const only of ['::1', '127.0.0.1']) {
    const { port, end } = await listen(only)
    const socket = await connectTo({ host: 'mail.example.test', port }, never, 5000, lookup)
    t.equal(socket.remoteAddress, only)
    socket.destroy()
    end()
  }
})

t.test('an IPv6 address in a URL needs no resolver', { skip: !hasIpv6 && 'no IPv6 here' }, async t => {
  const { port, end } = await listen('::1')
  const lookup = () => Promise.reject(new Error('asked'))
  ;(await connectTo({ host: '::1', port }, never, 5000, lookup)).destroy()
  end()
  await t.rejects(connectTo({ host: '::1', port }, never, 5000, lookup), {
    message: `[::1]:${port} refused the connection.`,
  })
})

t.test('addresses that lead nowhere are passed over', async t => {
  const { port, end } = await listen('127.0.0.1')
  const addresses = ['255.255.255.255', '255.255.255.255', '127.0.0.1'].map(address => ({ address, family: 4 }))
  const socket = await raceConnect({ addresses, port, signal: never })
  t.equal(socket.remoteAddress, '127.0.0.1')
  socket.destroy()
  end()
})

t.test('the failure that tells most is told', async t => {
  const [port = 0] = await freePorts(1)
  const both = async () => [
    { address: '::ffff:255.255.255.255', family: 6 },
    { address: '127.0.0.1', family: 4 },
  ]
  await t.rejects(connectTo({ host: 'x.test', port }, never, 5000, both), { code: 'NET_REFUSED' })
  const none = () => Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' }))
  await t.rejects(connectTo({ host: 'x.test', port }, never, 5000, none), { code: 'NET_DNS' })
  await t.rejects(
    connectTo({ host: 'x.test', port }, never, 5000, async () => []),
    { code: 'NET_UNREACHABLE' },
  )
})

t.test('a resolver that never answers is given up', async t => {
  const lookup = () => new Promise<never>(() => undefined)
  await t.rejects(connectTo({ host: 'x.test', port: 1 }, never, 20, lookup), { code: 'NET_TIMEOUT' })
  const abort = new AbortController()
  const connecting = connectTo({ host: 'x.test', port: 1 }, abort.signal, 5000, lookup)
  abort.abort(new Error('enough'))
  await t.rejects(connecting, { message: 'enough' })
})

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import t from 'tap'
import { connectTo } from '../../src/net/connect.ts'
import { Deadlines } from '../../src/net/deadlines.ts'
import { loopbackAddresses } from '../../src/net/listener.ts'
import { Client, makeFrontContext, portOf, startListener } from '../support/front-server.ts'

const echo = { serve: async ({ stream }: { stream: NodeJS.ReadWriteStream }) => void stream.pipe(stream) }

t.test('both loopback addresses are served on one port', async t => {
  const { port, listener } = await startListener(t, echo)
  t.equal(listener.status.addresses.length, loopbackAddresses().length)
  for (const host of loopbackAddresses()) {
    const client = Client.to(port, host).send('hello')
    t.match(await client.until(/hello/), 'hello', host)
    client.socket.destroy()
  }
})

t.test('a taken port is a state that names its owner, and is taken when it is free', async t => {
  const script = `require('net').createServer().listen(0,'127.0.0.1',function(){console.log(this.address().port)})`
  const owner = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => owner.kill('SIGKILL'))
  const [chunk] = await once(owner.stdout, 'data')
  const port = Number(chunk.toString())
  const { listener } = await startListener(t, { ...echo, port })
  t.match(listener.status, { state: 'blocked', problem: { code: 'NET_PORT_TAKEN', owner: { pid: owner.pid } } })
  const suggested = listener.status.problem?.suggestedPort ?? 0
  t.ok(suggested > port && suggested <= port + 20, 'another port is suggested')
})

t.test('clients beyond the limit are turned away, the others are served', async t => {
  const { port } = await startListener(t, { ...echo, maxConnections: 1 })
  const first = Client.to(port).send('x')
  await first.until(/x/)
  t.equal(await Client.to(port).closed(), '')
  first.send('y')
  t.match(await first.until(/y/), 'xy')
  first.socket.destroy()
})

t.test('a handshake that fails is never spoken to', async t => {
  const context = await makeFrontContext(t)
  const { port } = await startListener(t, { ...echo, greeting: 'detect', secureContext: () => context })
  const client = Client.to(port).send(Buffer.from([0x16, 0x03, 0x01, 0x00, 0x05, 1, 2, 3, 4, 5]))
  const text = await client.closed()
  t.notMatch(text, /[A-Za-z]{4}/, 'nothing but a TLS alert')
})

t.test('what is idle or too old is ended, by one clock for all', async t => {
  let now = 0
  const expired: string[] = []
  using deadlines = new Deadlines(() => now)
  const add = (name: string, idleTimeoutMs: number, endsAtMs: number) =>
    deadlines.add({ idleTimeoutMs, lastActivityMs: 0, endsAtMs, expire: () => void expired.push(name) })
  add('idle', 100, 10_000)
  add('old', 10_000, 200)
  add('young', 10_000, 10_000)
  now = 150
  deadlines.sweep()
  t.same(expired, ['idle'])
  now = 250
  deadlines.sweep()
  t.same(expired, ['idle', 'old'])
})

t.test('a connection that cannot be made tells why', async t => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const port = portOf(server.address())
  server.close()
  await once(server, 'close')
  const never = new AbortController().signal
  await t.rejects(connectTo({ host: '127.0.0.1', port }, never), { code: 'NET_REFUSED' })
  await t.rejects(connectTo({ host: 'name.invalid', port }, never), { code: /NET_DNS|NET_UNREACHABLE/ })
  await t.rejects(connectTo({ host: '127.0.0.1', port }, AbortSignal.abort(new Error('stopped'))), /stopped/)
})

t.test('a listener that is stopped while it begins takes no port', async t => {
  const { listener } = await startListener(t, echo)
  await listener.stop({ graceMs: 0 })
  const started = listener.start()
  await listener.stop({ graceMs: 0 })
  t.match(await started, { state: 'stopped', addresses: { length: 0 } })
  t.match(listener.status, { state: 'stopped', addresses: { length: 0 } })
})

import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import { type Home, homeAt } from '../../src/config/home.ts'
import { findDaemon } from '../../src/daemon/control/control-client.ts'

/** A home whose control socket does with each connection what `behave` says. */
async function homeWith(t: Test, behave: (socket: Socket, close: () => void) => void): Promise<Home> {
  const dir = mkdtempSync(join(tmpdir(), 'postern-control-'))
  const home = homeAt(dir)
  mkdirSync(dirname(home.controlAddress), { recursive: true })
  writeFileSync(home.controlTokenFile, 'token')
  const server = createServer(socket => behave(socket, () => server.close()))
  await new Promise<void>(resolve => server.listen(home.controlAddress, resolve))
  t.teardown(() => {
    server.close()
    rmSync(dir, { recursive: true, force: true })
  })
  return home
}

t.test('a daemon that cuts the question off is asked again until it is gone', async t => {
  let asked = 0
  const home = await homeWith(t, (socket, close) => {
    socket.on('error', () => undefined) // it is we who cut it off
    socket.destroy()
    if (++asked === 3) close()
  })
  t.equal(await findDaemon(home), undefined)
  t.equal(asked, 3)
})

t.test('a daemon that answers is found', async t => {
  const home = await homeWith(t, socket => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'))
  t.equal((await findDaemon(home))?.isDaemon, true)
})

t.test('a daemon that says nothing is not waited for without an end', async t => {
  const home = await homeWith(t, socket => void socket.on('error', () => undefined))
  await t.rejects(findDaemon(home, 50), { code: 'DAEMON_CONTROL_FAILED', message: /not answered within/ })
})

const OCTETS = 'HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nTransfer-Encoding: chunked\r\n\r\n'
const LINES = 'HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n'

/** A home whose daemon answers the question whether it is there, and dies in the middle of the next answer. */
function homeThatDies(t: Test, beginning: string): Promise<Home> {
  return homeWith(t, socket => {
    socket.on('error', () => undefined)
    socket.once('data', (chunk: Buffer) => {
      if (chunk.toString().startsWith('POST /v1/ ')) socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
      else socket.write(beginning, () => socket.destroy())
    })
  })
}

t.test('a daemon that dies in the middle of an answer is told of', async t => {
  const { signal } = new AbortController()
  const lost = { code: 'DAEMON_CONTROL_FAILED' }
  const said = await findDaemon(await homeThatDies(t, `${LINES}10\r\n{"event":{"a":1}\r\n`))
  await t.rejects(Promise.resolve(said?.call('sync', {}, { signal })), lost)
  const silent = await findDaemon(await homeThatDies(t, ''))
  await t.rejects(Promise.resolve(silent?.call('sync', {}, { signal })), lost)
  await t.rejects(drained(silent?.octets('item.export', {}, { signal })), lost)
  const partial = await findDaemon(await homeThatDies(t, `${OCTETS}5\r\nhello\r\n`))
  await t.rejects(drained(partial?.octets('item.export', {}, { signal })), lost)
})

t.test('a socket where others could put theirs is not talked to', async t => {
  const home = homeAt(join(t.testdir(), 'x'.repeat(100))) // its socket lies in the folder for temporary files
  const dir = dirname(home.controlAddress)
  t.not(dir, home.dir)
  mkdirSync(home.dir)
  writeFileSync(home.controlTokenFile, 'token')
  t.equal(await findDaemon(home), undefined, 'nobody is there')
  mkdirSync(dir)
  t.teardown(() => rmSync(dir, { recursive: true, force: true }))
  chmodSync(dir, 0o777)
  await t.rejects(findDaemon(home), { code: 'DAEMON_HOME_UNUSABLE', message: new RegExp(dir) })
  chmodSync(dir, 0o700)
  t.equal(await findDaemon(home), undefined)
})

async function drained(octets: AsyncIterable<Uint8Array> | undefined): Promise<void> {
  for await (const _ of octets ?? []);
}

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
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

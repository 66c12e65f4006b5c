import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import type { Test } from 'tap'
import type { NetworkProxy } from '../../src/net/proxy/network-proxy.ts'

/** Serves each connection by a script, until the test ends; gives the proxy to go through. */
export async function startScriptedProxy(
  t: Test,
  kind: NetworkProxy['kind'],
  script: (socket: Socket) => void,
): Promise<NetworkProxy> {
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket)
    socket.on('error', () => undefined) // a client that hangs up is what some tests are about
    script(socket)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(async () => {
    for (const socket of sockets) socket.destroy()
    server.close()
    await once(server, 'close')
  })
  const { port } = server.address() as AddressInfo // a TCP server has such an address
  return { kind, host: '127.0.0.1', port, source: 'network.proxy' }
}

/** Answers what comes first, whatever it is, and collects all that comes. */
export function answering(answers: readonly (string | Buffer)[], heard: Buffer[] = []): (socket: Socket) => void {
  return socket => {
    let next = 0
    socket.on('data', (chunk: Buffer) => {
      heard.push(chunk)
      const answer = answers[next++]
      if (answer !== undefined) socket.write(answer)
    })
  }
}

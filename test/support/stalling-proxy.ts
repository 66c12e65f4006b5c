import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { portOf } from './front-server.ts'

/** A way to a server on which the answers of a connection come to a standstill. */
export interface StallingProxy extends AsyncDisposable {
  readonly port: number
  /** From now on connections come to a standstill after this many octets from the server; infinite for never. */
  stallAfter(octets: number): void
}

/** Starts a proxy that passes everything on until it is told to stall. */
export async function startStallingProxy(serverPort: number): Promise<StallingProxy> {
  let limit = Number.POSITIVE_INFINITY
  const sockets = new Set<Socket>()
  const server = createServer(client => {
    const upstream = connect(serverPort, '127.0.0.1')
    let octets = 0
    upstream.on('data', (chunk: Buffer) => {
      octets += chunk.length
      if (octets <= limit) client.write(chunk)
    })
    client.pipe(upstream)
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket)
      socket
        .on('error', () => undefined)
        .on('close', () => {
          sockets.delete(socket)
          other.destroy()
        })
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: portOf(server.address()),
    stallAfter: octets => {
      limit = octets
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}

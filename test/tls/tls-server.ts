import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { createSecureContext, type SecureContextOptions, TLSSocket } from 'node:tls'
import type { Peer } from '../../src/tls/peer.ts'
import type { ServerFiles } from '../support/certificates.ts'

/** A server on loopback that ends with the test. */
export interface LoopbackServer extends AsyncDisposable {
  readonly port: number
  /** Opens a connection to it. */
  dial(): Promise<Socket>
  /** How it is named in the profile. */
  peer(host?: string): Peer
}

/** Serves each connection with the given function. */
export async function serveLoopback(onConnection: (socket: Socket) => void): Promise<LoopbackServer> {
  const sockets = new Set<Socket>()
  const server: Server = createServer(socket => {
    sockets.add(socket.on('error', () => undefined)) // clients under test hang up when they like
    onConnection(socket)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // a TCP server has such an address
  return {
    port,
    peer: (host = '127.0.0.1') => ({ host, port }),
    dial: async () => {
      const socket = connect(port, '127.0.0.1')
      await once(socket, 'connect')
      return socket
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

/** Makes a function that talks TLS on a socket with the given certificate. */
export async function tlsWith({ certFile, keyFile }: ServerFiles, options: SecureContextOptions = {}) {
  const [cert, key] = [await readFile(certFile, 'utf8'), await readFile(keyFile, 'utf8')]
  const secureContext = createSecureContext({ cert, key, ...options })
  return (socket: Socket): TLSSocket =>
    new TLSSocket(socket, { isServer: true, secureContext }).on('error', () => undefined) // as above
}

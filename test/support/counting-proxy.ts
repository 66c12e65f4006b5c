import { connect, createServer, type Socket } from 'node:net'

/** A TCP proxy on loopback that counts what the server sends. */
export interface CountingProxy extends AsyncDisposable {
  readonly port: number
  /** Limits what the server may send per second; 0 for no limit. */
  setRate(octetsPerSecond: number): void
  /** Ends all connections of now, as a router that was restarted does. */
  cut(): void
  /** Octets that the server has sent through it so far. */
  serverOctets(): number
  /** Resolves when the server has sent that many, or after `timeoutMs`. */
  reached(octets: number, timeoutMs: number): Promise<void>
}

/** Starts a proxy in front of a port of 127.0.0.1. */
export async function startCountingProxy(targetPort: number): Promise<CountingProxy> {
  let octets = 0
  let rate = 0
  const waiting = new Set<{ at: number; resolve: () => void }>()
  const sockets = new Set<Socket>()
  const server = createServer(client => {
    const upstream = connect(targetPort, '127.0.0.1')
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => undefined).on('close', () => sockets.delete(socket)) // a killed client is what we test
    }
    client.pipe(upstream)
    upstream.on('data', chunk => {
      octets += chunk.length
      for (const entry of waiting) if (octets >= entry.at) entry.resolve()
      const isFull = !client.write(chunk)
      if (isFull || rate > 0) upstream.pause()
      if (!isFull && rate > 0) setTimeout(() => upstream.resume(), (chunk.length / rate) * 1000)
    })
    client.on('drain', () => upstream.resume())
    upstream.on('end', () => client.end())
    client.on('close', () => upstream.destroy())
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    serverOctets: () => octets,
    cut: () => {
      for (const socket of sockets) socket.destroy()
    },
    setRate: octetsPerSecond => {
      rate = octetsPerSecond
    },
    reached: async (at, timeoutMs) => {
      if (octets >= at) return
      const { promise, resolve } = Promise.withResolvers<void>()
      const entry = { at, resolve }
      const timer = setTimeout(resolve, timeoutMs)
      waiting.add(entry)
      await promise
      clearTimeout(timer)
      waiting.delete(entry)
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

import { connect, createServer, type Socket } from 'node:net'

/** A TCP proxy on loopback through which every octet takes half a round trip, each way. */
export interface DelayProxy extends AsyncDisposable {
  readonly port: number
}

/** Starts one in front of a port of 127.0.0.1. */
export async function startDelayProxy(targetPort: number, roundTripMs: number): Promise<DelayProxy> {
  const sockets = new Set<Socket>()
  const server = createServer({ noDelay: true, allowHalfOpen: true }, client => {
    const upstream = connect({ port: targetPort, host: '127.0.0.1', noDelay: true, allowHalfOpen: true })
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('close', () => sockets.delete(socket))
    }
    delay(client, upstream, roundTripMs / 2)
    delay(upstream, client, roundTripMs / 2)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

/** Carries what comes from one side to the other, later, in order. */
function delay(from: Socket, to: Socket, ms: number): void {
  const waiting: { readonly at: number; readonly octets: Buffer | undefined }[] = []
  let timer: NodeJS.Timeout | undefined
  const pump = () => {
    timer = undefined
    while (waiting[0] && waiting[0].at <= performance.now()) {
      const octets = waiting.shift()?.octets
      if (octets) to.write(octets)
      else to.end()
    }
    if (waiting[0]) timer = setTimeout(pump, Math.max(0, waiting[0].at - performance.now()))
  }
  const push = (octets: Buffer | undefined) => {
    waiting.push({ at: performance.now() + ms, octets })
    timer ??= setTimeout(pump, ms)
  }
  from.on('data', push).on('end', () => push(undefined))
  from.on('error', () => to.destroy()).on('close', () => clearTimeout(waiting.length === 0 ? timer : undefined))
}

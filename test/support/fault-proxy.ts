import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { portOf } from './front-server.ts'

const TAIL_OCTETS = 2000

/** Who sends the octets that are counted. */
export type Direction = 'client' | 'server'

/** What goes wrong with a connection: nothing, every octet comes late, or something after the n-th octet of one side. */
export type Fault =
  | { readonly kind: 'none' }
  | { readonly kind: 'delay'; readonly ms: number }
  /** `cut` ends both sides, `reset` sends RST to both, `stall` passes nothing on any more, in either direction. */
  | { readonly kind: 'cut' | 'reset' | 'stall'; readonly direction: Direction; readonly afterOctets: number }

/** A TCP proxy on loopback that spoils the connections made through it. */
export interface FaultProxy extends AsyncDisposable {
  readonly port: number
  /** What happens to the connections that are made from now on. */
  fault: Fault
  /** The same, also for those that are there; octets are counted from now on. */
  spoil(fault: Fault): void
  /** What the last connection has carried so far, or since it is spoilt. */
  octets(direction: Direction): number
  /** The end of what the server has sent on the last connection, for a failure's diagnosis. */
  tail(): string
  /** How many faults have come about. */
  faults(): number
}

/** Starts a proxy in front of a port of 127.0.0.1. */
export async function startFaultProxy(targetPort: number): Promise<FaultProxy> {
  const links = new Set<FaultyLink>()
  let last: FaultyLink | undefined
  let faults = 0
  const server = createServer({ noDelay: true }, client => {
    const link = new FaultyLink(client, targetPort, proxy.fault, () => faults++)
    last = link
    links.add(link)
    client.on('close', () => links.delete(link))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const proxy: FaultProxy = {
    port: portOf(server.address()),
    fault: { kind: 'none' },
    spoil: fault => {
      proxy.fault = fault
      for (const link of links) link.spoil(fault)
    },
    octets: direction => last?.octets[direction] ?? 0,
    tail: () => last?.tail.toString('latin1') ?? '',
    faults: () => faults,
    [Symbol.asyncDispose]: async () => {
      for (const link of links) link.destroy()
      await new Promise(resolve => server.close(resolve))
    },
  }
  return proxy
}

class FaultyLink {
  readonly octets: Record<Direction, number> = { client: 0, server: 0 }
  tail: Buffer = Buffer.alloc(0)
  readonly #client: Socket
  readonly #upstream: Socket
  #fault: Fault
  readonly #onFault: () => void
  #isBroken = false
  readonly #waiting: (() => void)[] = []

  constructor(client: Socket, targetPort: number, fault: Fault, onFault: () => void) {
    this.#client = client
    this.#upstream = connect({ port: targetPort, host: '127.0.0.1', noDelay: true })
    this.#fault = fault
    this.#onFault = onFault
    this.#carry('client', this.#client, this.#upstream)
    this.#carry('server', this.#upstream, this.#client)
    this.spoil(fault)
  }

  spoil(fault: Fault): void {
    this.#fault = fault
    Object.assign(this.octets, { client: 0, server: 0 })
    if (fault.kind !== 'delay' && fault.kind !== 'none' && fault.afterOctets === 0) this.#break(fault.kind)
  }

  destroy(): void {
    this.#client.destroy()
    this.#upstream.destroy()
  }

  #carry(direction: Direction, from: Socket, to: Socket): void {
    from.on('error', () => undefined) // the other side's end is what is tested
    from.on('data', chunk => this.#onChunk(direction, chunk, { from, to }))
    from.on('end', () => this.#later(() => to.end()))
    from.on('close', () => this.#later(() => to.destroySoon()))
    to.on('drain', () => from.resume())
  }

  #onChunk(direction: Direction, chunk: Buffer, { from, to }: { from: Socket; to: Socket }): void {
    if (this.#isBroken) return
    const fault = this.#fault
    const isWatched = fault.kind !== 'none' && fault.kind !== 'delay' && fault.direction === direction
    const room = isWatched ? fault.afterOctets - this.octets[direction] : Number.POSITIVE_INFINITY
    const passed = chunk.subarray(0, Math.max(0, room))
    this.octets[direction] += passed.length
    if (direction === 'server') this.tail = Buffer.concat([this.tail, passed]).subarray(-TAIL_OCTETS)
    this.#later(() => {
      if (!to.write(passed) && !this.#isBroken) from.pause()
    })
    if (isWatched && chunk.length >= room) this.#break(fault.kind)
  }

  // In their order, also when a delay ends: each timer does what waits for longest.
  #later(action: () => void): void {
    const delayMs = this.#fault.kind === 'delay' ? this.#fault.ms : 0
    if (delayMs === 0 && this.#waiting.length === 0) {
      action()
      return
    }
    this.#waiting.push(action)
    setTimeout(() => this.#waiting.shift()?.(), delayMs)
  }

  #break(kind: 'cut' | 'reset' | 'stall'): void {
    this.#isBroken = true
    this.#onFault()
    for (const socket of [this.#client, this.#upstream]) {
      if (kind === 'cut')
        socket.destroySoon() // what has passed arrives
      else if (kind === 'reset') socket.resetAndDestroy()
    }
  }
}

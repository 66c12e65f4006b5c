import { createServer, type Server, type Socket } from 'node:net'
import { networkInterfaces } from 'node:os'
import type { SecureContext } from 'node:tls'
import { AcceptedConnection, type AcceptOptions } from './accepted-connection.ts'
import { Deadlines } from './deadlines.ts'
import type { FrontConnection } from './front-connection.ts'
import { findPortOwner, type PortOwner } from './port-owner.ts'

const SNIFF_MS = 150 // a TLS client speaks at once; people do not notice 150 ms
const RETRY_MS = 5000
const BACKLOG = 1024
const SUGGESTIONS = 20
const RANDOM_PORT_TRIES = 10

/** `detect` finds TLS by the first octet; `immediate` greets at once and gives up implicit TLS. */
export type Greeting = 'detect' | 'immediate'

/** What happens on a front's port; the daemon logs it. */
export interface ListenerEvents {
  /** A connection ended by an error of ours: a bug. */
  failed(error: unknown): void
  /** The state of the port has changed. */
  changed(status: ListenerStatus): void
  /** A client was turned away because too many are connected. */
  refused(): void
}

/** Options of a {@link Listener}. */
export interface ListenerOptions {
  readonly name: string
  /** 0 takes any free port. */
  readonly port: number
  readonly greeting: Greeting
  readonly maxConnections: number
  readonly idleTimeoutMs: number
  readonly totalTimeoutMs: number
  readonly secureContext: () => SecureContext | undefined
  readonly serve: (connection: FrontConnection) => Promise<void>
  readonly events: ListenerEvents
  /** Defaults to both loopback addresses, ::1 where the machine has it. */
  readonly hosts?: readonly string[]
  readonly deadlines?: Deadlines
}

/** Why a port is not ours. */
export interface PortProblem {
  readonly code: 'NET_PORT_TAKEN' | 'NET_PORT_RESERVED' | 'NET_LISTEN_FAILED'
  readonly address: string
  readonly owner: PortOwner | undefined
  /** The next port that is free now. */
  readonly suggestedPort: number | undefined
}

/** How a port is doing. */
export interface ListenerStatus {
  readonly name: string
  readonly state: 'stopped' | 'listening' | 'blocked'
  readonly addresses: readonly string[]
  readonly port: number
  readonly connections: number
  readonly problem: PortProblem | undefined
}

/** Listens on one port of both loopback addresses and hands every connection to `serve`. */
export class Listener implements AsyncDisposable {
  readonly #options: ListenerOptions
  readonly #deadlines: Deadlines
  readonly #servers: Server[] = []
  readonly #connections = new Set<AcceptedConnection>()
  #retry: NodeJS.Timeout | undefined
  #port: number
  #problem: PortProblem | undefined
  #isStarted = false

  constructor(options: ListenerOptions) {
    this.#options = options
    this.#port = options.port
    this.#deadlines = options.deadlines ?? new Deadlines()
  }

  get status(): ListenerStatus {
    return {
      name: this.#options.name,
      state: !this.#isStarted ? 'stopped' : this.#problem ? 'blocked' : 'listening',
      addresses: this.#servers.map(addressOf),
      port: this.#port,
      connections: this.#connections.size,
      problem: this.#problem,
    }
  }

  /** Takes the port, or goes on trying in the background: a taken port is a state, not a failure. */
  async start(): Promise<ListenerStatus> {
    if (this.#isStarted) return this.status
    this.#isStarted = true
    await this.#listen()
    return this.status
  }

  /** Stops listening, lets sessions end at their next command, and ends the rest after `graceMs`. */
  async stop({ graceMs }: { readonly graceMs: number }): Promise<void> {
    this.#isStarted = false
    clearTimeout(this.#retry)
    const closed = this.#servers.splice(0).map(close)
    for (const connection of this.#connections) connection.drain()
    const timer = setTimeout(() => this.#destroyAll(), graceMs)
    await Promise.all(closed)
    clearTimeout(timer)
    this.#problem = undefined
    this.#port = this.#options.port
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop({ graceMs: 0 })
    this.#deadlines[Symbol.dispose]()
  }

  async #listen(): Promise<void> {
    const before = this.#problem?.code
    for (let tries = 0; ; tries++) {
      this.#problem = await this.#bindAll()
      // With port 0 the second address may find the first one's port taken: take another pair.
      if (this.#options.port !== 0 || !this.#problem || tries === RANDOM_PORT_TRIES) break
      this.#port = 0
    }
    if (this.#problem && this.#isStarted) {
      this.#retry = setTimeout(() => this.#listen().catch(this.#options.events.failed), RETRY_MS).unref()
    }
    if (this.#problem?.code !== before || !this.#problem) this.#options.events.changed(this.status)
  }

  async #bindAll(): Promise<PortProblem | undefined> {
    for (const host of this.#options.hosts ?? loopbackAddresses()) {
      const server = createServer({ allowHalfOpen: true, noDelay: true }, socket => this.#accept(socket))
      try {
        await bind(server, host, this.#port)
        server.on('error', this.#options.events.failed) // a connection that could not be taken
        this.#servers.push(server)
        if (!this.#isStarted) await Promise.all(this.#servers.splice(0).map(close)) // stopped meanwhile
        if (this.#port === 0) this.#port = portOf(server)
      } catch (error) {
        await Promise.all(this.#servers.splice(0).map(close))
        return this.#diagnose(error, host)
      }
    }
    return undefined
  }

  async #diagnose(error: unknown, host: string): Promise<PortProblem> {
    const reason = error instanceof Error && 'code' in error ? error.code : undefined
    const port = this.#port
    if (reason === 'EACCES') {
      return { code: 'NET_PORT_RESERVED', address: host, owner: undefined, suggestedPort: await nextFree(host, port) }
    }
    if (reason !== 'EADDRINUSE') {
      return { code: 'NET_LISTEN_FAILED', address: host, owner: undefined, suggestedPort: undefined }
    }
    const [owner, suggestedPort] = await Promise.all([findPortOwner(port), nextFree(host, port)])
    return { code: 'NET_PORT_TAKEN', address: host, owner, suggestedPort }
  }

  #accept(socket: Socket): void {
    // A broken connection is the client's business; the session sees its end by 'close'.
    socket.on('error', ignoreBrokenConnection)
    if (this.#connections.size >= this.#options.maxConnections) {
      this.#options.events.refused()
      socket.destroy()
      return
    }
    const connection = new AcceptedConnection(socket, this.#acceptOptions())
    this.#connections.add(connection)
    socket.once('close', () => this.#connections.delete(connection))
    this.#serve(connection).catch(error => {
      connection.destroy()
      this.#options.events.failed(error)
    })
  }

  async #serve(connection: AcceptedConnection): Promise<void> {
    try {
      await connection.detect()
    } catch {
      connection.destroy() // a failed handshake is never spoken to
      return
    }
    connection.stream.on('error', ignoreBrokenConnection)
    await this.#options.serve(connection)
  }

  #acceptOptions(): AcceptOptions {
    const { greeting, idleTimeoutMs, totalTimeoutMs, secureContext } = this.#options
    const sniffMs = greeting === 'immediate' ? 0 : SNIFF_MS
    return { deadlines: this.#deadlines, idleTimeoutMs, totalTimeoutMs, sniffMs, secureContext }
  }

  #destroyAll(): void {
    for (const connection of this.#connections) connection.destroy()
  }
}

/** Lists this machine's loopback addresses: 127.0.0.1, and ::1 where it exists. */
export function loopbackAddresses(): string[] {
  const all = Object.values(networkInterfaces()).flatMap(addresses => addresses ?? [])
  return ['127.0.0.1', ...(all.some(({ address }) => address === '::1') ? ['::1'] : [])]
}

function bind(server: Server, host: string, port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.listen({ host, port, backlog: BACKLOG, exclusive: true, ipv6Only: true }, () => {
    server.off('error', reject)
    resolve()
  })
  return promise
}

function close(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  server.close(() => resolve())
  return promise
}

async function nextFree(host: string, after: number): Promise<number | undefined> {
  for (let port = after + 1; port <= Math.min(65_535, after + SUGGESTIONS); port++) {
    const probe = createServer()
    try {
      await bind(probe, host, port)
      return port
    } catch {
      // taken as well: the next one
    } finally {
      if (probe.listening) await close(probe)
    }
  }
  return undefined
}

function portOf(server: Server): number {
  const address = server.address()
  return typeof address === 'object' && address ? address.port : 0
}

function addressOf(server: Server): string {
  const address = server.address()
  if (typeof address !== 'object' || !address) return ''
  return address.family === 'IPv6' ? `[${address.address}]:${address.port}` : `${address.address}:${address.port}`
}

function ignoreBrokenConnection(): void {
  // 'close' follows and is where the session ends.
}

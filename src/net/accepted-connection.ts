import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { type SecureContext, TLSSocket } from 'node:tls'
import type { Bounded, Deadlines } from './deadlines.ts'
import type { FrontConnection } from './front-connection.ts'

const HANDSHAKE_TIMEOUT_MS = 30_000
const TLS_CLIENT_HELLO = 0x16 // RFC 8446 section 5.1: content type handshake

/** What the connections of one listener share. */
export interface AcceptOptions {
  readonly deadlines: Deadlines
  readonly idleTimeoutMs: number
  readonly totalTimeoutMs: number
  /** How long a silent client is waited for before it counts as plain text; 0 when the front does not look. */
  readonly sniffMs: number
  /** The certificate of new handshakes; undefined while there is none. */
  readonly secureContext: () => SecureContext | undefined
}

/** A socket of a front's port: finds out whether it speaks TLS, and ends it when it takes too long. */
export class AcceptedConnection implements FrontConnection, Bounded {
  readonly #socket: Socket
  readonly #options: AcceptOptions
  #stream: Duplex
  #isSecure = false
  #isDraining = false
  onDrain: (() => void) | undefined
  #octetsSeen = 0
  idleTimeoutMs: number
  lastActivityMs: number
  readonly endsAtMs: number

  constructor(socket: Socket, options: AcceptOptions) {
    this.#socket = socket
    this.#stream = socket
    this.#options = options
    this.idleTimeoutMs = options.idleTimeoutMs
    this.lastActivityMs = options.deadlines.now()
    this.endsAtMs = this.lastActivityMs + options.totalTimeoutMs
    options.deadlines.add(this)
    socket.once('close', () => options.deadlines.delete(this))
  }

  get stream(): Duplex {
    return this.#stream
  }

  get isSecure(): boolean {
    return this.#isSecure
  }

  get canStartTls(): boolean {
    return !this.#isSecure && this.#options.secureContext() !== undefined
  }

  get isDraining(): boolean {
    return this.#isDraining
  }

  /** Tells the session that the front is stopping. */
  drain(): void {
    this.#isDraining = true
    this.onDrain?.()
  }

  setIdleTimeout(idleTimeoutMs: number): void {
    this.idleTimeoutMs = idleTimeoutMs
  }

  /** Waits for the first octet, or for the silence of a plain-text client, and does the TLS handshake if it is one. */
  async detect(): Promise<void> {
    if (this.#options.sniffMs === 0) return
    const first = await firstOctet(this.#socket, this.#options.sniffMs)
    if (first === TLS_CLIENT_HELLO) await this.startTls()
  }

  async startTls(): Promise<Duplex> {
    const secureContext = this.#options.secureContext()
    if (!secureContext || this.#isSecure) throw new Error('TLS is not available on this connection')
    const tls = new TLSSocket(this.#socket, { isServer: true, secureContext })
    this.#stream = tls
    this.#isSecure = true
    await handshake(tls)
    return tls
  }

  /** Called by {@link Deadlines}: slow is not idle, so traffic since the last look counts as activity. */
  expire(): void {
    const octets = this.#socket.bytesRead + this.#socket.bytesWritten
    const now = this.#options.deadlines.now()
    if (octets !== this.#octetsSeen && now < this.endsAtMs) {
      this.#octetsSeen = octets
      this.lastActivityMs = now
      this.#options.deadlines.add(this)
    } else {
      this.destroy()
    }
  }

  destroy(): void {
    this.#stream.destroy()
    this.#socket.destroy()
  }
}

function firstOctet(socket: Socket, waitMs: number): Promise<number | undefined> {
  const { promise, resolve } = Promise.withResolvers<number | undefined>()
  const timer = setTimeout(() => resolve(undefined), waitMs)
  const onReadable = () => {
    const chunk: Buffer | null = socket.read()
    if (chunk === null) return resolve(undefined) // the client has closed
    socket.unshift(chunk)
    resolve(chunk[0])
  }
  const onClose = () => resolve(undefined)
  socket.once('readable', onReadable).once('close', onClose)
  return promise.finally(() => {
    clearTimeout(timer)
    socket.off('readable', onReadable).off('close', onClose)
  })
}

async function handshake(tls: TLSSocket): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const timer = setTimeout(() => reject(new Error('TLS handshake timed out')), HANDSHAKE_TIMEOUT_MS)
  const onClose = () => reject(new Error('the client closed during the TLS handshake'))
  tls.once('secure', resolve).once('error', reject).once('close', onClose)
  try {
    await promise
  } catch (error) {
    tls.destroy()
    throw error
  } finally {
    clearTimeout(timer)
    tls.off('secure', resolve).off('error', reject).off('close', onClose)
  }
}

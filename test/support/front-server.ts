import { type AddressInfo, connect, type Socket } from 'node:net'
import { createSecureContext, type SecureContext, type TLSSocket, connect as tlsConnect } from 'node:tls'
import type { Test } from 'tap'
import { Listener, type ListenerEvents, type ListenerOptions } from '../../src/net/listener.ts'
import { keyToPem } from '../../src/tls/ca/identity.ts'
import { LocalCa } from '../../src/tls/ca/local-ca.ts'

/** Events of a listener that must not fail. */
export function strictEvents(t: Test): ListenerEvents {
  return {
    failed: error => t.fail('a connection ended with a bug', { error }),
    changed: () => undefined,
    refused: () => undefined,
  }
}

/** Starts a listener on a free port and stops it with the test. */
export async function startListener(
  t: Test,
  options: Pick<ListenerOptions, 'serve'> & Partial<ListenerOptions>,
): Promise<{ readonly listener: Listener; readonly port: number }> {
  const listener = new Listener({
    name: 'test',
    port: 0,
    greeting: 'immediate',
    maxConnections: 1000,
    idleTimeoutMs: 60_000,
    totalTimeoutMs: 600_000,
    secureContext: () => undefined,
    events: strictEvents(t),
    ...options,
  })
  const { port } = await listener.start()
  t.teardown(() => listener[Symbol.asyncDispose]())
  return { listener, port }
}

/** Makes the certificate of a front. */
export async function makeFrontContext(t: Test): Promise<SecureContext> {
  const { leaf, authority } = await new LocalCa(t.testdir(), Date.now).leaf()
  return createSecureContext({ key: keyToPem(leaf.key), cert: `${leaf.certificate}${authority.certificate}` })
}

/** A client of a front: sends, and collects what comes. */
export class Client {
  readonly socket: Socket
  text = ''
  readonly #closed = Promise.withResolvers<void>()
  #wake: (() => void) | undefined

  constructor(socket: Socket) {
    this.socket = socket
    socket.on('error', () => undefined) // 'close' follows
    socket.on('data', (chunk: Buffer) => {
      this.text += chunk.toString('latin1')
      this.#wake?.()
    })
    socket.on('end', () => socket.end()) // half-open sockets do not do it by themselves
    socket.on('close', () => {
      this.#closed.resolve()
      this.#wake?.()
    })
  }

  static to(port: number, host = '127.0.0.1'): Client {
    return new Client(connect({ port, host, allowHalfOpen: true }))
  }

  /** Turns the connection into TLS. What came in plain text before is not shown any more. */
  async secure(): Promise<Client> {
    this.socket.removeAllListeners('data')
    const tls: TLSSocket = tlsConnect({ socket: this.socket, rejectUnauthorized: false })
    await new Promise((resolve, reject) => tls.once('secureConnect', resolve).once('error', reject))
    return new Client(tls)
  }

  send(text: string | Buffer): this {
    this.socket.write(text)
    return this
  }

  /** Resolves when what came matches, or the connection has closed. */
  async until(pattern: RegExp): Promise<string> {
    while (!pattern.test(this.text) && !this.socket.destroyed) {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#wake = resolve
      await promise
    }
    return this.text
  }

  async closed(): Promise<string> {
    await this.#closed.promise
    return this.text
  }
}

/** The port that a server of node:net got. */
export function portOf(address: AddressInfo | string | null): number {
  return typeof address === 'object' && address ? address.port : 0
}

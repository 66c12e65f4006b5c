import type { Duplex } from 'node:stream'
import { PosternError } from '../errors.ts'
import { LineSplitter } from '../net/line-splitter.ts'
import type { TlsErrorCode } from './errors.ts'
import type { Peer } from './peer.ts'

/** A protocol that asks for TLS inside a plain-text conversation. */
export type StartTlsProtocol = 'imap' | 'smtp' | 'sieve'

const MAX_LINE_OCTETS = 8192 // capability lines are long, and RFC 9051 names no limit
const MAX_LINES = 100 // no server says as much before TLS

/**
 * Has the shortest conversation after which the server expects a ClientHello. Ends when the socket does: the caller
 * bounds the time.
 *
 * @throws {PosternError} TLS_STARTTLS_REFUSED
 */
export async function askForTls(socket: Duplex, peer: Peer, protocol: StartTlsProtocol): Promise<void> {
  const lines = new LineReader(socket)
  try {
    await ASK[protocol](socket, lines)
    lines.assertNothingHeld()
  } catch (cause) {
    throw new PosternError<TlsErrorCode>(
      'TLS_STARTTLS_REFUSED',
      `${peer.host}:${peer.port} did not agree to STARTTLS as ${protocol.toUpperCase()}.`,
      {
        remedy: 'user',
        advice: 'If the port speaks TLS from the start, or another protocol, say so with --starttls.',
        cause,
      },
    )
  } finally {
    lines[Symbol.dispose]()
  }
}

// RFC 9051 section 6.2.1.
async function askImap(socket: Duplex, lines: LineReader): Promise<void> {
  const greeting = await lines.next()
  if (!greeting.startsWith('* ')) throw new Error('no IMAP greeting')
  socket.write('P1 STARTTLS\r\n')
  for (;;) {
    const line = await lines.next()
    if (/^P1 OK\b/i.test(line)) return
    if (!line.startsWith('* ')) throw new Error('STARTTLS was refused')
  }
}

// RFC 3207 section 4.
async function askSmtp(socket: Duplex, lines: LineReader): Promise<void> {
  await expectReply(lines, '220')
  socket.write('EHLO [127.0.0.1]\r\n')
  await expectReply(lines, '250')
  socket.write('STARTTLS\r\n')
  await expectReply(lines, '220')
}

// RFC 5321 section 4.2.1: `250-` in all lines but the last.
async function expectReply(lines: LineReader, code: string): Promise<void> {
  for (;;) {
    const line = await lines.next()
    if (!line.startsWith(code)) throw new Error(`expected ${code}`)
    if (line[3] !== '-') return
  }
}

// RFC 5804 section 2.2. No server says a literal before TLS.
async function askSieve(socket: Duplex, lines: LineReader): Promise<void> {
  await expectOk(lines)
  socket.write('STARTTLS\r\n')
  await expectOk(lines)
}

async function expectOk(lines: LineReader): Promise<void> {
  for (;;) {
    const line = await lines.next()
    if (/^OK\b/i.test(line)) return
    if (!line.startsWith('"')) throw new Error('no capability of ManageSieve')
  }
}

const ASK = { imap: askImap, smtp: askSmtp, sieve: askSieve } as const

class LineReader implements Disposable {
  readonly #socket: Duplex
  readonly #lines = new LineSplitter(MAX_LINE_OCTETS)
  #count = 0
  #wake: () => void = () => undefined
  #error: Error | undefined

  constructor(socket: Duplex) {
    this.#socket = socket
    socket.on('readable', this.#onEvent).on('end', this.#onEvent).on('close', this.#onEvent).on('error', this.#onError)
  }

  async next(): Promise<string> {
    for (;;) {
      const line = this.#lines.next()
      if (line) return this.#take(line.kind === 'line' ? line.octets : undefined)
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#wake = resolve
      const chunk: Buffer | null = this.#socket.read()
      if (chunk) this.#lines.push(chunk)
      else if (this.#error) throw this.#error
      else if (this.#socket.destroyed || this.#socket.readableEnded) throw new Error('the server closed')
      else await promise
    }
  }

  /** CVE-2011-0411: what came in plain text must not count as if it had come through TLS. */
  assertNothingHeld(): void {
    if (this.#lines.drain().length > 0 || this.#socket.readableLength > 0) throw new Error('octets after the agreement')
  }

  [Symbol.dispose](): void {
    const socket = this.#socket
    socket.off('readable', this.#onEvent).off('end', this.#onEvent).off('close', this.#onEvent)
    socket.off('error', this.#onError).on('error', () => undefined) // the handshake meets a lost connection by itself
  }

  #take(octets: Buffer | undefined): string {
    this.#count++
    if (!octets || this.#count > MAX_LINES) throw new Error('the server says too much')
    return octets.toString('latin1')
  }

  #onEvent = (): void => this.#wake()

  #onError = (error: Error): void => {
    this.#error = error
    this.#wake()
  }
}

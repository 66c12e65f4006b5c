import { once } from 'node:events'
import type { Socket } from 'node:net'
import { PosternError } from '../errors.ts'
import { connectTo } from '../net/connect.ts'
import { LineSplitter } from '../net/line-splitter.ts'
import type { TlsErrorCode } from './errors.ts'
import type { Peer } from './peer.ts'
import { type ShownCertificate, showCertificate } from './verified-peer.ts'

/** The protocol that asks for TLS inside a plain-text conversation; `none` for implicit TLS. */
export type StartTlsProtocol = 'imap' | 'smtp' | 'none'

const PROBE_TIMEOUT_MS = 20_000
const MAX_LINE_OCTETS = 2048
const MAX_LINES = 100
const PORTS: Readonly<Record<number, StartTlsProtocol>> = { 143: 'imap', 25: 'smtp', 587: 'smtp' }

/**
 * Fetches the certificate that a server shows, trusting nothing.
 *
 * @throws {PosternError} NET_…, TLS_HANDSHAKE, TLS_STARTTLS_REFUSED, TLS_NO_CERTIFICATE
 */
export async function probeCertificate(
  peer: Peer,
  signal: AbortSignal,
  startTls: StartTlsProtocol = PORTS[peer.port] ?? 'none',
): Promise<ShownCertificate> {
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(PROBE_TIMEOUT_MS)])
  const socket = await connectTo(peer, bounded)
  const onAbort = () => socket.destroy()
  bounded.addEventListener('abort', onAbort, { once: true })
  try {
    if (startTls !== 'none') await askForTls(socket, peer, startTls)
    return await showCertificate(socket, peer, bounded)
  } finally {
    bounded.removeEventListener('abort', onAbort)
    socket.destroy()
  }
}

async function askForTls(socket: Socket, peer: Peer, protocol: StartTlsProtocol): Promise<void> {
  const lines = new LineReader(socket)
  try {
    if (protocol === 'imap') await askImap(socket, lines)
    else await askSmtp(socket, lines)
  } catch (cause) {
    throw new PosternError<TlsErrorCode>(
      'TLS_STARTTLS_REFUSED',
      `${peer.host}:${peer.port} did not agree to STARTTLS as ${protocol.toUpperCase()}.`,
      { remedy: 'user', advice: 'If the port speaks TLS from the start, add --starttls none.', cause },
    )
  }
}

async function askImap(socket: Socket, lines: LineReader): Promise<void> {
  await lines.next()
  socket.write('P1 STARTTLS\r\n')
  for (;;) {
    const line = await lines.next()
    if (line.startsWith('P1 OK')) return
    if (line.startsWith('P1 ')) throw new Error(line)
  }
}

async function askSmtp(socket: Socket, lines: LineReader): Promise<void> {
  await smtpReply(lines, '220')
  socket.write('EHLO [127.0.0.1]\r\n')
  await smtpReply(lines, '250')
  socket.write('STARTTLS\r\n')
  await smtpReply(lines, '220')
}

async function smtpReply(lines: LineReader, code: string): Promise<void> {
  for (;;) {
    const line = await lines.next()
    if (!line.startsWith(code)) throw new Error(line)
    if (line[3] !== '-') return
  }
}

class LineReader {
  readonly #socket: Socket
  readonly #lines = new LineSplitter(MAX_LINE_OCTETS)
  #count = 0

  constructor(socket: Socket) {
    this.#socket = socket
  }

  async next(): Promise<string> {
    for (;;) {
      const line = this.#lines.next()
      if (line?.kind === 'too-long' || this.#count > MAX_LINES) throw new Error('the server says too much')
      if (line) {
        this.#count++
        return line.octets.toString('latin1')
      }
      const chunk: Buffer | null = this.#socket.read()
      if (chunk) this.#lines.push(chunk)
      else if (this.#socket.destroyed || this.#socket.readableEnded) throw new Error('the server closed')
      else await Promise.race([once(this.#socket, 'readable'), once(this.#socket, 'close')])
    }
  }
}

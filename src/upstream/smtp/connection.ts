import type { Socket } from 'node:net'
import { PosternError } from '../../errors.ts'
import type { SmtpReply } from '../../formats/smtp/reply.ts'
import type { UpstreamErrorCode } from '../errors.ts'
import { ReplyReader } from './reply-reader.ts'

const REPLY_TIMEOUT_MS = 300_000 // RFC 5321 section 4.5.3.2: 5 minutes for most replies
const FINAL_TIMEOUT_MS = 600_000 // and 10 for that to the final dot

/** One connection to a submission server: commands go out as they come, replies find them in order. */
export class SmtpClientConnection {
  readonly #where: string
  #socket: Socket
  #reader = new ReplyReader()
  readonly #waiting: PromiseWithResolvers<SmtpReply>[] = []
  #extensions: ReadonlyMap<string, string> = new Map()
  #failure: unknown
  #timer: NodeJS.Timeout | undefined

  /** `where` is host:port, for messages. */
  constructor(socket: Socket, where: string) {
    this.#socket = socket
    this.#where = where
    this.#attach(socket)
  }

  get where(): string {
    return this.#where
  }

  /** By their names in capitals, with their parameters. */
  get extensions(): ReadonlyMap<string, string> {
    return this.#extensions
  }

  get hasFailed(): boolean {
    return this.#failure !== undefined
  }

  /** The address literal of our end (RFC 5321 section 4.1.3): the name in EHLO. */
  get ownName(): string {
    const { localAddress = '127.0.0.1' } = this.#socket
    return localAddress.includes(':') ? `[IPv6:${localAddress}]` : `[${localAddress}]`
  }

  /** Waits for the next reply without sending: the greeting. */
  expect(timeoutMs = REPLY_TIMEOUT_MS): Promise<SmtpReply> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    const waiting = Promise.withResolvers<SmtpReply>()
    this.#waiting.push(waiting)
    this.#armTimer(timeoutMs)
    return waiting.promise
  }

  /**
   * Sends a line and resolves to its reply, whatever that is. Lines may be sent before earlier replies are there.
   *
   * @throws {PosternError} UPSTREAM_LOST, UPSTREAM_SILENT, UPSTREAM_PROTOCOL
   */
  command(line: string): Promise<SmtpReply> {
    const reply = this.expect()
    if (this.#failure === undefined) this.#socket.write(`${line}\r\n`)
    return reply
  }

  /** Says EHLO and learns what the server can do. */
  async hello(): Promise<SmtpReply> {
    const reply = await this.command(`EHLO ${this.ownName}`)
    this.#extensions = new Map(
      reply.lines.slice(1).map(line => {
        const [, name = '', parameters = ''] = /^([^\s=]+)[\s=]?(.*)$/s.exec(line) ?? []
        return [name.toUpperCase(), parameters]
      }),
    )
    return reply
  }

  /**
   * Gives the socket to `secure` once the server has agreed to TLS.
   *
   * @throws {PosternError} UPSTREAM_NO_STARTTLS, UPSTREAM_STARTTLS_INJECTION, TLS_…
   */
  async startTls(secure: (socket: Socket) => Promise<Socket>): Promise<void> {
    const reply = this.#extensions.has('STARTTLS') ? await this.command('STARTTLS') : undefined
    if (reply?.code !== 220) throw this.#noStartTls()
    const plain = this.#socket
    this.#detach(plain)
    plain.pause()
    if (!this.#reader.isBetweenReplies || this.#reader.drain().length > 0 || plain.readableLength > 0) {
      throw this.#ended(this.#injection())
    }
    this.#extensions = new Map()
    this.#reader = new ReplyReader()
    try {
      this.#socket = await secure(plain)
    } catch (error) {
      throw this.#ended(error)
    }
    this.#attach(this.#socket)
  }

  /** Writes octets of a message; resolves when more may come, undefined when they may now. */
  write(octets: Buffer): Promise<void> | undefined {
    if (this.#failure !== undefined || this.#socket.write(octets)) return undefined
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#socket.once('drain', resolve).once('close', resolve)
    return promise
  }

  /** Ends a message with the final dot and waits for what becomes of it. */
  finish(): Promise<SmtpReply> {
    const reply = this.expect(FINAL_TIMEOUT_MS)
    if (this.#failure === undefined) this.#socket.write('.\r\n')
    return reply
  }

  /** Says QUIT without waiting for the answer. */
  quit(): void {
    if (this.#failure === undefined) this.#socket.write('QUIT\r\n')
    this.#ended(this.#lost())
  }

  /** Ends the connection at once. */
  destroy(): void {
    this.#ended(this.#lost())
  }

  #attach(socket: Socket): void {
    socket.on('data', this.#onData).on('close', this.#onClose).on('error', this.#onError)
  }

  #detach(socket: Socket): void {
    socket.off('data', this.#onData).off('close', this.#onClose).off('error', this.#onError)
    socket.on('error', () => undefined) // whoever holds it now sees its end
  }

  readonly #onData = (chunk: Buffer) => {
    this.#reader.push(chunk)
    for (let reply = this.#reader.next(); reply; reply = this.#reader.next()) {
      if (reply === 'malformed') {
        this.#ended(this.#malformed())
        return
      }
      const waiting = this.#waiting.shift()
      // A reply to nothing: a server says goodbye (421) before it closes.
      if (!waiting) continue
      waiting.resolve(reply)
      if (this.#waiting.length === 0) clearTimeout(this.#timer)
    }
  }

  readonly #onClose = () => void this.#ended(this.#lost())
  readonly #onError = (cause: Error) => void this.#ended(this.#lost(cause))

  #armTimer(timeoutMs: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#ended(this.#silent(timeoutMs)), timeoutMs).unref()
  }

  #ended(reason: unknown): unknown {
    if (this.#failure !== undefined) return this.#failure
    this.#failure = reason
    clearTimeout(this.#timer)
    this.#detach(this.#socket)
    if (this.#socket.writableLength > 0) this.#socket.destroySoon()
    else this.#socket.destroy()
    for (const waiting of this.#waiting.splice(0)) waiting.reject(reason)
    return reason
  }

  #lost(cause?: Error): PosternError {
    return new PosternError<UpstreamErrorCode>('UPSTREAM_LOST', `${this.#where} closed the connection.`, {
      remedy: 'retry',
      advice: 'Postern tries again by itself.',
      cause,
    })
  }

  #silent(timeoutMs: number): PosternError {
    return new PosternError<UpstreamErrorCode>(
      'UPSTREAM_SILENT',
      `${this.#where} said nothing for ${timeoutMs / 1000} s.`,
      {
        remedy: 'retry',
        advice: 'The network may hold the connection back. Postern tries again by itself.',
      },
    )
  }

  #malformed(): PosternError {
    return new PosternError<UpstreamErrorCode>('UPSTREAM_PROTOCOL', `${this.#where} does not speak SMTP.`, {
      remedy: 'user',
      advice: 'Check host, port and connection type of the profile.',
    })
  }

  #injection(): PosternError {
    return new PosternError<UpstreamErrorCode>(
      'UPSTREAM_STARTTLS_INJECTION',
      `${this.#where} sent plain text after agreeing to TLS.`,
      { remedy: 'retry', advice: 'Somebody may be tampering with the connection: use another network, or smtps.' },
    )
  }

  #noStartTls(): PosternError {
    return new PosternError<UpstreamErrorCode>(
      'UPSTREAM_NO_STARTTLS',
      `${this.#where} does not offer STARTTLS, which the profile asks for.`,
      {
        remedy: 'user',
        advice: 'Use smtps:// if the server has implicit TLS. Postern does not go on without encryption.',
      },
    )
  }
}

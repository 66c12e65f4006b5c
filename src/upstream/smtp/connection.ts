import type { Socket } from 'node:net'
import type { SmtpReply } from '../../formats/smtp/reply.ts'
import { sayGoodbye } from '../../net/goodbye.ts'
import { identityRefusal } from '../../tls/client-identity.ts'
import { failures } from './failures.ts'
import { ReplyReader } from './reply-reader.ts'

const REPLY_TIMEOUT_MS = 300_000 // RFC 5321 section 4.5.3.2: 5 minutes for most replies
const FINAL_TIMEOUT_MS = 600_000 // and 10 for that to the final dot
const BLOCK_TIMEOUT_MS = 180_000 // and 3 for the server to take a part of a message

/**
 * One connection to a submission server. Replies find their commands in order; commands go out as they come to a server
 * that has PIPELINING (RFC 2920), one by one to another.
 */
export class SmtpClientConnection {
  readonly #where: string
  #socket: Socket
  #reader = new ReplyReader()
  readonly #waiting: PromiseWithResolvers<SmtpReply>[] = []
  /** Lines that wait for the reply to an earlier one. */
  readonly #unsent: string[] = []
  #extensions: ReadonlyMap<string, string> = new Map()
  /** The server said something that nothing had asked for. */
  #hasSurplus = false
  #isInTransaction = false
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

  /** Whether a new transaction may begin here, as far as anybody knows. */
  get isReusable(): boolean {
    return this.#failure === undefined && !this.#hasSurplus && this.#waiting.length === 0
  }

  /** Whether a sender was named since the last message or RSET. */
  get isInTransaction(): boolean {
    return this.#isInTransaction
  }

  /** The address literal of our end (RFC 5321 section 4.1.3): the name in EHLO. */
  get ownName(): string {
    const { localAddress = '127.0.0.1' } = this.#socket
    const address = localAddress.replace(/%.*/, '') // a zone means nothing on another machine
    return address.includes(':') ? `[IPv6:${address}]` : `[${address}]`
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
   * Sends a line and resolves to its reply, whatever that is. Lines may be given before earlier replies are there.
   *
   * @throws {PosternError} UPSTREAM_LOST, UPSTREAM_SILENT, UPSTREAM_PROTOCOL
   */
  command(line: string): Promise<SmtpReply> {
    if (/[\r\n]/.test(line)) return Promise.reject(new Error('a command of two lines')) // would be two commands
    const mustWait = this.#waiting.length > 0 && !this.#extensions.has('PIPELINING')
    if (line.startsWith('MAIL')) this.#isInTransaction = true
    else if (line === 'RSET') this.#isInTransaction = false
    const reply = this.expect()
    if (mustWait) this.#unsent.push(line)
    else this.#send(line)
    return line === 'DATA' ? reply.then(reply => this.#assertGoAhead(reply)) : reply
  }

  /** Says EHLO, or HELO to a server that knows nothing else, and learns what the server can do. */
  async hello(): Promise<SmtpReply> {
    const reply = await this.command(`EHLO ${this.ownName}`)
    if (reply.code === 500 || reply.code === 502) return this.command(`HELO ${this.ownName}`)
    this.#extensions = extensionsOf(reply)
    return reply
  }

  /**
   * Gives the socket to `secure` once the server has agreed to TLS.
   *
   * @throws {PosternError} UPSTREAM_NO_STARTTLS, UPSTREAM_STARTTLS_INJECTION, TLS_…
   */
  async startTls(secure: (socket: Socket) => Promise<Socket>): Promise<void> {
    const reply = this.#extensions.has('STARTTLS') ? await this.command('STARTTLS') : undefined
    if (reply?.code !== 220) throw failures.noStartTls(this.#where)
    const plain = this.#socket
    this.#detach(plain)
    plain.pause()
    const isClean = this.#reader.isBetweenReplies && this.#reader.drain().length === 0 && plain.readableLength === 0
    if (this.#hasSurplus || !isClean) throw this.#ended(failures.injection(this.#where))
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
    const socket = this.#socket
    if (this.#failure !== undefined || socket.write(octets)) return undefined
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#armTimer(BLOCK_TIMEOUT_MS)
    const onReady = () => {
      clearTimeout(this.#timer)
      socket.off('drain', onReady).off('close', onReady)
      resolve()
    }
    socket.on('drain', onReady).on('close', onReady)
    return promise
  }

  /** Ends a message with the final dot and waits for what becomes of it. */
  finish(): Promise<SmtpReply> {
    this.#isInTransaction = false
    const reply = this.expect(FINAL_TIMEOUT_MS)
    this.#send('.')
    return reply
  }

  /** Says QUIT without waiting for the answer. */
  quit(): void {
    if (this.#failure !== undefined) return
    const socket = this.#socket
    this.#settle(failures.lost(this.#where))
    sayGoodbye(socket, 'QUIT')
  }

  /** Ends the connection at once: a message without its final dot is not taken by anybody. */
  destroy(): void {
    this.#ended(failures.lost(this.#where))
  }

  // A 250 to DATA is no refusal and no go-ahead: taken for the answer to a message, it would lose it.
  #assertGoAhead(reply: SmtpReply): SmtpReply {
    if (reply.code >= 400 || reply.code === 354) return reply
    throw this.#ended(failures.malformed(this.#where))
  }

  #send(line: string): void {
    if (this.#failure === undefined) this.#socket.write(`${line}\r\n`)
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
        this.#ended(failures.malformed(this.#where))
        return
      }
      this.#take(reply)
    }
  }

  #take(reply: SmtpReply): void {
    const waiting = this.#waiting.shift()
    // A reply to nothing: a server says goodbye (421) before it closes.
    if (!waiting) this.#hasSurplus = true
    waiting?.resolve(reply)
    if (this.#waiting.length === 0) clearTimeout(this.#timer)
    const next = this.#unsent.shift()
    if (next === undefined) return
    this.#send(next)
    this.#armTimer(REPLY_TIMEOUT_MS)
  }

  readonly #onClose = () => void this.#ended(failures.lost(this.#where))
  readonly #onError = (cause: Error) =>
    void this.#ended(identityRefusal(this.#where, cause) ?? failures.lost(this.#where, cause))

  #armTimer(timeoutMs: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#ended(failures.silent(this.#where, timeoutMs)), timeoutMs).unref()
  }

  #ended(reason: unknown): unknown {
    if (this.#failure !== undefined) return this.#failure
    this.#settle(reason)
    this.#socket.destroy()
    return reason
  }

  #settle(reason: unknown): void {
    this.#failure = reason
    clearTimeout(this.#timer)
    this.#detach(this.#socket)
    for (const waiting of this.#waiting.splice(0)) waiting.reject(reason)
  }
}

// Some servers list mechanisms twice, as AUTH and as AUTH=: both lists count.
function extensionsOf({ lines }: SmtpReply): ReadonlyMap<string, string> {
  const extensions = new Map<string, string>()
  for (const line of lines.slice(1)) {
    const [, name = '', parameters = ''] = /^([^\s=]+)[\s=]?(.*)$/s.exec(line) ?? []
    const known = extensions.get(name.toUpperCase())
    extensions.set(name.toUpperCase(), known === undefined ? parameters : `${known} ${parameters}`)
  }
  return extensions
}

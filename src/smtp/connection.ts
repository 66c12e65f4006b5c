import type { Duplex } from 'node:stream'
import { encodeSmtpReply, type SmtpReply } from '../formats/smtp/reply.ts'
import type { FrontConnection } from '../net/front-connection.ts'
import { LineSplitter } from '../net/line-splitter.ts'
import type { SmtpBackend } from './backend.ts'
import { MessageReceiver } from './message-receiver.ts'
import { REPLIES } from './replies.ts'
import { isRecipient, isSender, type SmtpAction, SmtpSession } from './session.ts'

const MAX_LINE_OCTETS = 12_288 // RFC 4954 section 4: the longest line of a SASL exchange
const DEFAULT_MAX_COMMAND_OCTETS = 4 * 1_048_576 // a thousand recipients take a few hundred thousand
const MAX_PENDING = 100 // replies that a client may let pile up by pipelining
const LINGER_MS = 5000

/** Options of {@link serveSmtp}. */
export interface SmtpOptions {
  readonly backend: SmtpBackend
  /** What one session may send, in octets, messages not counted. */
  readonly maxCommandOctets?: number
}

/** Serves one SMTP client; resolves when the connection has ended. */
export function serveSmtp(connection: FrontConnection, options: SmtpOptions): Promise<void> {
  return new SmtpConnection(connection, options).run()
}

class SmtpConnection {
  readonly #connection: FrontConnection
  readonly #options: SmtpOptions
  readonly #ended = Promise.withResolvers<void>()
  #stream: Duplex
  #lines = new LineSplitter(MAX_LINE_OCTETS)
  #session: SmtpSession
  #receiver: MessageReceiver | undefined
  #skipOctets = 0
  #commandOctets = 0
  /** Actions whose replies are owed, in order. */
  #pending: Promise<void> = Promise.resolve()
  #pendingCount = 0
  #isBarred = false
  #isClosing = false
  #hasClientEnded = false

  constructor(connection: FrontConnection, options: SmtpOptions) {
    this.#connection = connection
    this.#options = options
    this.#stream = connection.stream
    this.#session = this.#newSession()
  }

  async run(): Promise<void> {
    this.#write(REPLIES.ready)
    this.#attach()
    this.#connection.onDrain = this.#onDrain
    if (this.#connection.isDraining) this.#onDrain()
    try {
      await this.#ended.promise
    } finally {
      this.#receiver?.abort()
      this.#session.close()
    }
  }

  #newSession(): SmtpSession {
    const { isSecure, canStartTls } = this.#connection
    return new SmtpSession({ ...this.#options, isSecure, canStartTls })
  }

  #attach(): void {
    this.#stream.on('data', this.#onData).on('end', this.#onEnd).on('close', this.#onClose).on('error', this.#onClose)
  }

  #detach(): void {
    this.#stream.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#onClose)
    this.#stream.off('error', this.#onClose)
  }

  readonly #onDrain = () => {
    if (!this.#receiver && this.#pendingCount === 0) this.#close(REPLIES.stopping)
  }

  readonly #onData = (chunk: Buffer) => {
    this.#lines.push(chunk)
    this.#work()
  }

  readonly #onEnd = () => {
    this.#hasClientEnded = true
    if (this.#pendingCount === 0) this.#close(undefined)
  }

  readonly #onClose = () => this.#ended.resolve()

  /** Takes what is here: a message's octets, or commands until one bars the way. */
  #work(): void {
    while (!this.#isBarred && !this.#isClosing) {
      if (this.#receiver) {
        if (!this.#feedMessage(this.#receiver)) break
        continue
      }
      if (this.#skipOctets > 0 && !this.#skip()) break
      const line = this.#lines.next()
      if (!line) break
      this.#commandOctets += line.kind === 'line' ? line.octets.length + 2 : MAX_LINE_OCTETS
      const { maxCommandOctets = DEFAULT_MAX_COMMAND_OCTETS } = this.#options
      if (this.#commandOctets > maxCommandOctets) this.#close(REPLIES.tooMuch)
      else this.#command(line.kind === 'line' ? line.octets : undefined)
    }
    this.#regulate()
    if (!this.#isBarred && this.#connection.isDraining) this.#onDrain()
  }

  #command(octets: Buffer | undefined): void {
    if (!octets) {
      this.#owe(Promise.resolve<SmtpAction>({ kind: 'reply', reply: REPLIES.lineTooLong }))
    } else if (isRecipient(octets) || (isSender(octets) && this.#pendingCount === 0)) {
      this.#owe(Promise.resolve(this.#session.handle(octets)))
    } else {
      // Everything else waits for what is owed, and bars the way for what follows.
      this.#isBarred = true
      this.#owe(this.#pending.then(() => this.#session.handle(octets)).finally(() => this.#unbar()))
    }
  }

  /** Keeps the order of replies: an action is carried out after all before it. */
  #owe(action: Promise<SmtpAction>): void {
    this.#pendingCount++
    action.catch(() => undefined) // told below
    this.#pending = this.#pending
      .then(async () => this.#carryOut(await action))
      .catch(error => {
        this.#ended.reject(error)
        this.#stream.destroy()
      })
      .finally(() => {
        this.#pendingCount--
        if (this.#stream.destroyed) return
        if (!this.#isBarred) this.#work()
        if (this.#hasClientEnded && this.#pendingCount === 0 && !this.#isBarred) this.#close(undefined)
      })
  }

  #unbar(): void {
    this.#isBarred = false
  }

  #carryOut(action: SmtpAction): void {
    if (this.#stream.destroyed || this.#isClosing) {
      if (action.kind === 'message') action.sink.abort()
      return
    }
    switch (action.kind) {
      case 'challenge':
        this.#stream.write(`334 ${action.octets.toString('base64')}\r\n`)
        break
      case 'close':
        this.#close(action.reply)
        break
      case 'start-tls':
        this.#startTls(action.reply)
        break
      case 'message':
        this.#write(action.reply)
        this.#receiver = new MessageReceiver(action.sink, action.maxOctets)
        break
      case 'skip':
        this.#skipOctets = action.octets
        this.#write(action.reply)
        break
      default:
        this.#write(action.reply)
    }
  }

  /** Gives the message its octets. False when more are needed, or the sink wants a pause. */
  #feedMessage(receiver: MessageReceiver): boolean {
    const octets = this.#lines.drain()
    if (octets.length === 0) return false
    const { rest, pause } = receiver.push(octets)
    if (rest) {
      this.#lines.push(rest)
      this.#receiver = undefined
      this.#isBarred = true
      const action = receiver.finish().then<SmtpAction>(reply => ({ kind: 'reply', reply }))
      this.#owe(action.finally(() => this.#unbar()))
      return true
    }
    if (pause) {
      this.#isBarred = true
      pause.then(
        () => {
          this.#unbar()
          this.#work()
        },
        error => this.#ended.reject(error),
      )
    }
    return false
  }

  #skip(): boolean {
    const octets = this.#lines.drain()
    const skipped = Math.min(octets.length, this.#skipOctets)
    this.#skipOctets -= skipped
    this.#lines.push(octets.subarray(skipped))
    return this.#skipOctets === 0
  }

  /** Reads on only when what was read has somewhere to go. */
  #regulate(): void {
    const isFull = this.#isBarred || this.#pendingCount > MAX_PENDING || this.#stream.writableNeedDrain
    if (isFull) this.#stream.pause()
    else this.#stream.resume()
    if (this.#stream.writableNeedDrain && !this.#isBarred) this.#stream.once('drain', () => this.#regulate())
  }

  #write(reply: SmtpReply): void {
    this.#gather()
    this.#stream.write(encodeSmtpReply(reply))
  }

  /** Replies to commands that came together leave together: a write for each would cost more than all the rest. */
  #gather(): void {
    const stream = this.#stream
    if (stream.writableCorked > 0) return
    stream.cork()
    setImmediate(() => stream.uncork())
  }

  #startTls(reply: SmtpReply): void {
    this.#isBarred = true
    this.#isClosing = true // nothing more is answered in plain text
    this.#detach()
    this.#stream.pause()
    this.#stream.write(encodeSmtpReply(reply), () => this.#secure())
  }

  // What a client sent in plain text before the handshake is thrown away (CVE-2011-0411).
  #secure(): void {
    this.#lines = new LineSplitter(MAX_LINE_OCTETS)
    for (let rest = this.#stream.read(); rest !== null; rest = this.#stream.read()) this.#commandOctets += rest.length
    this.#connection.startTls().then(
      stream => {
        this.#stream = stream
        this.#session.close()
        this.#session = this.#newSession()
        this.#isClosing = false
        this.#isBarred = false
        this.#attach()
      },
      () => this.#ended.resolve(), // the connection is destroyed already
    )
  }

  #close(reply: SmtpReply | undefined): void {
    if (this.#isClosing) return
    this.#isClosing = true
    this.#stream.off('data', this.#onData)
    this.#stream.resume()
    if (reply) this.#stream.end(encodeSmtpReply(reply))
    else this.#stream.end()
    this.#stream.once('finish', () => {
      if (this.#hasClientEnded) this.#stream.destroy()
      else this.#connection.setIdleTimeout(LINGER_MS)
    })
  }
}

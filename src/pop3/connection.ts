import type { Duplex } from 'node:stream'
import type { FrontConnection } from '../net/front-connection.ts'
import { LineSplitter } from '../net/line-splitter.ts'
import type { Pop3Backend } from './backend.ts'
import { err, type Reply } from './reply.ts'
import { Pop3Session } from './session.ts'

const MAX_LINE_OCTETS = 12_288 // RFC 4954 section 4: the longest line of a SASL exchange; commands are shorter
const DEFAULT_MAX_SESSION_OCTETS = 1_048_576 // a poll sends about a hundred

/** Options of {@link servePop3}. */
export interface Pop3Options {
  readonly backend: Pop3Backend
  /** What one session may send, in octets. */
  readonly maxSessionOctets?: number
  /** The APOP timestamp, for tests. */
  readonly timestamp?: string
}

/** Serves one POP3 client; resolves when the connection has ended. */
export function servePop3(connection: FrontConnection, options: Pop3Options): Promise<void> {
  return new Pop3Connection(connection, options).run()
}

class Pop3Connection {
  readonly #connection: FrontConnection
  readonly #options: Pop3Options
  readonly #ended = Promise.withResolvers<void>()
  #stream: Duplex
  #lines = new LineSplitter(MAX_LINE_OCTETS)
  #session: Pop3Session
  #receivedOctets = 0
  #isBusy = false
  #hasClientEnded = false
  #isClosing = false

  constructor(connection: FrontConnection, options: Pop3Options) {
    this.#connection = connection
    this.#options = options
    this.#stream = connection.stream
    this.#session = this.#newSession()
  }

  async run(): Promise<void> {
    this.#stream.write(this.#session.greeting().text)
    this.#attach()
    this.#connection.onDrain = this.#onDrain
    if (this.#connection.isDraining) this.#onDrain()
    await this.#ended.promise
  }

  #newSession(): Pop3Session {
    const { isSecure, canStartTls } = this.#connection
    return new Pop3Session({ ...this.#options, isSecure, canStartTls })
  }

  #attach(): void {
    this.#stream.on('data', this.#onData).on('end', this.#onEnd).on('close', this.#onClose).on('error', this.#onClose)
  }

  #detach(): void {
    this.#stream.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#onClose)
    this.#stream.off('error', this.#onClose)
  }

  // RFC 1939 has no word for it: the line that says why stands in place of the next reply.
  readonly #onDrain = () => {
    if (!this.#isBusy) this.#close('-ERR [SYS/TEMP] the server is stopping\r\n')
  }

  readonly #onData = (chunk: Buffer) => {
    this.#receivedOctets += chunk.length
    if (this.#receivedOctets > (this.#options.maxSessionOctets ?? DEFAULT_MAX_SESSION_OCTETS)) {
      this.#close(err('too much input in one session').text)
      return
    }
    this.#lines.push(chunk)
    if (!this.#isBusy) this.#work()
  }

  // A client that has closed its half still gets its answers.
  readonly #onEnd = () => {
    this.#hasClientEnded = true
    if (!this.#isBusy) this.#close('')
  }

  readonly #onClose = () => {
    this.#ended.resolve()
  }

  /** Answers every whole line that is here, with one write for all of them. */
  #work(): void {
    let replies = ''
    for (let line = this.#lines.next(); line; line = this.#lines.next()) {
      const answer = line.kind === 'too-long' ? err('line too long') : this.#session.handle(line.octets)
      if (answer instanceof Promise) {
        this.#wait(replies, answer)
        return
      }
      replies += answer.text
      if (answer.after) {
        this.#leave(replies, answer)
        return
      }
    }
    if (this.#connection.isDraining) this.#close(replies)
    else if (replies !== '') this.#write(replies)
  }

  /** Nothing more is read or answered until the backend has decided. */
  #wait(before: string, answer: Promise<Reply>): void {
    this.#isBusy = true
    this.#stream.pause()
    if (before !== '') this.#stream.write(before)
    answer.then(
      reply => {
        this.#isBusy = false
        if (this.#stream.destroyed) return
        if (reply.after) this.#leave(reply.text, reply)
        else this.#goOn(reply.text)
      },
      error => {
        this.#stream.destroy()
        this.#ended.reject(error)
      },
    )
  }

  #goOn(reply: string): void {
    if (this.#write(reply)) this.#stream.resume()
    this.#work()
    if (this.#hasClientEnded && !this.#isBusy) this.#close('')
  }

  /** Writes; a client that does not read its replies is not read from either. */
  #write(replies: string): boolean {
    if (this.#stream.write(replies)) return true
    this.#stream.pause()
    this.#stream.once('drain', () => this.#isBusy || this.#stream.resume())
    return false
  }

  #leave(replies: string, { after }: Reply): void {
    if (after === 'close') {
      this.#close(replies)
      return
    }
    // What a client sent in plain text before the handshake is thrown away (CVE-2011-0411).
    this.#isBusy = true
    this.#detach()
    this.#stream.pause()
    this.#lines.drain()
    this.#stream.write(replies, () => this.#secure())
  }

  #secure(): void {
    for (let rest = this.#stream.read(); rest !== null; rest = this.#stream.read()) this.#receivedOctets += rest.length
    this.#connection.startTls().then(
      stream => {
        this.#stream = stream
        this.#session = this.#newSession()
        this.#isBusy = false
        this.#attach()
      },
      () => this.#ended.resolve(), // the connection is destroyed already
    )
  }

  #close(lastWords: string): void {
    if (this.#isClosing) {
      if (this.#hasClientEnded && this.#stream.writableFinished) this.#stream.destroy()
      return
    }
    this.#isClosing = true
    this.#stream.off('data', this.#onData)
    this.#stream.resume() // lets 'end' and 'close' come
    if (lastWords === '') this.#stream.end()
    else this.#stream.end(lastWords)
    this.#stream.once('finish', () => this.#finish())
  }

  #finish(): void {
    // Half-open sockets stay until the client closes as well; a client that lingers is ended.
    if (this.#hasClientEnded) this.#stream.destroy()
    else this.#connection.setIdleTimeout(LINGER_MS)
  }
}

const LINGER_MS = 5000

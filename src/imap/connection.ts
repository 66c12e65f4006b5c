import type { Duplex } from 'node:stream'
import { CommandSplitter } from '../formats/imap/command/command-splitter.ts'
import type { FrontConnection } from '../net/front-connection.ts'
import type { ImapBackend } from './backend.ts'
import { ImapSession } from './session.ts'
import { type Delay, SignInThrottle } from './sign-in-throttle.ts'
import type { Wire } from './wire.ts'
import { WireOutput } from './wire-output.ts'

const MAX_WAITING_OCTETS = 65_536 // what is read ahead while a command runs
const MAX_STRANGER_OCTETS = 65_536 // what somebody may send who has not signed in: a few hundred octets are enough
const DEFAULT_APPEND_LIMIT_OCTETS = 512 * 1_048_576
const STRANGER_TIMEOUT_MS = 180_000 // RFC 9051 section 5.4: time enough to sign in
const LINGER_MS = 5000

/** How long a client that has signed in may be silent. */
export const IDLE_TIMEOUT_MS = 30 * 60_000 // RFC 9051 section 5.4: at least 30 minutes

/** Options of {@link serveImap}. */
export interface ImapOptions {
  readonly backend: ImapBackend
  /** The largest message that APPEND takes, in octets; 512 MB by default. */
  readonly appendLimitOctets?: number
  /** Waits after failed sign-ins, for tests. */
  readonly delay?: Delay
}

/** Serves one IMAP client; resolves when the connection has ended. */
export function serveImap(connection: FrontConnection, options: ImapOptions): Promise<void> {
  return new ImapConnection(connection, options).run()
}

class ImapConnection {
  readonly #connection: FrontConnection
  readonly #options: ImapOptions
  readonly #throttle: SignInThrottle
  readonly #splitter = new CommandSplitter()
  #stream: Duplex
  #output: WireOutput
  #session: ImapSession
  #receivedOctets = 0
  #hasClientEnded = false
  #isStranger = true
  #wake: (() => void) | undefined

  constructor(connection: FrontConnection, options: ImapOptions) {
    this.#connection = connection
    this.#options = options
    this.#throttle = new SignInThrottle(options.delay)
    this.#stream = connection.stream
    this.#output = new WireOutput(this.#stream)
    this.#session = this.#newSession()
  }

  async run(): Promise<void> {
    this.#attach()
    this.#connection.onDrain = this.#wakeUp
    this.#connection.setIdleTimeout(STRANGER_TIMEOUT_MS)
    try {
      this.#output.write(this.#session.greeting())
      await this.#serve()
      await this.#close()
    } catch (error) {
      this.#stream.destroy()
      throw error
    } finally {
      await this.#session[Symbol.asyncDispose]()
    }
  }

  #newSession(): ImapSession {
    const { isSecure, canStartTls } = this.#connection
    const { backend, appendLimitOctets = DEFAULT_APPEND_LIMIT_OCTETS } = this.#options
    const services = { backend, isSecure, canStartTls, throttle: this.#throttle, appendLimitOctets }
    return new ImapSession({ services, gate: this.#splitter, onNews: this.#wakeUp })
  }

  #attach(): void {
    this.#stream.on('data', this.#onData).on('end', this.#onEnd).on('close', this.#wakeUp).on('error', this.#wakeUp)
  }

  #detach(): void {
    this.#stream.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#wakeUp).off('error', this.#wakeUp)
  }

  readonly #wakeUp = () => this.#wake?.()

  readonly #onData = (chunk: Buffer) => {
    this.#receivedOctets += chunk.length
    this.#splitter.push(chunk)
    if (this.#splitter.waitingOctets > MAX_WAITING_OCTETS) this.#stream.pause()
    this.#wakeUp()
  }

  // A client that has closed its half still gets its answers.
  readonly #onEnd = () => {
    this.#hasClientEnded = true
    this.#wakeUp()
  }

  /** Answers one thing after the other; returns when nothing more is to be said but what is written already. */
  async #serve(): Promise<void> {
    while (!this.#stream.destroyed && this.#session.state !== 'logout') {
      if (this.#session.state === 'starting-tls') {
        if (!(await this.#secure())) return
        continue
      }
      const answer = this.#nextAnswer()
      if (answer) await this.#deliver(answer)
      else if (this.#isAtEnd()) return
      else await this.#moreInput()
    }
  }

  #nextAnswer(): AsyncIterable<Wire> | undefined {
    if (this.#session.expectsLine) {
      const line = this.#splitter.nextLine() // before the news, of which there might be no end
      if (line) return this.#session.handleLine(line)
      return this.#session.hasNews ? this.#session.tellNews() : undefined
    }
    const event = this.#splitter.next()
    if (event) return this.#session.handle(event)
    return this.#splitter.isBetweenCommands && this.#session.hasNews ? this.#session.tellNews() : undefined
  }

  /** Whether a client that has said nothing more is let go; says why, if it does not know. */
  #isAtEnd(): boolean {
    if (this.#hasClientEnded) return true
    if (this.#isStranger && this.#receivedOctets > MAX_STRANGER_OCTETS) {
      this.#output.write('* BYE too much input without a sign-in\r\n')
      return true
    }
    if (!this.#connection.isDraining || !this.#splitter.isBetweenCommands) return false
    this.#output.write(this.#session.stopping())
    return true
  }

  async #deliver(answer: AsyncIterable<Wire>): Promise<void> {
    for await (const wire of answer) {
      if (this.#stream.destroyed) return
      this.#output.write(wire)
      if (this.#output.isFull) await this.#output.drained()
    }
    if (this.#isStranger && this.#session.state === 'authenticated') this.#welcome()
  }

  #welcome(): void {
    this.#isStranger = false
    this.#connection.setIdleTimeout(IDLE_TIMEOUT_MS)
  }

  /** Waits for octets, or for anything else that there may be to do. */
  async #moreInput(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#wake = resolve
    this.#stream.resume()
    await promise
    this.#wake = undefined
  }

  /** False when there was no handshake: the connection is destroyed then. */
  async #secure(): Promise<boolean> {
    this.#detach()
    this.#stream.pause()
    await this.#output.finished()
    // What a client sent in plain text before the handshake is thrown away (CVE-2011-0411).
    this.#splitter.clear()
    for (let rest = this.#stream.read(); rest !== null; rest = this.#stream.read()) this.#receivedOctets += rest.length
    try {
      this.#stream = await this.#connection.startTls()
    } catch {
      return false // never spoken to again
    }
    this.#output = new WireOutput(this.#stream)
    await this.#session[Symbol.asyncDispose]()
    this.#session = this.#newSession()
    this.#attach()
    return true
  }

  /** Ends our half, and waits for the client to end its own. */
  async #close(): Promise<void> {
    if (this.#stream.destroyed) return
    this.#output.flush()
    this.#stream.off('data', this.#onData)
    const closed = Promise.withResolvers<void>()
    this.#stream.once('close', closed.resolve)
    this.#stream.once('finish', () => {
      // Half-open sockets stay until the client closes as well; a client that lingers is ended.
      if (this.#hasClientEnded) this.#stream.destroy()
      else this.#connection.setIdleTimeout(LINGER_MS)
    })
    this.#stream.once('end', () => {
      if (this.#stream.writableFinished) this.#stream.destroy()
    })
    this.#stream.resume() // lets 'end' and 'close' come
    this.#stream.end()
    await closed.promise
  }
}

import type { Socket } from 'node:net'
import { sayGoodbye } from '../../net/goodbye.ts'
import { identityRefusal } from '../../tls/client-identity.ts'
import { parseCapabilities, type SieveCapabilities } from './capabilities.ts'
import { type CommandWord, commandLine } from './command-line.ts'
import { failures } from './failures.ts'
import { type Completion, completionOf, type SieveLine, SieveSyntaxError } from './response-line.ts'
import { ResponseReader } from './response-reader.ts'

const ANSWER_TIMEOUT_MS = 120_000 // of a whole answer: a server that drips is ended too

/** What a server answered: lines of data, and the end, which is OK or NO. */
export interface Answer {
  readonly lines: readonly SieveLine[]
  readonly completion: Completion
}

/** What is done with an answer while it comes. */
export interface AnswerHandlers {
  /** Answers a line of data with one of ours (AUTHENTICATE); the connection ends with what it throws. */
  readonly respond?: (line: SieveLine) => Promise<readonly CommandWord[]>
  /** Nothing more is read after the end (STARTTLS). */
  readonly isLast?: boolean
}

interface Waiting extends AnswerHandlers {
  readonly lines: SieveLine[]
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: unknown) => void
}

/** One connection to a ManageSieve server: a command at a time. */
export class SieveConnection {
  readonly #where: string
  readonly #answerTimeoutMs: number
  #socket: Socket
  #reader = new ResponseReader()
  #capabilities: SieveCapabilities = parseCapabilities([])
  #waiting: Waiting | undefined
  /** A line of ours is being made; the server has to wait for it. */
  #isResponding = false
  #last: Promise<unknown> = Promise.resolve()
  #failure: unknown
  #timer: NodeJS.Timeout | undefined

  /** `where` is host:port, for messages. */
  constructor(socket: Socket, where: string, answerTimeoutMs = ANSWER_TIMEOUT_MS) {
    this.#socket = socket
    this.#where = where
    this.#answerTimeoutMs = answerTimeoutMs
    this.#attach(socket)
  }

  get where(): string {
    return this.#where
  }

  get capabilities(): SieveCapabilities {
    return this.#capabilities
  }

  /** Waits for the capabilities that a server tells unasked: at the beginning, and after STARTTLS. */
  greeting(): Promise<void> {
    return this.#learn(this.#answer())
  }

  /** Asks for the capabilities: with a sign-in they may change. */
  readCapabilities(): Promise<void> {
    return this.#learn(this.command(['CAPABILITY']))
  }

  /**
   * Sends a command when the one before is done, and resolves to its answer, OK or NO.
   *
   * @throws {PosternError} UPSTREAM_LOST, UPSTREAM_SILENT, UPSTREAM_PROTOCOL; at BYE UPSTREAM_BYE, UPSTREAM_UNAVAILABLE
   * or UPSTREAM_REDIRECT_REFUSED
   */
  command(words: readonly CommandWord[], handlers: AnswerHandlers = {}): Promise<Answer> {
    const octets = commandLine(words)
    const answer = this.#last.then(() => this.#send(octets, handlers))
    this.#last = answer.catch(() => undefined) // told to this call's caller
    return answer
  }

  /**
   * Gives the socket to `secure` once the server has agreed to TLS, and learns anew what the server can do.
   *
   * @throws {PosternError} UPSTREAM_NO_STARTTLS, UPSTREAM_STARTTLS_INJECTION, TLS_…
   */
  async startTls(secure: (socket: Socket) => Promise<Socket>): Promise<void> {
    if (!this.#capabilities.hasStartTls) throw failures.noStartTls(this.#where)
    const { completion } = await this.command(['STARTTLS'], { isLast: true })
    if (completion.status !== 'OK') throw failures.noStartTls(this.#where)
    const plain = this.#socket
    if (!this.#reader.isBetweenLines || plain.readableLength > 0) throw this.#ended(failures.injection(this.#where))
    this.#reader = new ResponseReader()
    try {
      this.#socket = await secure(plain)
    } catch (error) {
      throw this.#ended(error)
    }
    this.#attach(this.#socket)
    await this.greeting()
  }

  /** Says LOGOUT without waiting for the answer. */
  logout(): void {
    if (this.#failure !== undefined) return
    const socket = this.#socket
    this.#settle(failures.lost(this.#where))
    sayGoodbye(socket, 'LOGOUT')
  }

  /** Ends the connection at once; a running command fails with the reason. */
  destroy(reason: unknown = failures.lost(this.#where)): void {
    this.#ended(reason)
  }

  async #learn(asked: Promise<Answer>): Promise<void> {
    const { lines, completion } = await asked
    if (completion.status !== 'OK') throw failures.refused(this.#where, completion)
    try {
      this.#capabilities = parseCapabilities(lines)
    } catch (error) {
      throw this.#broken(error)
    }
  }

  #send(octets: Buffer, handlers: AnswerHandlers): Promise<Answer> {
    // What is half said before it is asked for would become the beginning of the answer.
    if (!this.#reader.isBetweenLines) this.#broken(new SieveSyntaxError('it speaks unasked'))
    const answer = this.#answer(handlers)
    if (this.#failure === undefined) this.#socket.write(octets)
    return answer
  }

  #answer(handlers: AnswerHandlers = {}): Promise<Answer> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    const { promise, resolve, reject } = Promise.withResolvers<Answer>()
    this.#waiting = { ...handlers, lines: [], resolve, reject }
    this.#reader.begin()
    const end = () => this.#ended(failures.noAnswer(this.#where, this.#answerTimeoutMs))
    this.#timer = setTimeout(end, this.#answerTimeoutMs).unref()
    return promise
  }

  #attach(socket: Socket): void {
    socket.on('data', this.#onData).on('close', this.#onClose).on('error', this.#onError)
  }

  #detach(socket: Socket): void {
    socket.off('data', this.#onData).off('close', this.#onClose).off('error', this.#onError)
    socket.on('error', () => undefined) // whoever holds it now sees its end
  }

  readonly #onData = (chunk: Buffer) => {
    try {
      this.#reader.push(chunk)
      for (let line = this.#reader.next(); line; line = this.#reader.next()) {
        if (!this.#take(line)) return
      }
    } catch (error) {
      this.#broken(error)
    }
  }

  /** Whether more may be read. */
  #take(line: SieveLine): boolean {
    const completion = completionOf(line)
    if (completion?.status === 'BYE') {
      this.#ended(failures.ended(this.#where, completion))
      return false
    }
    const waiting = this.#waiting
    if (!waiting || this.#isResponding) throw new SieveSyntaxError('it speaks unasked')
    if (!completion) {
      if (waiting.respond) void this.#respond(waiting.respond(line))
      else waiting.lines.push(line)
      return true
    }
    this.#waiting = undefined
    clearTimeout(this.#timer)
    if (waiting.isLast) {
      this.#detach(this.#socket)
      this.#socket.pause()
    }
    waiting.resolve({ lines: waiting.lines, completion })
    return !waiting.isLast
  }

  async #respond(words: Promise<readonly CommandWord[]>): Promise<void> {
    this.#isResponding = true
    try {
      const octets = commandLine(await words)
      if (this.#failure === undefined) this.#socket.write(octets)
    } catch (error) {
      this.#ended(error)
    } finally {
      this.#isResponding = false
    }
  }

  readonly #onClose = () => void this.#ended(failures.lost(this.#where))
  readonly #onError = (cause: Error) =>
    void this.#ended(identityRefusal(this.#where, cause) ?? failures.lost(this.#where, cause))

  /** What the server says cannot be read: nobody knows any more what answers what. */
  #broken(error: unknown): unknown {
    return this.#ended(error instanceof SieveSyntaxError ? failures.malformed(this.#where, error) : error)
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
    this.#waiting?.reject(reason)
    this.#waiting = undefined
  }
}

import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { PosternError } from '../../../errors.ts'
import type { CommandPart } from '../../../formats/imap/encoder.ts'
import { type ImapResponse, parseResponse, type ResponseCode } from '../../../formats/imap/response.ts'
import { type LiteralSink, type ResponsePart, ResponseReader } from '../../../formats/imap/response-reader.ts'
import { tooLarge } from '../../../formats/imap/too-large.ts'
import { textOf } from '../../../formats/imap/value.ts'
import { identityRefusal } from '../../../tls/client-identity.ts'
import type { RateLimits } from '../../rate-limit.ts'
import { CommandWriter } from './command-writer.ts'
import { failures } from './failures.ts'
import { endedBy, refusedCommand, type StatusResponse } from './refusals.ts'
import { type SilenceLimits, SilenceWatch } from './silence-watch.ts'

const MAX_HELD_OCTETS = 32 * 1_048_576 // a UID SEARCH of a million single UIDs is 8 MB
const MAX_ANSWER_OCTETS = 256 * 1_048_576 // the flags of four million messages, a line each
const LOGOUT_TIMEOUT_MS = 1000

/** Untagged data (`* 23 FETCH …`). */
export type DataResponse = ImapResponse & { readonly kind: 'data' }
/** A tagged OK. */
export interface Completion {
  readonly code: ResponseCode | undefined
  readonly text: string
}

/** What a command does with what the server says while it runs. */
export interface CommandHandlers {
  /** By the name of the data: `FETCH`, `LIST`. The oldest running command that names it gets the response. */
  readonly data?: Readonly<Record<string, (response: DataResponse) => void>>
  /** Takes an untagged response of one line as it is; false has it parsed, and offered to `data`. */
  readonly line?: (octets: Buffer) => boolean
  /** Untagged OK, NO with a response code. */
  readonly code?: (code: ResponseCode) => void
  /**
   * Takes a continuation request that no literal waits for; a text that it gives goes out as a line. The connection ends
   * with what it throws.
   */
  readonly continuation?: (text: string) => string | Promise<string> | undefined
  /** Tells whether the server may say nothing now, for hours (IDLE). */
  readonly isAtRest?: () => boolean
  /** Offers a literal; see {@link ResponseReader}. */
  readonly openLiteral?: (text: Buffer, length: number) => LiteralSink | undefined
  /** Resolves when the command's consumer can take more; nothing is read meanwhile. */
  readonly drained?: () => Promise<void> | undefined
  /** What the server says is used at once, and not kept: there may be any amount of it. */
  readonly isStream?: boolean
}

/** Hears what the server says of itself, or what no running command takes. */
export type UnsolicitedHandlers = Pick<CommandHandlers, 'data' | 'code'> & {
  readonly remark?: () => void
  /** It has said nothing for long although it was asked something. */
  readonly slow?: ((silentMs: number) => void) | undefined
}

/** What a connection is made with. */
export interface ConnectionOptions {
  /** host:port, for messages. */
  readonly where: string
  readonly silence: SilenceLimits
  readonly rates?: RateLimits
}

interface RunningCommand extends CommandHandlers {
  readonly tag: string
  answerOctets: number
  readonly resolve: (completion: Completion) => void
  readonly reject: (error: unknown) => void
}

/** One IMAP connection: commands go out as they come, several at a time; responses find the command they are for. */
export class ImapConnection implements AsyncDisposable {
  readonly #where: string
  readonly #silence: SilenceWatch
  readonly #rates: RateLimits | undefined
  #socket: Socket
  #reader = this.#newReader()
  readonly #running: RunningCommand[] = []
  #capabilities: ReadonlySet<string> = new Set()
  #tag = 0
  readonly #writer: CommandWriter
  #greeting = Promise.withResolvers<StatusResponse>()
  #hasGreeting = false
  #failure: unknown
  #ended = Promise.withResolvers<unknown>()
  #unsolicited: UnsolicitedHandlers = {}
  #isPaused = false
  #bye: StatusResponse | undefined

  constructor(socket: Socket, { where, silence, rates }: ConnectionOptions) {
    this.#where = where
    this.#socket = socket
    this.#rates = rates
    this.#writer = new CommandWriter({
      socket: () => (this.#failure === undefined ? this.#socket : undefined),
      capabilities: () => this.#capabilities,
      onPaced: () => this.#silence.heard(),
      upload: rates?.upload,
    })
    this.#silence = new SilenceWatch(silence, {
      isWaiting: () => this.#isWaiting && !this.#isPaused,
      onSlow: silentMs => this.#unsolicited.slow?.(silentMs),
      onTimeout: () => this.#fail(failures.silent(where, silence.timeoutMs)),
    })
    this.#greeting.promise.catch(() => undefined) // greeting() tells
    this.#attach(socket)
  }

  get capabilities(): ReadonlySet<string> {
    return this.#capabilities
  }

  get where(): string {
    return this.#where
  }

  /** Whether the connection has ended. */
  get hasFailed(): boolean {
    return this.#failure !== undefined
  }

  /** Resolves with the reason when the connection has ended. */
  get ended(): Promise<unknown> {
    return this.#ended.promise
  }

  /** When the server last said something; of `performance.now()`. */
  get lastHeardMs(): number {
    return this.#silence.lastHeardMs
  }

  /** Whether a command has not been answered yet. */
  get isBusy(): boolean {
    return this.#running.length > 0
  }

  /** Hears what the server says unasked from now on. */
  listen(handlers: UnsolicitedHandlers): void {
    this.#unsolicited = handlers
  }

  /** Sends a line that belongs to a running command (DONE); its answer is waited for from now on. */
  sendLine(text: string): void {
    this.#silence.heard()
    this.#writer.line(text)
  }

  /** Waits for the server's first line. */
  greeting(): Promise<StatusResponse> {
    return this.#greeting.promise
  }

  /**
   * Sends a command and resolves at its tagged OK. Commands may be sent before earlier ones are done.
   *
   * @throws {PosternError} UPSTREAM_REFUSED at NO or BAD (`cause` is the response), UPSTREAM_LOST, UPSTREAM_SILENT, …
   */
  command(parts: readonly CommandPart[], handlers: CommandHandlers = {}): Promise<Completion> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    const tag = `P${(++this.#tag).toString(36).toUpperCase()}`
    const { promise, resolve, reject } = Promise.withResolvers<Completion>()
    if (!this.#isWaiting) this.#silence.heard()
    this.#running.push({ ...handlers, tag, answerOctets: 0, resolve, reject })
    this.#writer.send(tag, parts).catch(error => this.#fail(error))
    return promise
  }

  /** Asks for the capabilities again; they change with TLS and with sign-in. */
  async readCapabilities(): Promise<void> {
    this.#capabilities = new Set()
    await this.command(['CAPABILITY'])
  }

  /** Forgets the capabilities told so far: they must be asked for again (RFC 9051 section 6.2.1). */
  forgetCapabilities(): void {
    this.#capabilities = new Set()
  }

  /** Takes a capability as not there: the server refused to do what it had promised. */
  withdrawCapability(name: string): void {
    this.#capabilities = new Set([...this.#capabilities].filter(each => each !== name))
  }

  /**
   * Sends STARTTLS and gives the socket to `secure` once the server agrees.
   *
   * @throws {PosternError} UPSTREAM_STARTTLS_INJECTION when octets came after the OK in plain text.
   */
  async startTls(secure: (socket: Socket) => Promise<Socket>): Promise<void> {
    await this.command(['STARTTLS'])
    const plain = this.#socket
    this.#detach(plain)
    plain.pause()
    if (!this.#reader.isBetweenResponses || plain.readableLength > 0) {
      const error = failures.injection(this.#where)
      this.#fail(error)
      throw error
    }
    this.forgetCapabilities()
    try {
      this.#socket = await secure(plain)
    } catch (error) {
      this.#fail(error)
      throw error
    }
    this.#reader = this.#newReader()
    this.#attach(this.#socket)
  }

  /** Ends the connection at once; running commands fail with the reason. */
  destroy(reason: unknown): void {
    this.#fail(reason)
  }

  /** Says LOGOUT where that is possible and ends the connection; nobody waits for the server's goodbye. */
  async [Symbol.asyncDispose](): Promise<void> {
    const end = () => this.#fail(this.#lost())
    if (this.#failure !== undefined || this.#running.length > 0) {
      end()
      return
    }
    const timer = setTimeout(end, LOGOUT_TIMEOUT_MS)
    const loggedOut = this.command(['LOGOUT']).catch(() => undefined) // it is over either way
    void loggedOut.then(() => clearTimeout(timer)).then(end)
  }

  #newReader(): ResponseReader {
    return new ResponseReader({
      maxHeldOctets: MAX_HELD_OCTETS,
      openLiteral: (text, length) => this.#running.find(command => command.openLiteral)?.openLiteral?.(text, length),
      onResponse: parts => this.#onResponse(parts),
    })
  }

  #attach(socket: Socket): void {
    socket.on('data', this.#onData).on('close', this.#onClose).on('error', this.#onError).on('drain', this.#onDrain)
  }

  #detach(socket: Socket): void {
    socket.off('data', this.#onData).off('close', this.#onClose).off('error', this.#onError).off('drain', this.#onDrain)
    socket.on('error', () => undefined) // whoever holds the socket now sees its end
  }

  readonly #onData = (chunk: Buffer) => {
    this.#silence.heard()
    try {
      this.#reader.push(chunk)
    } catch (error) {
      this.#fail(error)
      return
    }
    this.#rest(this.#rates?.download.take(chunk.length) ?? 0)
  }

  readonly #onClose = () => this.#fail(this.#lost())
  readonly #onError = (cause: Error) => this.#fail(identityRefusal(this.where, cause) ?? this.#lost(cause))

  readonly #onDrain = () => {
    this.#silence.heard() // it takes what we send: it is alive
    this.#writer.drained()
  }

  // Reads nothing until the consumer can take more and the limit of the rate is kept.
  #rest(pauseMs: number): void {
    const drained = this.#running.find(command => command.drained)?.drained?.()
    if ((!drained && pauseMs === 0) || this.#isPaused) return
    this.#isPaused = true
    this.#socket.pause()
    Promise.all([drained, pauseMs > 0 ? sleep(pauseMs) : undefined]).then(
      () => {
        this.#isPaused = false
        this.#silence.heard()
        if (this.#failure === undefined) this.#socket.resume()
      },
      error => this.#fail(error),
    )
  }

  #onResponse(parts: readonly ResponsePart[]): void {
    const only = parts.length === 1 ? parts[0] : undefined
    if (only?.kind === 'text') {
      const taker = this.#running.find(command => command.line)
      if (taker?.line?.(only.octets)) {
        this.#weigh(taker, only.octets.length)
        return
      }
    }
    const response = parseResponse(parts)
    if (response.kind === 'continuation') this.#onContinuation(response.text)
    else if (response.kind === 'tagged') this.#onTagged(response)
    else if (response.kind === 'status') this.#onStatus(response)
    else this.#onUntagged(response, heldOctets(parts))
  }

  #onUntagged(response: DataResponse, octets: number): void {
    if (response.name === 'CAPABILITY') this.#learnCapabilities(response.values)
    const taker = this.#running.find(command => command.data?.[response.name])
    ;(taker ?? this.#unsolicited).data?.[response.name]?.(response)
    if (taker) this.#weigh(taker, octets)
  }

  // Each response may be of honest size, and their number without an end.
  #weigh(command: RunningCommand, octets: number): void {
    command.answerOctets += octets
    if (command.isStream || command.answerOctets <= MAX_ANSWER_OCTETS) return
    throw tooLarge(`more than ${MAX_ANSWER_OCTETS / 1_048_576} MB in answer to one command`)
  }

  #onStatus(response: StatusResponse): void {
    this.#learnFromCode(response.code)
    if (response.status === 'BYE') this.#bye = response
    if (!this.#hasGreeting) {
      this.#hasGreeting = true
      if (response.status !== 'BYE') this.#greeting.resolve(response)
      return
    }
    const { code } = response
    const taker = this.#running.find(command => command.code) ?? this.#unsolicited
    if (code) taker.code?.(code)
    else this.#unsolicited.remark?.()
  }

  #onTagged(response: ImapResponse & { readonly kind: 'tagged' }): void {
    const index = this.#running.findIndex(command => command.tag === response.tag)
    const [command] = index === -1 ? [] : this.#running.splice(index, 1)
    if (!command) return
    this.#learnFromCode(response.code)
    // An answer instead of "go ahead": the literal is not wanted.
    this.#writer.answered(response.tag)
    if (response.status === 'OK') {
      if (response.code) command.code?.(response.code)
      command.resolve({ code: response.code, text: response.text })
    } else {
      command.reject(refusedCommand(this.#where, response))
    }
  }

  #onContinuation(text: string): void {
    if (this.#writer.goAhead()) return
    const line = this.#running.find(command => command.continuation)?.continuation?.(text)
    if (typeof line === 'string') this.#writer.line(line)
    else
      line?.then(
        line => this.#writer.line(line),
        error => this.#fail(error),
      )
  }

  #learnFromCode(code: ResponseCode | undefined): void {
    if (code?.name === 'CAPABILITY') this.#learnCapabilities(code.args)
  }

  #learnCapabilities(values: DataResponse['values']): void {
    this.#capabilities = new Set(values.map(value => textOf(value)?.toUpperCase() ?? ''))
  }

  get #isWaiting(): boolean {
    return !this.#hasGreeting || this.#running.some(command => !command.isAtRest?.())
  }

  #fail(reason: unknown): void {
    if (this.#failure !== undefined) return
    this.#failure = reason
    this.#silence[Symbol.dispose]()
    this.#detach(this.#socket)
    this.#socket.destroy()
    this.#writer.end()
    this.#greeting.reject(reason)
    for (const command of this.#running.splice(0)) command.reject(reason)
    this.#ended.resolve(reason)
  }

  #lost(cause?: Error): PosternError {
    return this.#bye ? endedBy(this.#where, this.#bye) : failures.lost(this.#where, cause)
  }
}

function heldOctets(parts: readonly ResponsePart[]): number {
  return parts.reduce(
    (sum, part) => sum + (part.kind === 'text' ? part.octets.length : part.chunks ? part.length : 0),
    0,
  )
}

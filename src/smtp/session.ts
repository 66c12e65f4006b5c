import { parsePathCommand } from '../formats/smtp/path.ts'
import { isPositive, type SmtpReply } from '../formats/smtp/reply.ts'
import { type SaslExchange, SERVER_MECHANISMS, startMechanism } from '../sasl/server.ts'
import type { SignInAttempt } from '../sasl/sign-in.ts'
import type { MessageSink, Relay, SmtpBackend } from './backend.ts'
import { parseMailParameters, parseRcptParameters } from './parameters.ts'
import { REPLIES } from './replies.ts'

const MAX_RECIPIENTS = 1000 // RFC 5321 section 4.5.3.1.8 asks for 100

/** What the connection does after a reply. */
export type SmtpAction =
  | { readonly kind: 'reply'; readonly reply: SmtpReply }
  | { readonly kind: 'close'; readonly reply: SmtpReply }
  | { readonly kind: 'start-tls'; readonly reply: SmtpReply }
  | { readonly kind: 'challenge'; readonly octets: Buffer }
  | { readonly kind: 'message'; readonly reply: SmtpReply; readonly sink: MessageSink; readonly maxOctets: number }
  /** BDAT's octets follow at once and are thrown away (RFC 3030): CHUNKING is not offered. */
  | { readonly kind: 'skip'; readonly reply: SmtpReply; readonly octets: number }

/** What the connection tells the session. */
export interface SmtpSessionOptions {
  readonly backend: SmtpBackend
  readonly isSecure: boolean
  readonly canStartTls: boolean
}

type State =
  | { readonly kind: 'connected' }
  | { readonly kind: 'greeted' }
  | { readonly kind: 'sasl'; readonly exchange: SaslExchange }
  | { readonly kind: 'signed-in'; readonly profile: string }

interface Transaction {
  recipients: number
  accepted: number
  /** The sender was refused after recipients had been sent along. */
  isRefused: boolean
}

type Handler = (session: SmtpSession, args: string) => SmtpAction | Promise<SmtpAction>

// Legal in every state.
const ALWAYS: Readonly<Record<string, Handler>> = {
  EHLO: (session, args) => session.hello(args, true),
  HELO: (session, args) => session.hello(args, false),
  NOOP: () => reply(REPLIES.ok),
  RSET: session => session.reset(),
  QUIT: () => ({ kind: 'close', reply: REPLIES.bye }),
  VRFY: () => reply(REPLIES.cannotVerify),
  EXPN: () => reply(REPLIES.notImplemented),
  HELP: () => reply(REPLIES.help),
  BDAT: (_session, args) => skip(args),
}

// Legal once the client has said who it is; mail only after it has signed in.
const GREETED: Readonly<Record<string, Handler>> = {
  STARTTLS: session => session.startTls(),
  AUTH: (session, args) => session.auth(args),
  MAIL: () => reply(REPLIES.authRequired),
  RCPT: () => reply(REPLIES.authRequired),
  DATA: () => reply(REPLIES.authRequired),
}

const SIGNED_IN: Readonly<Record<string, Handler>> = {
  STARTTLS: () => reply(REPLIES.badSequence),
  AUTH: () => reply(REPLIES.badSequence),
  MAIL: (session, args) => session.mail(args),
  RCPT: (session, args) => session.rcpt(args),
  DATA: (session, args) => session.data(args),
}

const KNOWN = new Set([...Object.keys(ALWAYS), ...Object.keys(GREETED)])
const HTTP = /^(GET|POST|HEAD|PUT|DELETE|OPTIONS|PATCH|CONNECT|TRACE|PRI) |^Host: /i

/** The verb that may be handled before earlier replies are there (RFC 2920). */
export function isRecipient(octets: Buffer): boolean {
  return /^RCPT\b/i.test(octets.toString('latin1', 0, 5))
}

/** The verb that needs all earlier replies, and does not hold up the recipients that follow. */
export function isSender(octets: Buffer): boolean {
  return /^MAIL\b/i.test(octets.toString('latin1', 0, 5))
}

/** An SMTP submission session (RFC 6409): one line in, one action out. */
export class SmtpSession {
  readonly #backend: SmtpBackend
  readonly #isSecure: boolean
  readonly #canStartTls: boolean
  #state: State = { kind: 'connected' }
  #relay: Relay | undefined
  #transaction: Transaction | undefined
  #hasSpoken = false

  constructor({ backend, isSecure, canStartTls }: SmtpSessionOptions) {
    this.#backend = backend
    this.#isSecure = isSecure
    this.#canStartTls = canStartTls
  }

  /** Handles one line, given without its end. */
  handle(octets: Buffer): SmtpAction | Promise<SmtpAction> {
    const line = octets.toString('utf8')
    if (!this.#hasSpoken && HTTP.test(line)) return { kind: 'close', reply: REPLIES.http }
    this.#hasSpoken = true
    if (this.#state.kind === 'sasl') return this.#saslResponse(this.#state.exchange, line)
    if (/[\x00\r]/.test(line)) return reply(REPLIES.syntax)
    const [, verb = '', args = ''] = /^(\S*)(?: (.*))?$/s.exec(line) ?? []
    return this.#dispatch(verb.toUpperCase(), args)
  }

  /** The client has left. */
  close(): void {
    this.#relay?.close()
  }

  #dispatch(verb: string, args: string): SmtpAction | Promise<SmtpAction> {
    const tables = { connected: {}, greeted: GREETED, sasl: {}, 'signed-in': SIGNED_IN }
    const table: Readonly<Record<string, Handler>> = tables[this.#state.kind]
    const handler = Object.hasOwn(ALWAYS, verb) ? ALWAYS[verb] : Object.hasOwn(table, verb) ? table[verb] : undefined
    if (handler) return handler(this, args)
    return reply(KNOWN.has(verb) ? REPLIES.badSequence : REPLIES.unknown)
  }

  hello(name: string, isExtended: boolean): SmtpAction {
    if (name.trim() === '') return reply(REPLIES.syntax)
    this.#dropTransaction()
    // Any name will do: Outlook sends the machine's NetBIOS name.
    if (this.#state.kind !== 'signed-in') this.#state = { kind: 'greeted' }
    return reply({ code: 250, lines: isExtended ? ['localhost', ...this.#extensions()] : ['localhost'] })
  }

  reset(): SmtpAction {
    this.#dropTransaction()
    return reply(REPLIES.ok)
  }

  startTls(): SmtpAction {
    if (this.#isSecure) return reply(REPLIES.badSequence)
    if (!this.#canStartTls) return reply(REPLIES.tlsUnavailable)
    return { kind: 'start-tls', reply: REPLIES.startTls }
  }

  auth(args: string): SmtpAction | Promise<SmtpAction> {
    const [mechanism = '', initial] = args.split(' ', 2)
    const exchange = startMechanism(mechanism)
    if (!exchange) return reply(REPLIES.unknownMechanism)
    if (initial === undefined) return this.#saslStep(exchange, undefined)
    const octets = decodeBase64(initial === '=' ? '' : initial)
    return octets ? this.#saslStep(exchange, octets) : reply(REPLIES.badBase64)
  }

  async mail(args: string): Promise<SmtpAction> {
    if (this.#transaction || this.#state.kind !== 'signed-in') return reply(REPLIES.badSequence)
    const command = parsePathCommand(args, 'FROM')
    if (!command) return reply(REPLIES.badAddress)
    const options = parseMailParameters(command.parameters)
    if (!options) return reply(REPLIES.unknownParameter)
    if ((options.size ?? 0) > this.#backend.maxMessageOctets(this.#state.profile)) return reply(REPLIES.tooLarge)
    const transaction = { recipients: 0, accepted: 0, isRefused: false }
    this.#transaction = transaction
    this.#relay ??= this.#backend.open(this.#state.profile)
    const answer = await this.#relay.mail(command.path, options)
    transaction.isRefused = !isPositive(answer)
    if (transaction.isRefused && this.#transaction === transaction) this.#transaction = undefined
    return reply(answer)
  }

  async rcpt(args: string): Promise<SmtpAction> {
    const transaction = this.#transaction
    if (!transaction || !this.#relay) return reply(REPLIES.badSequence)
    const command = parsePathCommand(args, 'TO')
    if (!command) return reply(REPLIES.badAddress)
    const options = parseRcptParameters(command.parameters)
    if (!options) return reply(REPLIES.unknownParameter)
    if (transaction.recipients >= MAX_RECIPIENTS) return reply(REPLIES.tooManyRecipients)
    transaction.recipients++
    const answer = await this.#relay.rcpt(command.path, options)
    // The same answer as to a recipient that comes after the refusal.
    if (transaction.isRefused) return reply(REPLIES.badSequence)
    if (isPositive(answer)) transaction.accepted++
    return reply(answer)
  }

  async data(args: string): Promise<SmtpAction> {
    if (args !== '') return reply(REPLIES.syntax)
    if (!this.#transaction || !this.#relay || this.#state.kind !== 'signed-in') return reply(REPLIES.badSequence)
    if (this.#transaction.accepted === 0) return reply(REPLIES.noRecipient)
    const answer = await this.#relay.data()
    if ('code' in answer) {
      this.#dropTransaction()
      return reply(answer)
    }
    this.#transaction = undefined // DATA ends it, whatever comes of it (RFC 5321 section 4.1.1.4)
    const maxOctets = this.#backend.maxMessageOctets(this.#state.profile)
    return { kind: 'message', reply: REPLIES.goAhead, sink: answer, maxOctets }
  }

  #extensions(): string[] {
    const profile = this.#state.kind === 'signed-in' ? this.#state.profile : undefined
    const mechanisms = SERVER_MECHANISMS.join(' ')
    return [
      'PIPELINING',
      `SIZE ${this.#backend.maxMessageOctets(profile)}`,
      '8BITMIME',
      'SMTPUTF8',
      'DSN',
      'ENHANCEDSTATUSCODES',
      ...(this.#canStartTls && !this.#isSecure ? ['STARTTLS'] : []),
      `AUTH ${mechanisms}`,
      `AUTH=${mechanisms}`, // Outlook Express and old Outlooks look for this spelling
    ]
  }

  #saslResponse(exchange: SaslExchange, line: string): SmtpAction | Promise<SmtpAction> {
    this.#state = { kind: 'greeted' }
    if (line === '*') return reply(REPLIES.cancelled)
    const octets = decodeBase64(line)
    return octets ? this.#saslStep(exchange, octets) : reply(REPLIES.badBase64)
  }

  #saslStep(exchange: SaslExchange, response: Buffer | undefined): SmtpAction | Promise<SmtpAction> {
    const step = exchange.next(response)
    if (step.kind === 'malformed') return reply(REPLIES.badBase64)
    if (step.kind === 'attempt') return this.#signIn(step.attempt)
    this.#state = { kind: 'sasl', exchange }
    return { kind: 'challenge', octets: step.octets }
  }

  async #signIn(attempt: SignInAttempt): Promise<SmtpAction> {
    const result = await this.#backend.signIn(attempt)
    if (result.kind === 'unavailable') return reply(REPLIES.notReady)
    if (result.kind === 'refused') return reply(REPLIES.refused)
    this.#state = { kind: 'signed-in', profile: result.profile }
    return reply(REPLIES.signedIn)
  }

  #dropTransaction(): void {
    if (!this.#transaction) return
    this.#transaction = undefined
    this.#relay?.reset()
  }
}

function reply(reply: SmtpReply): SmtpAction {
  return { kind: 'reply', reply }
}

function skip(args: string): SmtpAction {
  const octets = /^(\d{1,15})(?: LAST)?$/i.exec(args)?.[1]
  if (octets === undefined) return reply(REPLIES.syntax)
  return { kind: 'skip', reply: REPLIES.notImplemented, octets: Number(octets) }
}

function decodeBase64(text: string): Buffer | undefined {
  return /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)
    ? Buffer.from(text, 'base64')
    : undefined
}

import { createHash, randomBytes } from 'node:crypto'
import { equalInConstantTime } from '../sasl/constant-time.ts'
import { type SaslExchange, SERVER_MECHANISMS, startMechanism } from '../sasl/server.ts'
import type { SignInAttempt } from '../sasl/sign-in.ts'
import type { Pop3Backend } from './backend.ts'
import { challenge, err, ok, okLines, type Reply } from './reply.ts'

/** Where a session is (RFC 1939 section 3); `sasl` is the middle of an AUTH. */
type State =
  | { readonly kind: 'authorization'; readonly user?: string }
  | { readonly kind: 'sasl'; readonly exchange: SaslExchange }
  | { readonly kind: 'transaction'; readonly profile: string; readonly hasPolled: boolean }

/** What the connection tells the session. */
export interface SessionOptions {
  readonly backend: Pop3Backend
  readonly isSecure: boolean
  readonly canStartTls: boolean
  /** The APOP timestamp, for tests; random by default. */
  readonly timestamp?: string
}

type Handler = (session: Pop3Session, args: string) => Reply | Promise<Reply>

const NO_SUCH_MESSAGE = err('no such message, the maildrop is empty')
const MAIL_ELSEWHERE = ok('maildrop has 0 messages: the mail of this profile is with another account of Outlook')
const NOT_NOW = err('command not valid in this state')
const LANGUAGES = ['en English', 'i-default Default language'] // RFC 6856 section 3
const TIMESTAMP_OCTETS = 12

// A browser that was tricked into talking to us speaks HTTP first: it gets no second line.
const HTTP = /^(GET|POST|HEAD|PUT|DELETE|OPTIONS|PATCH|CONNECT|TRACE|PRI) |^Host: /i

// The commands that are legal in a state are the keys of its table.
const AUTHORIZATION: Readonly<Record<string, Handler>> = {
  CAPA: session => session.capabilities(),
  USER: (session, args) => session.user(args),
  PASS: (session, args) => session.pass(args),
  APOP: (session, args) => session.apop(args),
  AUTH: (session, args) => session.auth(args),
  STLS: session => session.stls(),
  UTF8: () => ok('UTF-8'), // RFC 6856 section 2
  LANG: (_session, args) => language(args),
  NOOP: () => ok('nothing done'), // RFC 1939 has it after sign-in only; keep-alive probes send it before
  QUIT: () => ({ ...ok('bye'), after: 'close' }),
}

const TRANSACTION: Readonly<Record<string, Handler>> = {
  CAPA: session => session.capabilities(),
  STAT: session => session.poll(ok('0 0')),
  LIST: (session, args) => session.poll(args === '' ? okLines('0 messages', []) : NO_SUCH_MESSAGE),
  UIDL: (session, args) => session.poll(args === '' ? okLines('0 messages', []) : NO_SUCH_MESSAGE),
  RETR: () => NO_SUCH_MESSAGE,
  TOP: () => NO_SUCH_MESSAGE,
  DELE: () => NO_SUCH_MESSAGE,
  NOOP: () => ok('nothing done'),
  RSET: () => ok('0 messages'),
  LAST: () => ok('0'), // RFC 1460
  LANG: (_session, args) => language(args),
  QUIT: () => ({ ...ok('bye'), after: 'close' }),
}

const KNOWN = new Set([...Object.keys(AUTHORIZATION), ...Object.keys(TRANSACTION)])

/** A POP3 session on a maildrop that is always empty: one line in, one reply out. */
export class Pop3Session {
  readonly #backend: Pop3Backend
  readonly #timestamp: string
  readonly #isSecure: boolean
  readonly #canStartTls: boolean
  #state: State = { kind: 'authorization' }
  #hasSpoken = false

  constructor({ backend, isSecure, canStartTls, timestamp }: SessionOptions) {
    this.#backend = backend
    this.#isSecure = isSecure
    this.#canStartTls = canStartTls
    this.#timestamp = timestamp ?? `<${randomBytes(TIMESTAMP_OCTETS).toString('hex')}@localhost>`
  }

  /** The first line; APOP clients take the timestamp out of it (RFC 1939 section 7). */
  greeting(): Reply {
    return ok(`Postern ready ${this.#timestamp}`)
  }

  /** Answers one line, given without its end. */
  handle(octets: Buffer): Reply | Promise<Reply> {
    const line = octets.toString('utf8')
    if (!this.#hasSpoken && HTTP.test(line)) return { ...err('this is POP3'), after: 'close' }
    this.#hasSpoken = true
    if (this.#state.kind === 'sasl') return this.#saslResponse(this.#state.exchange, line)
    if (octets.includes(0)) return err('NUL octets are not allowed')
    const [, word = '', args = ''] = /^\s*(\S*)(?: (.*))?$/s.exec(line) ?? []
    return this.#dispatch(word.toUpperCase(), args)
  }

  #dispatch(verb: string, args: string): Reply | Promise<Reply> {
    const table = this.#state.kind === 'transaction' ? TRANSACTION : AUTHORIZATION
    const handler = Object.hasOwn(table, verb) ? table[verb] : undefined
    if (handler) return handler(this, verb === 'PASS' || verb === 'USER' ? args : args.trim())
    return KNOWN.has(verb) ? NOT_NOW : err('unknown command')
  }

  capabilities(): Reply {
    const isSignedIn = this.#state.kind === 'transaction'
    return okLines('capabilities', [
      'USER',
      'UIDL',
      'TOP',
      'RESP-CODES',
      'AUTH-RESP-CODE',
      'PIPELINING',
      `SASL ${SERVER_MECHANISMS.join(' ')}`,
      ...(this.#canStartTls && !isSignedIn ? ['STLS'] : []),
      'UTF8 USER',
      'LANG',
      'IMPLEMENTATION Postern',
    ])
  }

  user(name: string): Reply {
    if (name === '') return err('USER needs a name')
    this.#state = { kind: 'authorization', user: name }
    return ok('send PASS')
  }

  pass(password: string): Reply | Promise<Reply> {
    if (this.#state.kind !== 'authorization' || !this.#state.user) return err('send USER first')
    return this.#signIn({ kind: 'password', user: this.#state.user, password })
  }

  apop(args: string): Reply | Promise<Reply> {
    const [, user, digest] = /^(.+) ([0-9a-fA-F]{32})$/.exec(args) ?? []
    if (!user || !digest) return err('APOP needs a name and a digest')
    const matches = (secret: string) =>
      equalInConstantTime(
        createHash('md5')
          .update(this.#timestamp + secret)
          .digest('hex'),
        digest.toLowerCase(),
      )
    return this.#signIn({ kind: 'digest', user, matches })
  }

  /** RFC 5034; a bare AUTH lists the mechanisms, as Outlook and Thunderbird ask. */
  auth(args: string): Reply | Promise<Reply> {
    if (args === '') return okLines('mechanisms', SERVER_MECHANISMS)
    const [mechanism = '', initial] = args.split(' ', 2)
    const exchange = startMechanism(mechanism)
    if (!exchange) return err('mechanism not supported')
    if (initial === undefined) return this.#saslStep(exchange, undefined)
    const octets = decodeBase64(initial === '=' ? '' : initial)
    return octets ? this.#saslStep(exchange, octets) : err('invalid base64')
  }

  stls(): Reply {
    if (this.#isSecure) return err('TLS is active already')
    if (!this.#canStartTls) return err('[SYS/TEMP] no certificate yet')
    return { ...ok('begin TLS negotiation'), after: 'start-tls' }
  }

  /** Answers a question for mail, and tells the daemon about the first one. */
  poll(reply: Reply): Reply {
    if (this.#state.kind === 'transaction' && !this.#state.hasPolled) {
      this.#state = { ...this.#state, hasPolled: true }
      this.#backend.polled(this.#state.profile)
    }
    return reply
  }

  #saslResponse(exchange: SaslExchange, line: string): Reply | Promise<Reply> {
    this.#state = { kind: 'authorization' }
    if (line === '*') return err('authentication cancelled') // RFC 5034 section 4
    const octets = decodeBase64(line)
    return octets ? this.#saslStep(exchange, octets) : err('invalid base64')
  }

  #saslStep(exchange: SaslExchange, response: Buffer | undefined): Reply | Promise<Reply> {
    const step = exchange.next(response)
    if (step.kind === 'malformed') return err('malformed response')
    if (step.kind === 'attempt') return this.#signIn(step.attempt)
    this.#state = { kind: 'sasl', exchange }
    return challenge(step.octets)
  }

  async #signIn(attempt: SignInAttempt): Promise<Reply> {
    this.#state = { kind: 'authorization' }
    const result = await this.#backend.signIn(attempt)
    if (result.kind === 'unavailable') return err('[SYS/TEMP] starting up, try again in a moment')
    if (result.kind === 'refused') return err('[AUTH] wrong user name or local password')
    this.#state = { kind: 'transaction', profile: result.profile, hasPolled: false }
    return this.#backend.hasMailElsewhere?.(result.profile) ? MAIL_ELSEWHERE : ok('maildrop has 0 messages')
  }
}

function language(args: string): Reply {
  if (args === '') return okLines('languages', LANGUAGES)
  return /^(en|i-default|\*)(-|$)/i.test(args) ? ok('en answers are in English') : err('language not supported')
}

function decodeBase64(text: string): Buffer | undefined {
  return /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)
    ? Buffer.from(text, 'base64')
    : undefined
}

import type { ClientLine, CommandEvent } from '../formats/imap/command/command-event.ts'
import { type ImapCommand, parseCommand, type RejectedCommand } from '../formats/imap/command/command-parser.ts'
import type { CommandPiece } from '../formats/imap/command/command-piece.ts'
import { UidSet } from '../formats/imap/uid-set.ts'
import { type AccountNews, ImapRefusal } from './backend.ts'
import type { Handler, Services } from './commands/handler.ts'
import { Append } from './commands/messages/append.ts'
import { newsOptions } from './commands/news-options.ts'
import { capabilitiesOf } from './commands/session/any-state.ts'
import { authenticateLine } from './commands/session/authenticate.ts'
import { endIdle } from './commands/session/idle.ts'
import { AUTHENTICATED, NOT_AUTHENTICATED, SELECTED } from './commands/tables.ts'
import { BadCommand, bad, type Completion, type Done, no, refusal, taggedLine } from './completion.ts'
import { MailboxGone, type NewsOptions } from './mailbox/mailbox-news.ts'
import { SessionNews } from './session-news.ts'
import type { Authenticated, Selected, State } from './session-state.ts'
import type { Wire } from './wire.ts'

/** What lets the literal of an APPEND come, or not: the splitter that announces it. */
export interface LiteralGate {
  accept(): void
  refuse(): void
}

/** Options of an {@link ImapSession}. */
export interface SessionOptions {
  readonly services: Services
  readonly gate: LiteralGate
  /** Called when there is news for a client that is idle, or has said NOTIFY. */
  readonly onNews: () => void
}

const SIGNED_OUT: State = { kind: 'not-authenticated' }
const NOT_NOW = 'this command is not valid in this state'
// Not NO: a SELECT that is answered NO has closed the mailbox (RFC 9051 section 6.3.2), and nobody knows what this one was.
const REFUSED = {
  'line-too-long': bad('the line is too long'),
  'literal-too-large': { ...bad('a string is too long'), code: 'LIMIT' },
  'command-too-large': { ...bad('the command is too long'), code: 'LIMIT' },
  'by-caller': bad('the command came to nothing'),
} as const

// A browser that was tricked into talking to us speaks HTTP first: it gets no second line.
const HTTP = /^(GET|POST|HEAD|PUT|DELETE|OPTIONS|PATCH|CONNECT|TRACE|PRI) [^ ]* HTTP\//i

/** An IMAP session (RFC 9051): commands in, responses out. Each answer must be read to its end before the next one. */
export class ImapSession implements AsyncDisposable {
  readonly #services: Services
  readonly #gate: LiteralGate
  readonly #onNews: () => void
  readonly #news: SessionNews
  #state: State = SIGNED_OUT
  #append: Append | undefined
  #watch: Disposable | undefined
  #hasSpoken = false

  constructor({ services, gate, onNews }: SessionOptions) {
    this.#services = services
    this.#gate = gate
    this.#onNews = onNews
    this.#news = new SessionNews(onNews)
  }

  get state(): State['kind'] {
    return this.#state.kind
  }

  /** Whether the client's next line is no command. */
  get expectsLine(): boolean {
    return this.#state.kind === 'sasl' || this.#state.kind === 'idle'
  }

  /** Whether the client is to be told something, if no command is under way. */
  get hasNews(): boolean {
    return this.#news.isDue(this.#state)
  }

  /** The first line. */
  greeting(): Wire {
    return `* OK [CAPABILITY ${capabilitiesOf(this.#services, false)}] Postern ready\r\n`
  }

  /** The last line of a server that is stopping. */
  stopping(): Wire {
    return '* BYE the server is stopping\r\n'
  }

  /** Answers what the client has sent. */
  async *handle(event: CommandEvent): AsyncGenerator<Wire> {
    switch (event.kind) {
      case 'continue':
        yield '+ go ahead\r\n'
        return
      case 'command':
        yield* this.#command(event.pieces)
        return
      case 'refused':
        yield* this.#refused(event)
        return
      case 'broken':
        yield '* BYE the literal is too large\r\n'
        this.#state = { kind: 'logout' }
        return
      case 'append-end':
        yield* this.#endAppend(event.pieces)
        return
      default:
        yield* this.#appendStep(event)
    }
  }

  /** Answers a line that is no command. */
  async *handleLine(line: ClientLine): AsyncGenerator<Wire> {
    const octets = line.kind === 'line' ? line.octets : undefined
    if (this.#state.kind === 'sasl') {
      const { tag, exchange } = this.#state
      yield* this.#complete(tag, yield* authenticateLine({ tag, exchange, services: this.#services }, octets))
    } else if (this.#state.kind === 'idle') {
      const { tag, during } = this.#state
      yield* this.#complete(tag, endIdle(octets, during), { canExpunge: true })
    }
  }

  /** Tells the client what has changed while no command is under way. */
  async *tellNews(): AsyncGenerator<Wire> {
    yield* this.#unlessGone(this.#news.tellNow(this.#state))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#watch?.[Symbol.dispose]()
    this.#watch = undefined
    this.#news[Symbol.dispose]()
    const append = this.#append
    this.#append = undefined
    await append?.[Symbol.asyncDispose]()
  }

  get #user(): Authenticated | Selected | undefined {
    return this.#state.kind === 'authenticated' || this.#state.kind === 'selected' ? this.#state : undefined
  }

  async *#command(pieces: readonly CommandPiece[]): AsyncGenerator<Wire> {
    const [first] = pieces
    if (!this.#hasSpoken && first?.kind === 'text' && HTTP.test(first.octets.toString('latin1', 0, 4096))) {
      yield '* BYE this is IMAP\r\n'
      this.#state = { kind: 'logout' }
      return
    }
    this.#hasSpoken = true
    const parsed = parseCommand(pieces, this.#user?.dialect ?? { isUtf8: false })
    if (parsed.kind !== 'command') {
      yield taggedLine(parsed.tag, this.#reject(parsed))
      return
    }
    const { tag, command } = parsed
    const completion = yield* this.#obey(tag, command)
    yield* this.#complete(tag, completion, newsOptions(command, completion.status))
  }

  #reject(rejected: RejectedCommand): Done {
    if (rejected.kind === 'malformed') return bad(rejected.reason)
    if (this.#state.kind !== 'selected') return bad(NOT_NOW)
    if (rejected.isSaved) this.#state.open.saved = UidSet.EMPTY
    return no(rejected.reason, 'BADCHARSET')
  }

  async *#obey(tag: string, command: ImapCommand): AsyncGenerator<Wire, Completion> {
    const handler = this.#findHandler(command.kind)
    if (!handler) return bad(NOT_NOW)
    try {
      const answer = handler(command, { tag, state: this.#state, services: this.#services })
      return Symbol.asyncIterator in answer ? yield* answer : await answer
    } catch (error) {
      if (error instanceof ImapRefusal) return refusal(error)
      if (error instanceof BadCommand) return bad(error.message)
      if (!(error instanceof MailboxGone)) throw error
      yield* this.#mailboxGone()
      return no('the mailbox is gone', 'NONEXISTENT')
    }
  }

  #findHandler(kind: ImapCommand['kind']): Handler<ImapCommand, State> | undefined {
    const tables = { 'not-authenticated': NOT_AUTHENTICATED, authenticated: AUTHENTICATED, selected: SELECTED }
    const table = Object.entries(tables).find(([state]) => state === this.#state.kind)?.[1]
    // The table is that of the state, and the key that of the command: TypeScript cannot follow that.
    return table?.[kind as keyof typeof table] as Handler<ImapCommand, State> | undefined
  }

  /** Goes over into the next state, tells news, and ends the command. */
  async *#complete(tag: string, completion: Completion, news?: NewsOptions): AsyncGenerator<Wire> {
    if (completion.next && this.#state.kind !== 'logout') this.#enter(completion.next)
    if (completion.status === 'later') return
    const user = this.#user
    if (news && user && completion.status !== 'BAD') yield* this.#unlessGone(this.#news.tell(user, news))
    yield taggedLine(tag, completion)
  }

  #enter(next: State): void {
    this.#news.entering(this.#state, next)
    this.#state = next
    if (next.kind === 'authenticated') this.#watch ??= next.account.watch(news => this.#hear(news))
  }

  #hear(news: AccountNews): void {
    const user = this.#state.kind === 'idle' ? this.#state.during : this.#user
    if (!user) return
    this.#news.hear(news, user)
    if (this.hasNews) this.#onNews()
  }

  async *#unlessGone(wires: AsyncGenerator<Wire>): AsyncGenerator<Wire> {
    try {
      yield* wires
    } catch (error) {
      if (!(error instanceof MailboxGone)) throw error
      yield* this.#mailboxGone()
    }
  }

  *#mailboxGone(): Iterable<Wire> {
    yield '* BYE the open mailbox is gone\r\n'
    this.#state = { kind: 'logout' }
  }

  async *#appendStep(event: CommandEvent & { readonly kind: `append-${string}` }): AsyncGenerator<Wire> {
    if (event.kind === 'append-octets' || event.kind === 'append-literal-end') {
      const append = this.#append
      const goesOn = event.kind === 'append-octets' ? append?.write(event.octets) : append?.endMessage()
      if (!(await goesOn)) this.#gate.refuse()
    } else if (event.kind === 'append-literal') {
      const user = this.#user
      if (user) this.#append ??= new Append(user, this.#services)
      if (await this.#append?.announce(event.pieces)) {
        this.#gate.accept()
        if (event.isSynchronizing) yield '+ go ahead\r\n'
      } else {
        this.#gate.refuse()
      }
    }
  }

  async *#endAppend(pieces: readonly CommandPiece[]): AsyncGenerator<Wire> {
    const append = this.#append
    this.#append = undefined
    if (!append) return
    yield* this.#complete(append.tag ?? '*', await append.finish(pieces), { canExpunge: true })
  }

  /** A command has ended that was not let in; without a tag it was none. */
  async *#refused(event: CommandEvent & { readonly kind: 'refused' }): AsyncGenerator<Wire> {
    const append = this.#append
    this.#append = undefined
    await append?.[Symbol.asyncDispose]()
    const done: Done = event.reason === 'by-caller' ? (append?.refusal ?? bad(NOT_NOW)) : REFUSED[event.reason]
    yield taggedLine(event.tag, done)
  }
}

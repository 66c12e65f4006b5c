import type { ImapCommand } from '../formats/imap/command/command-parser.ts'
import type { CommandDialect } from '../formats/imap/command/command-reader.ts'
import type { SaslExchange } from '../sasl/server.ts'
import type { SignInAttempt } from '../sasl/sign-in.ts'
import { type AccountNews, type ImapAccount, type ImapBackend, ImapRefusal, type Mailbox } from './backend.ts'
import { capabilities } from './capabilities.ts'
import type { CommandHandler } from './commands/handler.ts'
import { COMMANDS } from './commands/table.ts'
import type { OpenMailbox } from './open-mailbox.ts'
import { bad, no, ok, type Reply, replyLine } from './reply.ts'
import type { Wire } from './wire.ts'

const MAX_FAILURES = 5
const FIRST_DELAY_MS = 1000

/** Where a session is (RFC 9051 section 3). */
export type SessionState =
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'authenticated'; readonly account: ImapAccount }
  | { readonly kind: 'selected'; readonly account: ImapAccount; readonly open: OpenMailbox }

/** What the connection tells the session. */
export interface SessionOptions {
  readonly backend: ImapBackend
  readonly isSecure: boolean
  readonly canStartTls: boolean
  /** Is called when something may be told. */
  readonly onNews: () => void
  /** Waits so many ms after a wrong password; for tests. */
  readonly delay: (ms: number) => Promise<void>
}

/** What the connection does after a command. */
export type After = 'idle' | 'start-tls' | 'close'

/** An IMAP session: parsed commands in, wire texts out. */
export class ImapSession implements Disposable {
  readonly #options: SessionOptions
  #state: SessionState = { kind: 'anonymous' }
  #watch: Disposable | undefined
  #failures = 0
  /** What ENABLE and commands of CONDSTORE have switched on. */
  readonly enabled = new Set<'CONDSTORE' | 'QRESYNC' | 'UTF8=ACCEPT' | 'IMAP4REV2'>()
  /** An AUTHENTICATE that waits for the client. */
  exchange: { readonly tag: string; readonly sasl: SaslExchange } | undefined
  /** An IDLE that waits for DONE. */
  idleTag: string | undefined
  after: After | undefined

  constructor(options: SessionOptions) {
    this.#options = options
  }

  get dialect(): CommandDialect {
    return { isUtf8: this.isUtf8 }
  }

  get isUtf8(): boolean {
    return this.enabled.has('UTF8=ACCEPT') || this.enabled.has('IMAP4REV2')
  }

  /** Whether mod-sequences are told unasked. */
  get isCondstore(): boolean {
    return this.enabled.has('CONDSTORE') || this.enabled.has('QRESYNC')
  }

  get isSignedIn(): boolean {
    return this.#state.kind !== 'anonymous'
  }

  get state(): SessionState {
    return this.#state
  }

  get capabilities(): string {
    return capabilities({ isSignedIn: this.isSignedIn, canStartTls: this.#options.canStartTls })
  }

  /** The first line. */
  greeting(): string {
    return replyLine('*', ok('Postern ready', `CAPABILITY ${this.capabilities}`))
  }

  /** Answers a command. Rejects for bugs only. */
  async *handle(tag: string, command: ImapCommand): AsyncGenerator<Wire> {
    const handler: CommandHandler | undefined = COMMANDS[command.kind]
    if (!handler?.states.includes(this.#state.kind)) {
      yield replyLine(tag, bad(handler ? 'command not valid in this state' : 'unknown command'))
      return
    }
    let reply: Reply | undefined
    try {
      reply = yield* handler.run({ session: this, tag, command })
    } catch (error) {
      if (!(error instanceof ImapRefusal)) throw error
      reply = no(error.message, error.code)
    }
    if (!reply) return // goes on with the next line
    yield await this.news(handler.mayExpunge(command))
    yield replyLine(tag, reply)
  }

  /** What is to be told of the open mailbox now; empty when there is nothing. */
  async news(mayExpunge: boolean, known?: ReadonlySet<number>): Promise<string> {
    const state = this.#state
    if (state.kind !== 'selected') return ''
    const { account, open } = state
    const { isCondstore } = this
    const options = { mayExpunge, isCondstore, isQresync: this.enabled.has('QRESYNC') }
    const text = await open.news(account, known ? { ...options, known } : options)
    if (text !== undefined) return text
    // RFC 9051 has no word for a mailbox that is gone under a client's feet: it is closed as if another were opened.
    this.leave()
    return replyLine('*', ok('the mailbox is gone', 'CLOSED'))
  }

  /** Decides a sign-in; a wrong one takes longer each time. */
  async signIn(attempt: SignInAttempt): Promise<Reply> {
    const result = await this.#options.backend.signIn(attempt)
    if (result.kind === 'unavailable') return no('secrets are not loaded yet, try again', 'UNAVAILABLE')
    if (result.kind === 'refused') return this.#refuse()
    const account = this.#options.backend.account(result.profile)
    this.#state = { kind: 'authenticated', account }
    this.#watch = account.watch(news => this.#onNews(news))
    return ok('signed in', `CAPABILITY ${this.capabilities}`)
  }

  async #refuse(): Promise<Reply> {
    await this.#options.delay(FIRST_DELAY_MS * 2 ** this.#failures++)
    if (this.#failures >= MAX_FAILURES) this.after = 'close'
    return no('wrong user name or password', 'AUTHENTICATIONFAILED')
  }

  /** Opens a mailbox in place of the one that is open. */
  select(open: OpenMailbox): void {
    if (this.#state.kind === 'anonymous') return
    this.#state = { kind: 'selected', account: this.#state.account, open }
  }

  /** Closes the open mailbox. */
  leave(): void {
    if (this.#state.kind === 'selected') this.#state = { kind: 'authenticated', account: this.#state.account }
  }

  /** Finds a mailbox by its name. */
  async find(path: string): Promise<Mailbox> {
    if (this.#state.kind === 'anonymous') throw new Error('nobody has signed in')
    const found = (await this.#state.account.mailboxes()).find(mailbox => mailbox.path === path)
    if (!found) throw new ImapRefusal('NONEXISTENT', 'there is no such mailbox')
    return found
  }

  /** What separates the levels of names. */
  async delimiter(): Promise<string> {
    const mailboxes = this.#state.kind === 'anonymous' ? [] : await this.#state.account.mailboxes()
    return mailboxes.find(({ delimiter }) => delimiter !== undefined)?.delimiter ?? '/'
  }

  get options(): SessionOptions {
    return this.#options
  }

  [Symbol.dispose](): void {
    this.#watch?.[Symbol.dispose]()
  }

  #onNews(news: AccountNews): void {
    if (this.#state.kind !== 'selected') return
    if (news.kind === 'mailbox' && news.mailbox !== this.#state.open.mailbox.id) return
    this.#state.open.isStale = true
    this.#options.onNews()
  }
}

import type { AppendMessage } from '../formats/imap/command/arguments/append.ts'
import type { CommandEvent } from '../formats/imap/command/command-event.ts'
import {
  parseAppendEnd,
  parseAppendNext,
  parseAppendStart,
  type RejectedCommand,
} from '../formats/imap/command/command-parser.ts'
import { UidSet } from '../formats/imap/uid-set.ts'
import { type AppendSink, ImapRefusal } from './backend.ts'
import { APPEND_LIMIT } from './capabilities.ts'
import { bad, no, ok, type Reply } from './reply.ts'
import type { ImapSession } from './session.ts'

type LiteralEvent = Extract<CommandEvent, { readonly kind: 'append-literal' }>

/** An APPEND of one or several messages (RFC 9051 section 6.3.12, RFC 3502), octet by octet into the backend's sink. */
export class Append implements AsyncDisposable {
  readonly #session: ImapSession
  #tag: string | undefined
  #mailbox: number | undefined
  #sink: AppendSink | undefined
  #previous: AppendMessage | undefined
  /** Why it will come to nothing. */
  #refusal: Reply | undefined

  constructor(session: ImapSession) {
    this.#session = session
  }

  get tag(): string {
    return this.#tag ?? '*'
  }

  /** Decides on a message that is announced: whether its octets are to come. */
  async announce({ pieces }: LiteralEvent): Promise<boolean> {
    return this.#guarded(async () => {
      const message = this.#previous ? this.#next(parseAppendNext(pieces, this.#previous)) : await this.#start(pieces)
      if (!message) return
      this.#previous = message
      if (message.octets > APPEND_LIMIT) throw new ImapRefusal('LIMIT', 'the message is too large')
      await this.#sink?.begin({ ...message })
    })
  }

  /** Takes octets of the message. They stay good until the promise resolves only. */
  async write(octets: Buffer): Promise<boolean> {
    return this.#guarded(async () => this.#sink?.write(octets))
  }

  async endMessage(): Promise<boolean> {
    return this.#guarded(async () => this.#sink?.end())
  }

  /** Makes all of it visible, or says why not. */
  async finish(pieces: Extract<CommandEvent, { readonly kind: 'append-end' }>['pieces']): Promise<Reply> {
    let reply: Reply | undefined
    await this.#guarded(async () => {
      if (!this.#previous || !this.#sink) throw new Error('an APPEND without a message')
      const end = parseAppendEnd(pieces, this.#previous)
      if (end.kind !== 'end') return this.#reject(end)
      if (this.#previous.octets === 0) return this.#refuse(no('taken back')) // RFC 3502 section 6.3.11
      const { uidValidity, uids } = await this.#sink.finish()
      const { state } = this.#session
      if (state.kind === 'selected' && state.open.mailbox.id === this.#mailbox) state.open.isStale = true
      reply = ok('appended', `APPENDUID ${uidValidity} ${UidSet.of(uids)}`)
    })
    return reply ?? this.refusal
  }

  /** What is answered when it has come to nothing. */
  get refusal(): Reply {
    return this.#refusal ?? no('the message was not taken')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sink?.[Symbol.asyncDispose]()
  }

  async #start(pieces: LiteralEvent['pieces']): Promise<AppendMessage | undefined> {
    const start = parseAppendStart(pieces, this.#session.dialect)
    if (start.kind !== 'append') return this.#reject(start)
    this.#tag = start.tag
    const { state } = this.#session
    if (state.kind === 'anonymous') return this.#refuse(bad('command not valid in this state'))
    const mailbox = await this.#session.find(start.mailbox).catch(error => {
      if (error instanceof ImapRefusal) throw new ImapRefusal('TRYCREATE', 'there is no such mailbox')
      throw error
    })
    this.#mailbox = mailbox.id
    this.#sink = state.account.append(mailbox.id)
    return start.message
  }

  #next(next: ReturnType<typeof parseAppendNext>): AppendMessage | undefined {
    return next.kind === 'message' ? next.message : this.#reject(next)
  }

  #reject(rejected: RejectedCommand): undefined {
    this.#tag ??= rejected.tag
    return this.#refuse(bad(rejected.reason))
  }

  #refuse(reply: Reply): undefined {
    this.#refusal = reply
    return undefined
  }

  // Once refused it stays so; what the client is told comes at the end of the command.
  async #guarded(work: () => Promise<unknown>): Promise<boolean> {
    if (this.#refusal) return false
    try {
      await work()
    } catch (error) {
      if (!(error instanceof ImapRefusal)) throw error
      this.#refuse(no(error.message, error.code))
    }
    return this.#refusal === undefined
  }
}

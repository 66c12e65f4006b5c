import type { AppendMessage } from '../../../formats/imap/command/arguments/append.ts'
import { parseAppendEnd, parseAppendNext, parseAppendStart } from '../../../formats/imap/command/command-parser.ts'
import type { CommandPiece } from '../../../formats/imap/command/command-piece.ts'
import { UidSet } from '../../../formats/imap/uid-set.ts'
import { type AppendSink, ImapRefusal } from '../../backend.ts'
import { bad, type Done, no, ok, refusal } from '../../completion.ts'
import { getTarget } from '../../mailbox/find-mailbox.ts'
import { expectOwn } from '../../mailbox/mailbox-news.ts'
import type { Authenticated, Selected } from '../../session-state.ts'
import type { Services } from '../handler.ts'

/**
 * An APPEND, message by message (RFC 9051 section 6.3.12, RFC 3502). Its steps tell whether the command may go on; when it
 * may not, {@link refusal} says why, and nothing has been kept.
 */
export class Append implements AsyncDisposable {
  readonly #state: Authenticated | Selected
  readonly #services: Services
  #tag: string | undefined
  #mailbox = 0
  #sink: AppendSink | undefined
  #message: AppendMessage | undefined
  #refusal: Done | undefined

  constructor(state: Authenticated | Selected, services: Services) {
    this.#state = state
    this.#services = services
  }

  get tag(): string | undefined {
    return this.#tag
  }

  get refusal(): Done | undefined {
    return this.#refusal
  }

  /** Takes what stands before the literal of a message. */
  announce(pieces: readonly CommandPiece[]): Promise<boolean> {
    return this.#guard(async () => {
      const message = this.#message ? this.#readNext(pieces, this.#message) : await this.#readStart(pieces)
      if (!message) return
      this.#message = message
      this.#refusal = this.#refusalOf(message)
      if (this.#refusal) return
      this.#sink ??= this.#state.account.append(this.#mailbox)
      const { flags, internalDateMs, octets } = message
      await this.#sink.begin({ flags, internalDateMs, octets })
    })
  }

  write(octets: Buffer): Promise<boolean> {
    return this.#guard(async () => this.#sink?.write(octets))
  }

  endMessage(): Promise<boolean> {
    return this.#guard(async () => this.#sink?.end())
  }

  /** Takes the end of the command. What the sink has needed goes, whatever comes of it. */
  async finish(pieces: readonly CommandPiece[]): Promise<Done> {
    try {
      return await this.#finish(pieces)
    } finally {
      await this[Symbol.asyncDispose]()
    }
  }

  async #finish(pieces: readonly CommandPiece[]): Promise<Done> {
    let done: Done = no('there was no message')
    const isWhole = await this.#guard(async () => {
      const end = this.#message && parseAppendEnd(pieces, this.#message)
      if (end?.kind !== 'end') this.#refusal = bad(end?.reason ?? 'a message is missing')
      else if (this.#sink) done = this.#appended(await this.#sink.finish())
    })
    return isWhole ? done : (this.#refusal ?? done)
  }

  #appended({ uidValidity, uids }: { readonly uidValidity: number; readonly uids: readonly number[] }): Done {
    if (this.#state.kind === 'selected' && this.#state.open.id === this.#mailbox) expectOwn(this.#state, uids)
    return ok('appended', uids.length === 0 ? '' : `APPENDUID ${uidValidity} ${UidSet.of(uids)}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const sink = this.#sink
    this.#sink = undefined
    await sink?.[Symbol.asyncDispose]()
  }

  async #readStart(pieces: readonly CommandPiece[]): Promise<AppendMessage | undefined> {
    const start = parseAppendStart(pieces, this.#state.dialect)
    this.#tag = start.tag
    if (start.kind !== 'append') {
      this.#refusal = bad(start.reason)
      return undefined
    }
    this.#mailbox = (await getTarget(this.#state.account, start.mailbox)).id
    return start.message
  }

  #readNext(pieces: readonly CommandPiece[], previous: AppendMessage): AppendMessage | undefined {
    const next = parseAppendNext(pieces, previous)
    if (next.kind === 'message') return next.message
    this.#refusal = bad(next.reason)
    return undefined
  }

  #refusalOf({ octets, isUtf8 }: AppendMessage): Done | undefined {
    if (octets === 0) return no('the messages are taken back') // RFC 3502 section 6.3.11
    if (octets > this.#services.appendLimitOctets) return no('the message is too large', 'TOOBIG') // RFC 7889 section 4
    if (isUtf8 && !this.#state.dialect.isUtf8) return bad('UTF8=ACCEPT was not enabled')
    return undefined
  }

  async #guard(step: () => Promise<void>): Promise<boolean> {
    try {
      await step()
    } catch (error) {
      if (!(error instanceof ImapRefusal)) throw error
      this.#refusal = refusal(error)
    }
    if (!this.#refusal) return true
    await this[Symbol.asyncDispose]()
    return false
  }
}

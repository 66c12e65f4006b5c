import type { FetchItem } from '../../formats/imap/command/arguments/fetch.ts'
import { type ImapAccount, ImapRefusal, type RefusalCode } from '../backend.ts'
import { type Done, no, taggedLine } from '../completion.ts'
import type { MessageNumbers } from '../message-numbers.ts'
import type { Wire } from '../wire.ts'
import { FairTurn } from './fair-turn.ts'
import { type FetchNeeds, fetchNeeds } from './fetch-needs.ts'
import { type FetchedMessage, fetchedMessages } from './fetched-message.ts'
import { HeldSections } from './held-sections.ts'
import { itemText, type TextItem, textItems } from './item-text.ts'
import { MessageOctets } from './message-octets.ts'
import { type PreparedSection, PreparedSections } from './prepared-sections.ts'
import { readAhead } from './read-ahead.ts'
import { type OctetItem, partEncoding } from './section-source.ts'
import { type MarkedMessage, markSeen } from './seen-marking.ts'
import { SmallOctets } from './small-octets.ts'
import { TornResponse } from './torn-response.ts'
import { WireBatch } from './wire-batch.ts'

const MARKED_MESSAGES = 16 // that become \Seen together: when a connection ends, no more are marked and were not told
const MAX_REFUSALS = 16 // each may be a question to a server that does not answer
const OWN_REFUSALS: ReadonlySet<RefusalCode | undefined> = new Set(['CORRUPTION', 'UNKNOWN-CTE']) // no server was asked

/** What a client wants to know of which messages. */
export interface FetchRequest {
  readonly mailbox: number
  /** Ascending; those that are not in `numbers` are left out. */
  readonly uids: Uint32Array
  readonly items: readonly FetchItem[]
  readonly numbers: MessageNumbers
  /** UID FETCH, whose responses always have the UID (RFC 9051 section 6.4.9). */
  readonly isUid: boolean
  /** Whether flags are told with their mod-sequence (RFC 7162 section 3.2). */
  readonly isCondstore: boolean
  /** Whether strings may be in UTF-8 (RFC 6855). */
  readonly isUtf8: boolean
  /** Nothing becomes \\Seen. */
  readonly isReadOnly: boolean
}

/**
 * Answers FETCH: messages ascending, those that are gone left out. Texts come many responses at a time; octets of bodies as
 * the account gives them.
 *
 * Sections without PEEK make their messages \\Seen, some messages at a time, in this order: what is not here is fetched and
 * what cannot be told is found out; the flags are stored; the rows are read again; the messages are told, with the flags
 * that they have now. So a message that is refused is not marked, and what is told of flags is stored. A message may be
 * marked and not told when the connection ends in between.
 *
 * Where the flags cannot be stored, as on a full disk, the messages are told all the same, unmarked, with a warning: mail
 * can be read. A message of which something cannot be told has no response at all, and all others have theirs: a program that reads a
 * folder is not stopped by one damaged message.
 *
 * @throws {ImapRefusal} the first one, after all other messages were told, or once there were too many that may have been
 *   questions to a server
 * @throws {TornResponse} when it is too late for that: the connection must end
 */
export async function* fetchResponses(account: ImapAccount, request: FetchRequest): AsyncGenerator<Wire> {
  yield* new FetchAnswer(account, request).wires()
}

class FetchAnswer {
  readonly #account: ImapAccount
  readonly #request: FetchRequest
  readonly #needs: FetchNeeds
  readonly #octetItems: readonly OctetItem[]
  readonly #textItems: readonly TextItem[]
  readonly #textItemsWithFlags: readonly TextItem[]
  readonly #batch = new WireBatch()
  readonly #turn = new FairTurn()
  readonly #heldSections: HeldSections | undefined
  #small: SmallOctets | undefined
  /** Octets that a rehearsal has read, of no more than a group of messages. */
  readonly #rehearsed = new Map<number, Buffer>()
  #refusal: ImapRefusal | undefined
  /** Why messages that are told could not be marked. */
  #unmarked: ImapRefusal | undefined
  #refusals = 0

  constructor(account: ImapAccount, request: FetchRequest) {
    const { items } = request
    this.#account = account
    this.#request = request
    this.#needs = fetchNeeds(request)
    this.#octetItems = items.filter(item => item.kind !== 'plain' && item.kind !== 'preview')
    this.#heldSections = this.#needs.octets && HeldSections.of(this.#octetItems, this.#needs.octets)
    this.#textItems = textItems(request, false)
    this.#textItemsWithFlags = textItems(request, true)
  }

  async *wires(): AsyncGenerator<Wire> {
    const { mailbox, numbers } = this.#request
    const uids = this.#request.uids.filter(uid => numbers.numberOf(uid) !== undefined)
    const part = this.#needs.octets
    await using small = part && new SmallOctets(this.#account, { mailbox, uids, part })
    this.#small = small
    try {
      yield* this.#tell(uids)
    } catch (error) {
      yield* this.#batch.take()
      throw error
    }
    if (this.#unmarked) this.#batch.add(taggedLine(undefined, unmarked(this.#unmarked)))
    yield* this.#batch.take()
    if (this.#refusal) throw this.#refusal
  }

  /** Where a page is refused and nobody says for which message, halves of what is left are read. */
  async *#tell(uids: Uint32Array): AsyncGenerator<Wire> {
    const { mailbox } = this.#request
    let last = 0
    try {
      for await (const page of readAhead(fetchedMessages(this.#account, { mailbox, uids }, this.#needs))) {
        last = page.at(-1)?.uid ?? last
        const messages = page.filter(message => this.#isKnown(message))
        if (this.#needs.setsSeen) yield* this.#pageToMark(messages)
        else yield* this.#responses(messages)
      }
    } catch (error) {
      if (!(error instanceof ImapRefusal) || this.#refusals > MAX_REFUSALS) throw error
      const rest = uids.filter(uid => uid > last)
      if (rest.length <= 1) return this.#refuse(error)
      const half = rest.length >> 1
      yield* this.#tell(rest.subarray(0, half))
      yield* this.#tell(rest.subarray(half))
    }
  }

  async *#pageToMark(page: readonly FetchedMessage[]): AsyncGenerator<Wire> {
    for (let at = 0; at < page.length; at += MARKED_MESSAGES) {
      yield* this.#batch.take()
      const messages = await this.#tellable(page.slice(at, at + MARKED_MESSAGES))
      yield* this.#responses(await this.#marked(messages))
    }
  }

  /** Those that are not refused. */
  async #tellable(messages: readonly FetchedMessage[]): Promise<readonly FetchedMessage[]> {
    const tellable: FetchedMessage[] = []
    this.#rehearsed.clear()
    for (const message of messages) {
      try {
        await this.#rehearse(message)
        tellable.push(message)
      } catch (error) {
        this.#refuse(error)
      }
    }
    return tellable
  }

  async #marked(messages: readonly FetchedMessage[]): Promise<readonly MarkedMessage[]> {
    try {
      return await markSeen(this.#account, { mailbox: this.#request.mailbox, facts: this.#needs.facts }, messages)
    } catch (error) {
      if (!(error instanceof ImapRefusal)) throw error
      this.#unmarked ??= error
      return messages
    }
  }

  /** Notes why a message is not told; one that is gone is no reason to refuse anything. */
  #refuse(error: unknown): void {
    if (!(error instanceof ImapRefusal)) throw error
    if (error.code === 'EXPUNGEISSUED') return
    this.#refusal ??= error
    if (OWN_REFUSALS.has(error.code)) return
    if (++this.#refusals > MAX_REFUSALS) throw error
  }

  #isKnown({ details }: FetchedMessage): boolean {
    if (!details?.refusal) return true
    this.#refuse(details.refusal)
    return false
  }

  /** Does what may be refused. Nothing can be of octets that are held, but an encoding. */
  async #rehearse(message: FetchedMessage): Promise<void> {
    const octets = this.#octetsOf(message)
    for (const item of this.#octetItems) if (item.kind !== 'body') partEncoding(octets.structure, item.path)
    const held = await this.#small?.take(message.uid)
    if (held) {
      this.#rehearsed.set(message.uid, held)
      return
    }
    const sections = await PreparedSections.prepare(octets, this.#octetItems)
    await sections[Symbol.asyncDispose]()
  }

  async *#responses(messages: readonly MarkedMessage[]): AsyncGenerator<Wire> {
    for (const message of messages) {
      if (this.#octetItems.length === 0) this.#batch.add(`${this.#head(message)})\r\n`)
      else yield* this.#responseWithOctets(message)
      if (this.#batch.isFull) yield* this.#batch.take()
    }
  }

  async *#responseWithOctets(message: MarkedMessage): AsyncGenerator<Wire> {
    const held = this.#rehearsed.get(message.uid) ?? (await this.#small?.take(message.uid))
    if (held && this.#heldSections) {
      const head = this.#head(message)
      this.#batch.add(head.endsWith('(') ? head : `${head} `)
      for (const _ of this.#heldSections.write(held, this.#batch)) {
        if (this.#batch.isFull) yield* this.#batch.take()
        if (this.#turn.isOver) await this.#turn.next()
      }
      this.#batch.add(')\r\n')
      return
    }
    yield* this.#preparedResponse(message, held)
  }

  async *#preparedResponse(message: MarkedMessage, held: Buffer | undefined): AsyncGenerator<Wire> {
    const octets = this.#octetsOf(message, held)
    if (this.#needs.octets === 'whole' && (await octets.isAway())) yield* this.#batch.take() // it may take its time
    await using prepared = await this.#prepare(octets)
    if (!prepared) return
    const head = this.#head(message)
    this.#batch.add(head)
    let separator = head.endsWith('(') ? '' : ' '
    for (const section of prepared.sections) {
      this.#batch.add(`${separator}${section.text}`)
      yield* this.#octets(section)
      separator = ' '
    }
    this.#batch.add(')\r\n')
  }

  /** Undefined for a message that is gone, or refused. */
  async #prepare(octets: MessageOctets): Promise<PreparedSections | undefined> {
    try {
      return await PreparedSections.prepare(octets, this.#octetItems)
    } catch (error) {
      this.#refuse(error)
      return undefined
    }
  }

  async *#octets({ held, open }: PreparedSection): AsyncGenerator<Wire> {
    if (held) {
      for (const chunk of held) this.#batch.addOctets(chunk)
      return
    }
    yield* this.#batch.take()
    try {
      yield* open()
    } catch (error) {
      throw new TornResponse(error)
    }
  }

  #head(message: MarkedMessage): string {
    const items = message.hasNewFlags ? this.#textItemsWithFlags : this.#textItems
    const texts = items.map(item => itemText(message, item, this.#request.isUtf8))
    return `* ${this.#request.numbers.numberOf(message.uid)} FETCH (${texts.join(' ')}`
  }

  #octetsOf(message: FetchedMessage, held?: Buffer): MessageOctets {
    const { mailbox } = this.#request
    return new MessageOctets(this.#account, { mailbox, message, part: this.#needs.octets, held })
  }
}

function unmarked({ code, message }: ImapRefusal): Done {
  return no(`messages are not marked as seen: ${message}`, code)
}

import type { SequenceSet } from '../formats/imap/command/arguments/sequence-set.ts'
import { flagList } from '../formats/imap/response-encoder.ts'
import { UidSet } from '../formats/imap/uid-set.ts'
import { unpackFlags } from '../store/flags.ts'
import type { MailboxSnapshot, MessageNews } from '../store/queries/mailbox-views.ts'
import type { ImapAccount, Mailbox } from './backend.ts'
import { MessageNumbers, type NumberRange } from './message-numbers.ts'

/** What of the news may be told, and how. */
export interface NewsOptions {
  /** Not during FETCH, STORE and SEARCH, whose numbers would mean others (RFC 9051 section 7.5.1). */
  readonly mayExpunge: boolean
  readonly isCondstore: boolean
  readonly isQresync: boolean
  /** UIDs whose flags the client knows, or is told otherwise. */
  readonly known?: ReadonlySet<number>
}

/** A mailbox as one client has it open: what it was told, and what is still to be told. */
export class OpenMailbox {
  readonly mailbox: Mailbox
  readonly isReadOnly: boolean
  readonly uidValidity: number
  readonly numbers: MessageNumbers
  /** UIDs of the last SEARCH that saved its result (RFC 9051 section 6.4.4.1). */
  saved: Uint32Array = new Uint32Array()
  /** Whether something may have changed since the client was last told. */
  isStale = false
  #modseq: number
  readonly #vanished = new Set<number>()

  constructor(mailbox: Mailbox, snapshot: MailboxSnapshot, isReadOnly: boolean) {
    this.mailbox = mailbox
    this.isReadOnly = isReadOnly
    this.uidValidity = snapshot.uidValidity
    this.numbers = new MessageNumbers(snapshot.uids)
    this.#modseq = snapshot.highestModseq
  }

  /** Everything up to this mod-sequence was told, or is not told yet since it is an expunge. */
  get modseq(): number {
    return this.#modseq
  }

  /**
   * The UIDs that a set means; undefined when it has a message number that is not there. UIDs that are not there are left
   * out.
   */
  resolve(set: SequenceSet, isUid: boolean): Uint32Array | undefined {
    if (set.kind === 'saved') return this.saved.filter(uid => this.numbers.numberOf(uid) !== undefined)
    // `1:*` of nothing is nothing: clients ask for all of a mailbox before they look how much that is.
    if (this.numbers.count === 0 && set.fromOrLast !== undefined) return new Uint32Array()
    const star: NumberRange[] = set.fromOrLast === undefined ? [] : [[set.fromOrLast, Number.POSITIVE_INFINITY]]
    const ranges: NumberRange[] = [...set.numbers.ranges, ...star]
    return isUid ? this.numbers.uidsIn(ranges) : this.numbers.uidsAt(ranges)
  }

  /** Reads what has changed and writes it; undefined when the mailbox is gone. */
  async news(account: ImapAccount, options: NewsOptions): Promise<string | undefined> {
    if (!this.isStale && (this.#vanished.size === 0 || !options.mayExpunge)) return ''
    this.isStale = false
    const changes = await account.changes(this.mailbox.id, this.#modseq)
    if (!changes) return undefined
    const gone = changes.vanished ?? (await this.#missing(account))
    if (!gone) return undefined
    for (const uid of gone) this.#vanished.add(uid)
    this.#modseq = Math.max(this.#modseq, changes.highestModseq)
    const before = this.numbers.uidAt(this.numbers.count) ?? 0
    const arrived = changes.changed.map(({ uid }) => uid).filter(uid => uid > before && !this.#vanished.has(uid))
    const expunges = options.mayExpunge ? this.#expunge(options) : ''
    const { exists } = this.numbers.apply([], arrived)
    const isNews = ({ uid }: MessageNews) => uid <= before && !options.known?.has(uid)
    const flags = changes.changed.filter(isNews).map(message => this.#flagsLine(message, options))
    return `${expunges}${exists === undefined ? '' : `* ${exists} EXISTS\r\n`}${flags.join('')}`
  }

  #expunge({ isQresync }: NewsOptions): string {
    const known = [...this.#vanished].filter(uid => this.numbers.numberOf(uid) !== undefined)
    this.#vanished.clear()
    const { expunged } = this.numbers.apply(known, [])
    if (expunged.length === 0) return ''
    return isQresync ? `* VANISHED ${UidSet.of(known)}\r\n` : expunged.map(number => `* ${number} EXPUNGE\r\n`).join('')
  }

  // The store does not remember that far back what is gone.
  async #missing(account: ImapAccount): Promise<readonly number[] | undefined> {
    const snapshot = await account.snapshot(this.mailbox.id)
    if (!snapshot) return undefined
    const there = new Set(snapshot.uids)
    const missing: number[] = []
    for (let number = 1; number <= this.numbers.count; number++) {
      const uid = this.numbers.uidAt(number) ?? 0
      if (!there.has(uid)) missing.push(uid)
    }
    return missing
  }

  #flagsLine({ uid, flags, modseq }: MessageNews, { isCondstore, isQresync }: NewsOptions): string {
    const number = this.numbers.numberOf(uid)
    if (number === undefined) return ''
    const name = isCondstore || isQresync ? `UID ${uid} ` : ''
    const version = isCondstore ? ` MODSEQ (${modseq})` : ''
    return `* ${number} FETCH (${name}FLAGS ${flagList(unpackFlags(flags))}${version})\r\n`
  }
}

import { resolveSequenceSet, type SequenceSet } from '../../formats/imap/command/arguments/sequence-set.ts'
import { UidSet } from '../../formats/imap/uid-set.ts'
import type { MailboxSnapshot } from '../../store/queries/mailbox-views.ts'
import type { Mailbox } from '../backend.ts'
import { BadCommand } from '../completion.ts'
import { MessageNumbers } from '../message-numbers.ts'

/** The mailbox that a client has open, as far as the client was told. */
export class OpenMailbox {
  readonly mailbox: Mailbox
  /** Whether it was opened by EXAMINE, or takes no changes. */
  readonly isReadOnly: boolean
  readonly uidValidity: number
  readonly numbers: MessageNumbers
  /** All changes up to this mod-sequence were told, but for {@link heldBack}. */
  toldModseq: number
  /** All messages that have come or gone up to this mod-sequence were told, but for {@link heldBack}. */
  countedModseq: number
  /** Messages with a lower UID and without a number are gone. */
  uidNext: number
  /** UIDs that are gone and still have a number, since EXPUNGE could not be sent. */
  heldBack: readonly number[] = []
  /** New messages that the client has put here itself, of which NOTIFY tells no more than the number. */
  readonly ownUids = new Set<number>()
  /** Whether something may have changed since it was looked for. */
  isStale = true
  /** The result of the last SEARCH with SAVE (RFC 9051 section 6.4.4.1), which may name messages that are gone. */
  saved = UidSet.EMPTY

  constructor(mailbox: Mailbox, snapshot: MailboxSnapshot, isReadOnly: boolean) {
    this.mailbox = mailbox
    this.isReadOnly = isReadOnly
    this.uidValidity = snapshot.uidValidity
    this.numbers = new MessageNumbers(snapshot.uids)
    this.toldModseq = snapshot.highestModseq
    this.countedModseq = snapshot.highestModseq
    this.uidNext = snapshot.uidNext
  }

  get id(): number {
    return this.mailbox.id
  }

  /** All messages, as UIDs. */
  get allUids(): Uint32Array {
    return this.numbers.uidsIn([[1, Number.POSITIVE_INFINITY]])
  }

  /** The highest UID that the client knows; 0 when it knows none. */
  get lastUid(): number {
    return this.numbers.uidAt(this.numbers.count) ?? 0
  }

  /** Tells whether there may be something to say. */
  hasNews(canExpunge: boolean): boolean {
    return this.isStale || (canExpunge && this.heldBack.length > 0)
  }

  /**
   * The UIDs that a set of message numbers, or of UIDs, names.
   *
   * @throws {BadCommand} when it names a message number that is not there
   */
  uidsOf(set: SequenceSet, isUid: boolean): Uint32Array {
    if (set.kind === 'saved') return this.numbers.uidsIn(this.saved.ranges)
    if (isUid) return this.numbers.uidsIn(resolveSequenceSet(set, this.lastUid).ranges)
    const uids = this.numbers.uidsAt(resolveSequenceSet(set, this.numbers.count).ranges)
    if (!uids) throw new BadCommand('there is no message of that number')
    return uids
  }

  /** What an answer calls messages: their numbers, or their UIDs. Those without a number are left out. */
  named(uids: Iterable<number>, isUid: boolean): number[] {
    const names: number[] = []
    for (const uid of uids) {
      const number = this.numbers.numberOf(uid)
      if (number !== undefined) names.push(isUid ? uid : number)
    }
    return names
  }
}

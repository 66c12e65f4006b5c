import type { Mailbox, MessageRow } from '../../../src/imap/backend.ts'
import { DELETED, type MessageFlags, packFlags } from '../../../src/store/flags.ts'
import type { MailboxChanges, MailboxCounters, MailboxSnapshot } from '../../../src/store/queries/mailbox-views.ts'

/** A message of a {@link MemoryMailbox}. */
export interface MemoryMessage {
  readonly uid: number
  readonly octets: Buffer
  readonly internalDateMs: number
  flags: MessageFlags
  modseq: number
}

/** What makes a message. */
export interface MessageToPut {
  readonly octets?: Buffer | string
  readonly flags?: readonly string[]
  readonly internalDateMs?: number | undefined
}

const SEEN = 1
/** The internal date of messages that say none. */
export const SOME_DATE_MS = Date.UTC(2026, 0, 2, 3, 4, 5)

/** A mailbox in memory, with mod-sequences. */
export class MemoryMailbox implements Mailbox {
  readonly id: number
  path: string
  readonly delimiter = '/'
  isSelectable = true
  isSubscribed = true
  role: Mailbox['role']
  isReadOnly = false
  readOnlyReason: string | undefined
  readonly uidValidity = 7
  readonly messages = new Map<number, MemoryMessage>()
  #uidNext = 1
  #modseq = 1
  #vanished: { readonly uid: number; readonly modseq: number }[] = []
  #vanishedFrom = 1

  constructor(id: number, path: string, role?: Mailbox['role']) {
    this.id = id
    this.path = path
    this.role = role
  }

  /** What it is called and the like, at this moment. */
  get facts(): Mailbox {
    const { id, path, delimiter, isSelectable, isSubscribed, role, isReadOnly, readOnlyReason } = this
    return { id, path, delimiter, isSelectable, isSubscribed, role, isReadOnly, readOnlyReason }
  }

  get counters(): MailboxCounters {
    const all = [...this.messages.values()]
    return {
      ...this.#place,
      messages: all.length,
      unseen: all.filter(({ flags }) => (flags.bits & SEEN) === 0).length,
      deleted: all.filter(({ flags }) => (flags.bits & DELETED) !== 0).length,
      size: all.reduce((sum, { octets }) => sum + octets.length, 0),
    }
  }

  get snapshot(): MailboxSnapshot {
    const firstUnseen = [...this.messages.values()].find(({ flags }) => (flags.bits & SEEN) === 0)?.uid
    return { ...this.#place, uids: Uint32Array.from(this.messages.keys()), firstUnseen }
  }

  changes(since: number): MailboxChanges {
    const { uidValidity, uidNext, highestModseq } = this.#place
    const changed = [...this.messages.values()].filter(({ modseq }) => modseq > since)
    return {
      uidValidity,
      uidNext,
      highestModseq,
      changed: changed.map(({ uid, flags, modseq }) => ({ uid, flags, modseq })),
      vanished:
        since + 1 < this.#vanishedFrom
          ? undefined
          : this.#vanished.filter(({ modseq }) => modseq > since).map(({ uid }) => uid),
    }
  }

  put({ octets = 'Subject: x\r\n\r\nbody\r\n', flags = [], internalDateMs = SOME_DATE_MS }: MessageToPut = {}): number {
    const uid = this.#uidNext++
    this.#modseq++
    const message = { uid, octets: Buffer.from(octets), internalDateMs, flags: packFlags(flags), modseq: this.#modseq }
    this.messages.set(uid, message)
    return uid
  }

  setFlags(uid: number, flags: MessageFlags): void {
    const message = this.messages.get(uid)
    if (!message) return
    message.flags = flags
    message.modseq = ++this.#modseq
  }

  remove(uid: number): void {
    if (this.messages.delete(uid)) this.#vanished.push({ uid, modseq: ++this.#modseq })
  }

  /** Forgets what has vanished so far, as the store does after some time. */
  forget(): void {
    this.#vanished = []
    this.#vanishedFrom = this.#modseq + 1
  }

  row({ uid, flags, modseq, octets, internalDateMs }: MemoryMessage): MessageRow {
    const ids = { emailId: `M${this.id}-${uid}`, savedDateMs: undefined, isWhole: true }
    return { uid, flags, modseq, size: octets.length, internalDateMs, ...ids }
  }

  get #place() {
    return { uidValidity: this.uidValidity, uidNext: this.#uidNext, highestModseq: this.#modseq }
  }
}

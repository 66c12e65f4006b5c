import { isOfSelected, type NotifyGroup } from '../../formats/imap/command/arguments/notify.ts'
import { mailboxString } from '../../formats/imap/response-encoder.ts'
import type { MailboxCounters } from '../../store/queries/mailbox-views.ts'
import type { AccountNews, ImapAccount, Mailbox } from '../backend.ts'
import type { Dialect } from '../dialect.ts'
import { listResponse } from '../mailbox/list-response.ts'
import { mailboxTree } from '../mailbox/mailbox-tree.ts'
import type { OpenMailbox } from '../mailbox/open-mailbox.ts'
import type { Wire } from '../wire.ts'
import { KnownListing, type KnownMailbox, type ListingChange } from './known-listing.ts'
import { NotifyFilter } from './notify-filter.ts'
import { BY_COMMANDS, type SelectedEvents, selectedEventsOf } from './selected-events.ts'

/** More mailboxes are watched for nobody: what is remembered of each is small, and there are many sessions. */
export const MAX_WATCHED_MAILBOXES = 10_000

/** Who is told, and of which mailbox nothing is told here: it is open. */
export interface Audience {
  readonly account: ImapAccount
  readonly dialect: Dialect
  readonly openId: number | undefined
}

type ToldCounters = Pick<MailboxCounters, 'messages' | 'uidNext' | 'uidValidity' | 'highestModseq'>

/** What NOTIFY SET asks for. */
export interface EventsToWatch {
  readonly groups: readonly NotifyGroup[]
  /** Whether the counters of all mailboxes are told first. */
  readonly isStatus: boolean
}

/**
 * What a client wants to be told by NOTIFY (RFC 5465), and what it was told of mailboxes that are not open. It remembers a few
 * numbers for each mailbox and which ones may have changed, never the changes: those are found by looking.
 */
export class EventWatch {
  #selected = BY_COMMANDS
  #isOn = false
  #isHearing = false
  #filter = new NotifyFilter([])
  #listing = new KnownListing([])
  #told = new Map<number, ToldCounters>()
  readonly #stale = new Set<number>()
  #isListingStale = false

  /** Whether the client has said NOTIFY SET: it is told also when it asks for nothing. */
  get isOn(): boolean {
    return this.#isOn
  }

  /** What is told of the open mailbox. */
  get selected(): SelectedEvents {
    return this.#selected
  }

  /** The list of mailboxes as the client knows it, for changes that it has made itself: they are told to others only. */
  get listing(): KnownListing {
    return this.#isHearing ? this.#listing : new KnownListing([])
  }

  hear(news: AccountNews): void {
    if (!this.#isHearing) return
    if (news.kind === 'mailbox') this.#stale.add(news.mailbox)
    else this.#isListingStale = true
  }

  /** Tells whether there may be something to say of mailboxes that are not open. */
  hasNews(openId: number | undefined): boolean {
    const ofOthers = this.#stale.size - (openId !== undefined && this.#stale.has(openId) ? 1 : 0)
    return this.#isListingStale || ofOthers > 0
  }

  /**
   * Replaces all that was asked for before; everything stays as it was with `too-many`.
   *
   * @throws {ImapRefusal} when it cannot be read what is there: everything stays as it was
   */
  async *begin(events: EventsToWatch, audience: Audience): AsyncGenerator<Wire, 'begun' | 'too-many'> {
    this.#isHearing = true // before anything is read
    try {
      return yield* this.#begin(events, audience)
    } finally {
      if (this.#filter.isEmpty) this.#forget()
    }
  }

  async *#begin({ groups, isStatus }: EventsToWatch, audience: Audience): AsyncGenerator<Wire, 'begun' | 'too-many'> {
    const filter = new NotifyFilter(groups.filter(group => !isOfSelected(group)))
    const mailboxes = filter.isEmpty ? [] : await audience.account.mailboxes()
    if (mailboxes.length > MAX_WATCHED_MAILBOXES) return 'too-many'
    if (!filter.isEmpty && !this.#filter.isEmpty) yield* this.#tellChanges(mailboxes, audience) // or nobody would ever
    const told = new Map<number, ToldCounters>()
    for (const { mailbox } of mailboxTree(mailboxes)) {
      if (!mailbox?.isSelectable || mailbox.id === audience.openId || !filter.has('MESSAGENEW', mailbox)) continue
      const counters = await audience.account.counters(mailbox.id)
      if (!counters) continue
      told.set(mailbox.id, toldOf(counters))
      if (isStatus) yield statusOf(mailbox, counters, audience, filter)
    }
    this.#selected = selectedEventsOf(groups)
    this.#filter = filter
    this.#listing = new KnownListing(mailboxes)
    this.#told = told
    this.#isOn = true
    return 'begun'
  }

  /** From now on nothing is told of anything but what the client asks for (NOTIFY NONE). */
  end(): void {
    this.#selected = selectedEventsOf([])
    this.#filter = new NotifyFilter([])
    this.#listing = new KnownListing([])
    this.#told = new Map()
    this.#isOn = false
    this.#forget()
  }

  /** A mailbox is open no longer: what the client was told of it is where its counters begin. */
  left({ id, numbers, uidNext, uidValidity, toldModseq }: OpenMailbox): void {
    if (!this.#isHearing) return
    this.#told.set(id, { messages: numbers.count, uidNext, uidValidity, highestModseq: toldModseq })
  }

  /**
   * Tells what has changed in mailboxes that are not open.
   *
   * @throws {ImapRefusal} when something cannot be read now; it is looked for again when this is called again
   */
  async *tell(audience: Audience): AsyncGenerator<Wire> {
    if (this.#isListingStale) yield* this.#tellListing(audience)
    for (const id of [...this.#stale]) {
      if (id === audience.openId) continue
      this.#stale.delete(id)
      const mailbox = this.#listing.get(id)
      if (mailbox?.isSelectable && this.#filter.has('MESSAGENEW', mailbox)) yield* this.#tellCounters(mailbox, audience)
    }
  }

  #forget(): void {
    this.#isHearing = false
    this.#stale.clear()
    this.#isListingStale = false
  }

  async *#tellListing(audience: Audience): AsyncGenerator<Wire> {
    this.#isListingStale = false
    const mailboxes = await this.#read(audience.account.mailboxes(), () => {
      this.#isListingStale = true
    })
    if (mailboxes.length > MAX_WATCHED_MAILBOXES) {
      this.end()
      yield '* OK [NOTIFICATIONOVERFLOW] there are too many mailboxes to watch\r\n'
      return
    }
    yield* this.#tellChanges(mailboxes, audience)
  }

  *#tellChanges(mailboxes: readonly Mailbox[], { dialect }: Audience): Iterable<Wire> {
    const changes = this.#listing.update(mailboxes)
    if (changes.length === 0) return
    const nodes = new Map(mailboxTree(mailboxes).map(node => [node.path, node]))
    for (const { before, after } of changes) {
      if (!before && after) this.#stale.add(after.id)
      if (!before || !after) this.#told.delete((after ?? before)?.id ?? 0)
      if (!this.#isWanted({ before, after })) continue
      const path = after?.path ?? before?.path ?? ''
      const { hasChildren = false } = nodes.get(path) ?? {}
      const node = { path, delimiter: (after ?? before)?.delimiter, mailbox: after, hasChildren }
      const oldName = after && before?.path !== path ? before?.path : undefined
      yield listResponse(node, { isUtf8: dialect.isUtf8, hasSubscribed: true, oldName })
    }
  }

  /** A mailbox is one of a filter if it was, or is now. */
  #isWanted({ before, after }: ListingChange): boolean {
    const isName = before?.path !== after?.path || before?.isSelectable !== after?.isSelectable
    const isSubscription = (before?.isSubscribed ?? false) !== (after?.isSubscribed ?? false)
    return [before, after].some(
      mailbox =>
        mailbox &&
        ((isName && this.#filter.has('MAILBOXNAME', mailbox)) ||
          (isSubscription && this.#filter.has('SUBSCRIPTIONCHANGE', mailbox))),
    )
  }

  async *#tellCounters(mailbox: KnownMailbox, audience: Audience): AsyncGenerator<Wire> {
    const counters = await this.#read(audience.account.counters(mailbox.id), () => this.#stale.add(mailbox.id))
    if (!counters) return // the list of mailboxes tells that it is gone
    const before = this.#told.get(mailbox.id)
    this.#told.set(mailbox.id, toldOf(counters))
    const hasFlags = this.#filter.has('FLAGCHANGE', mailbox)
    const isNews = before ? isChanged(before, counters, hasFlags) : counters.uidNext > 1
    if (isNews) yield statusOf(mailbox, counters, audience, this.#filter)
  }

  async #read<Value>(reading: Promise<Value>, onFailure: () => void): Promise<Value> {
    try {
      return await reading
    } catch (error) {
      onFailure()
      throw error
    }
  }
}

function toldOf({ messages, uidNext, uidValidity, highestModseq }: MailboxCounters): ToldCounters {
  return { messages, uidNext, uidValidity, highestModseq }
}

// Whatever comes or goes changes one of the first two.
function isChanged(before: ToldCounters, now: ToldCounters, hasFlags: boolean): boolean {
  if (before.messages !== now.messages || before.uidNext !== now.uidNext) return true
  return before.uidValidity !== now.uidValidity || (hasFlags && before.highestModseq !== now.highestModseq)
}

/** Has what RFC 5465 wants in sections 3.1 and 5.1 to 5.3, and UNSEEN, for which most programs ask. */
function statusOf(
  mailbox: Pick<Mailbox, 'path' | 'delimiter' | 'isSubscribed'>,
  { messages, uidNext, uidValidity, unseen, highestModseq }: MailboxCounters,
  { dialect }: Audience,
  filter: NotifyFilter,
): string {
  const hasModseq = dialect.isCondstore || filter.has('FLAGCHANGE', mailbox)
  const modseq = hasModseq ? ` HIGHESTMODSEQ ${highestModseq}` : ''
  const values = `MESSAGES ${messages} UIDNEXT ${uidNext} UIDVALIDITY ${uidValidity} UNSEEN ${unseen}${modseq}`
  return `* STATUS ${mailboxString(mailbox.path, dialect.isUtf8)} (${values})\r\n`
}

import type { SortCriterion } from '../formats/imap/command/arguments/search.ts'
import type { SearchKey } from '../formats/imap/command/arguments/search-key.ts'
import type { Authenticator } from '../sasl/sign-in.ts'
import type { MessageFlags } from '../store/flags.ts'
import type { MailboxChanges, MailboxCounters, MailboxSnapshot } from '../store/queries/mailbox-views.ts'
import type { StorageQuota } from '../store/rows.ts'
import type { DetailKind, ItemDetails } from '../store/search/item-details.ts'
import type { OctetsOfItem } from '../store/search/search-reader.ts'

/** What the IMAP front asks of the daemon. */
export interface ImapBackend extends Authenticator {
  /** The mail of a profile that a client has signed in to. */
  account(profile: string): ImapAccount
}

/** A folder as clients see it. */
export interface Mailbox {
  /** Ours; the same for ever. Also its MAILBOXID. */
  readonly id: number
  /** `INBOX` is spelled so. */
  readonly path: string
  /** Undefined when the folder has no hierarchy. */
  readonly delimiter: string | undefined
  readonly isSelectable: boolean
  readonly isSubscribed: boolean
  readonly role: 'inbox' | 'drafts' | 'sent' | 'trash' | 'junk' | 'archive' | 'all' | 'flagged' | undefined
  /** Whether it takes no changes. */
  readonly isReadOnly: boolean
  /** Why not, where that is not the server's doing; constant English, fit for the client. */
  readonly readOnlyReason: string | undefined
}

/** What a mailbox can be made for (RFC 6154): no role that is a view of other mailboxes. */
export type MailboxUse = Extract<Mailbox['role'], 'drafts' | 'sent' | 'trash' | 'junk' | 'archive'>

/** What lists show of a message. */
export interface MessageRow {
  readonly uid: number
  readonly flags: MessageFlags
  readonly modseq: number
  /** Of the whole message, in octets. */
  readonly size: number
  /** In ms since the epoch. */
  readonly internalDateMs: number
  /** When it came into this mailbox, in ms since the epoch; undefined when nobody knows. */
  readonly savedDateMs: number | undefined
  /** The EMAILID (RFC 8474): stays when the message is moved. */
  readonly emailId: string
  /** Whether all of it is here; else its octets are fetched from the server when somebody asks for them. */
  readonly isWhole: boolean
}

/** What a row may be asked for. */
export type MessageFact = Exclude<keyof MessageRow, 'uid'>

/** Which messages' details are wanted, and which of them. */
export interface WantedDetails {
  readonly depth: 'header' | 'whole'
  readonly kinds: readonly DetailKind[]
}

/** How a message is made. */
export interface MessageDetails extends ItemDetails {
  /** Why nothing is known of it, where that is so. */
  readonly refusal?: ImapRefusal
}

/** The listed fields of a header, its blank line and perhaps other fields; the header with its blank line; or all of a message. */
export type OctetPart = 'listed' | 'header' | 'whole'

/** Octets from `start` up to but not including `end`. */
export interface OctetSpan {
  readonly start: number
  readonly end: number
  /** Only the header is looked for: where that alone is here, it is all, and nothing is fetched. */
  readonly isHeader?: boolean
}

/** What STORE does to flags. */
export interface FlagsToStore {
  readonly action: 'add' | 'remove' | 'replace'
  readonly flags: readonly string[]
  /** Messages with a higher mod-sequence are left alone (RFC 7162 section 3.1.3). */
  readonly unchangedSince: number | undefined
}

/** Where messages are now: `from[i]` is `to[i]` there; both ascending. */
export interface CopiedUids {
  readonly uidValidity: number
  readonly from: readonly number[]
  readonly to: readonly number[]
}

/** A message of an APPEND, octet by octet. */
export interface MessageToAppend {
  readonly flags: readonly string[]
  /** In ms since the epoch; undefined for now. */
  readonly internalDateMs: number | undefined
  /** How many octets will come. */
  readonly octets: number
}

/**
 * An APPEND that is under way: all of its messages become visible together, at {@link finish}; disposing of it, before that or
 * after, leaves nothing else behind. Every method rejects with an {@link ImapRefusal} where the store cannot take more.
 */
export interface AppendSink extends AsyncDisposable {
  begin(message: MessageToAppend): Promise<void>
  /** The octets are the sink's from now on. */
  write(octets: Buffer): Promise<void>
  end(): Promise<void>
  finish(): Promise<{ readonly uidValidity: number; readonly uids: readonly number[] }>
}

/** Something has changed: mail in a folder, or the list of folders. */
export type AccountNews = { readonly kind: 'mailbox'; readonly mailbox: number } | { readonly kind: 'mailboxes' }

/** A thread (RFC 5256 section 5): UIDs of which each answers the one before; the last one may have several answers. */
export interface Thread {
  /** Empty when the message that all of them answer is not there. */
  readonly uids: readonly number[]
  readonly branches: readonly Thread[]
}

/** Messages of a mailbox, as the session knows them: ascending UIDs. */
export interface MessagesOf {
  readonly mailbox: number
  readonly uids: Uint32Array
}

/** What is read of messages. */
export interface FactsOf extends MessagesOf {
  readonly facts: readonly MessageFact[]
}

/**
 * The mail of one profile. Numbers are local UIDs and local mod-sequences: they never change, whatever the real server does.
 * Methods reject with an {@link ImapRefusal} for what the client is to be told; anything else is a bug. UIDs that are gone
 * are left out of every answer.
 */
export interface ImapAccount {
  /** Those that are there, in any order. */
  mailboxes(): Promise<readonly Mailbox[]>
  /** Undefined when the mailbox is gone; the same for the next two. */
  counters(mailbox: number): Promise<MailboxCounters | undefined>
  snapshot(mailbox: number): Promise<MailboxSnapshot | undefined>
  changes(mailbox: number, since: number): Promise<MailboxChanges | undefined>
  /** In pages, ascending. To read a fact of a row that was not asked for throws. */
  messages(which: FactsOf): AsyncIterable<readonly MessageRow[]>
  /**
   * In pages, ascending. For `header`, a message of which only the header is here is read from that: its envelope and its
   * header are right, and it seems to have no body. For `whole`, what is not here is fetched from the server. A message that
   * is damaged here has a refusal.
   */
  details(which: MessagesOf & WantedDetails): AsyncIterable<readonly MessageDetails[]>
  /**
   * The octets of many messages at once, in pages, ascending; no more than about 512 KiB in a page. Those that are not here,
   * are gone, cannot be read or are large are left out: {@link octets} tells of them.
   */
  smallOctets(which: MessagesOf & { readonly part: OctetPart }): AsyncIterable<readonly OctetsOfItem[]>
  /**
   * The octets of a message, all of them or a part. What is not here is fetched from the server first; a header is here.
   *
   * @throws {ImapRefusal} UNAVAILABLE when it cannot be fetched now, EXPUNGEISSUED when it is gone; before the first octet
   */
  octets(mailbox: number, uid: number, span?: OctetSpan): AsyncIterable<Uint8Array>
  /** Ascending UIDs of those that match. In `key`, message numbers and `$` are UIDs already. */
  search(which: MessagesOf, key: SearchKey): Promise<Uint32Array>
  /** Those that match, in the order of the criteria (RFC 5256). */
  sort(which: MessagesOf, key: SearchKey, criteria: readonly SortCriterion[]): Promise<Uint32Array>
  threads(which: MessagesOf, key: SearchKey): Promise<readonly Thread[]>
  /** Gives the UIDs that were left alone because of `unchangedSince`. */
  storeFlags(which: MessagesOf, change: FlagsToStore): Promise<readonly number[]>
  copy(which: MessagesOf, to: number): Promise<CopiedUids>
  move(which: MessagesOf, to: number): Promise<CopiedUids>
  /** Removes for good those of these that are \\Deleted. */
  expunge(which: MessagesOf): Promise<void>
  append(mailbox: number): AppendSink
  createMailbox(path: string, use?: MailboxUse): Promise<number>
  renameMailbox(mailbox: number, path: string): Promise<void>
  deleteMailbox(mailbox: number): Promise<void>
  subscribe(mailbox: number, isSubscribed: boolean): Promise<void>
  /** Undefined when the server tells none. */
  quota(): Promise<StorageQuota | undefined>
  /** Calls back after every change that a client can see, made by whom ever. */
  watch(onNews: (news: AccountNews) => void): Disposable
}

/** The response codes that a refusal may have (RFC 9051 section 7.1). `CORRUPTION` and `UNKNOWN-CTE` concern one message, and no server was asked. */
export type RefusalCode =
  | 'ALREADYEXISTS'
  | 'CANNOT'
  | 'CORRUPTION'
  | 'EXPUNGEISSUED'
  | 'HASCHILDREN'
  | 'INUSE'
  | 'LIMIT'
  | 'NONEXISTENT'
  | 'NOPERM'
  | 'OVERQUOTA'
  | 'SERVERBUG'
  | 'TRYCREATE'
  | 'UNAVAILABLE'
  | 'UNKNOWN-CTE'
  | 'USEATTR'

/** Something that a client asks for and does not get: answered with NO, this code and this text. */
export class ImapRefusal extends Error {
  readonly code: RefusalCode | undefined

  /** `text` is constant English, fit for the client: nothing of the client's, nothing secret. */
  constructor(code: RefusalCode | undefined, text: string) {
    super(text)
    this.code = code
  }
}

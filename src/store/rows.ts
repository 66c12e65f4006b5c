import type { MessageFlags } from './flags.ts'
import type { PackLocation } from './packs/pack-format.ts'

/** What is in a folder: messages, or objects of a calendar or an address book. */
export type FolderKind = 'mail' | 'file' | 'calendar' | 'contacts' | 'tasks' | 'notes'

const MAIL_KINDS: readonly unknown[] = ['mail', 'file']

/** Tells whether a folder holds objects of a calendar or an address book, not messages. */
export function isCollection({ kind }: { readonly kind: unknown }): boolean {
  return !MAIL_KINDS.includes(kind)
}

/** A folder of the store. */
export interface FolderRow {
  readonly id: number
  readonly kind: FolderKind
  readonly path: string
  readonly delimiter: string | undefined
  readonly role: string | undefined
  /** What a mail program made it for: its role while the server names none. */
  readonly givenRole: string | undefined
  /** What the server lets us do there (MYRIGHTS, RFC 4314), letters sorted; undefined when it does not say. */
  readonly rights: string | undefined
  readonly isSelectable: boolean
  readonly isExcluded: boolean
  readonly state: 'ok' | 'paused' | 'gone'
  /** What the user said to the deletion of much of the folder. */
  readonly consent: 'accept' | 'restore' | undefined
  /** Whether many deletions of the user's are kept from the server. */
  readonly deletions: 'held' | undefined
  /** Whether the last SELECT said that nothing can be changed there; undefined when it was never asked. */
  readonly isReadOnly: boolean | undefined
  readonly error: { readonly code: string; readonly message: string } | undefined
  /** Of a calendar or an address book: its place on the server. */
  readonly href: string | undefined
  /** What a calendar takes: VEVENT, VTODO, VJOURNAL. */
  readonly components: readonly string[]
  /** Of a calendar or an address book that was not joined with the account’s: it has no place there, or was not compared. */
  readonly joining: 'place' | 'compare' | undefined
  readonly uidValidity: number | undefined
  readonly uidNext: number | undefined
  readonly highestModseq: bigint | undefined
  /** When all UIDs were last compared, in ms since the epoch. */
  readonly lastFullMs: number | undefined
}

/** How much an account has stored on the server, and how much it may (RFC 9208); in octets. */
export interface StorageQuota {
  readonly usage: number
  readonly limit: number
}

/** How much a folder holds. */
export interface FolderCounts {
  readonly items: number
  readonly unread: number
  readonly queuedDownload: number
  readonly queuedImport: number
  readonly queuedUpload: number
  readonly ignored: number
}

/** A message of the store, as lists show it. Times are ms since the epoch. */
export interface ItemRow {
  readonly id: number
  readonly folder: number
  /** On the server; 0 for a message that is only here. */
  readonly uid: number
  /** Ours: never changes. */
  readonly localUid: number
  readonly messageId: string | undefined
  readonly subject: string | undefined
  readonly from: string | undefined
  readonly dateMs: number | undefined
  readonly internalDateMs: number
  readonly size: number
  readonly flags: MessageFlags
  /** Whether it is changed in a way that the server does not allow. */
  readonly isBlocked: boolean
  readonly bodyState: 'header' | 'full'
  readonly sha256: Buffer
  readonly location: PackLocation
}

/** What the store knows of a UID of the server. */
export interface KnownMessage {
  /** `expunge`: its message is elsewhere by now, and it is to be removed. */
  readonly where: 'item' | 'dlq' | 'stage' | 'ignored' | 'expunge'
  readonly flags: MessageFlags
}

/** How much of a message is meant: its header, or all of it. */
export type BodyPart = 'header' | 'full'

/** A message that failed three times, or a change of it, and that is not tried any more. */
export interface IgnoredMessage {
  readonly folder: string
  /** On the server; 0 for one that is only here. */
  readonly uid: number
  readonly stage: 'download' | 'import' | 'upload' | 'flags' | 'deletion'
  readonly error: string
  readonly sinceMs: number
  readonly size: number
  readonly messageId: string | undefined
  readonly subject: string | undefined
  /** The item, when the store has one. */
  readonly item: number | undefined
}

/** A folder, under the numbers that its UIDs have now. */
export interface DownloadPlace {
  readonly folder: number
  readonly uidValidity: number
}

/** A message to be downloaded. */
export interface DownloadRow {
  readonly uid: number
  readonly flags: MessageFlags
  readonly size: number
  readonly internalDateMs: number
  readonly messageId: string | undefined
  readonly emailId: string | undefined
}

/** A downloaded message, waiting for import. */
export interface StagedRow {
  readonly id: number
  readonly folder: number
  readonly uid: number
  readonly location: PackLocation
}

/** What import finds out about a message. */
export interface MessageDigest {
  readonly sha256: Buffer
  readonly messageId: string | undefined
  readonly subject: string | undefined
  readonly from: string | undefined
  readonly dateMs: number | undefined
}

/** Why a server's deltas (QRESYNC, CONDSTORE) are not believed. */
export interface Distrust {
  readonly host: string
  readonly evidence: string
  readonly atMs: number
}

/** How the last run of a profile ended. */
export interface LastRun {
  readonly lastSyncMs: number | undefined
  readonly error: { readonly code: string; readonly message: string; readonly advice: string } | undefined
}

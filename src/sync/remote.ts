import type { PosternError } from '../errors.ts'
import type { UidSet } from '../formats/imap/uid-set.ts'
import type { BodyPart } from '../store/rows.ts'

/** What a folder is for (RFC 6154), as far as Postern cares. */
export type FolderRole = 'inbox' | 'drafts' | 'sent' | 'trash' | 'junk' | 'archive' | 'all' | 'flagged'

/** What a folder can be made for (RFC 6154); the others are for views of all mail. */
export type GivenRole = Extract<FolderRole, 'drafts' | 'sent' | 'trash' | 'junk' | 'archive'>

/** What the server can do, as the engine needs to know it. */
export interface RemoteFeatures {
  readonly condstore: boolean // RFC 7162
  readonly qresync: boolean // RFC 7162
  readonly listStatus: boolean // RFC 5819
  readonly uidPlus: boolean // RFC 4315
  readonly multiAppend: boolean // RFC 3502
  /**
   * The largest message that APPEND takes, in octets (RFC 7889); `by-folder` when `status` tells it, undefined when the
   * server names no limit.
   */
  readonly appendLimit: number | 'by-folder' | undefined
  readonly move: boolean // RFC 6851
  readonly objectId: boolean // RFC 8474
}

/** A folder's counters (STATUS). A counter that the server did not answer is undefined. */
export interface RemoteStatus {
  readonly uidValidity: number
  readonly uidNext: number | undefined
  readonly messages: number
  readonly highestModseq: bigint | undefined
  /** The largest message that can be appended, in octets; told only where it differs by folder. */
  readonly appendLimit?: number | undefined
}

/** A folder of the server. */
export interface RemoteFolder {
  /** The mailbox name, decoded to Unicode; unique. INBOX is spelled `INBOX`. */
  readonly path: string
  /** The hierarchy delimiter, undefined in a flat namespace. */
  readonly delimiter: string | undefined
  /** False for \Noselect and \NonExistent. */
  readonly selectable: boolean
  readonly subscribed: boolean
  readonly role: FolderRole | undefined
  /** MYRIGHTS (RFC 4314), sorted; undefined when the server has no ACL or did not say. Old servers have `c` and `d`. */
  readonly rights: string | undefined
  /** Undefined when not selectable or when the server refused STATUS for it. */
  readonly status: RemoteStatus | undefined
}

/** What the engine holds of a folder; lets QRESYNC answer with the difference alone. */
export interface FolderCursor {
  readonly uidValidity: number
  readonly highestModseq: bigint
  /** The UIDs really held. */
  readonly knownUids: UidSet
}

/** A message's flags on the server. System flags keep their backslash; \Recent is left out. */
export interface RemoteFlags {
  readonly uid: number
  readonly flags: readonly string[]
}

/** What PLAN reads of a message that it does not know yet. */
export interface RemoteMetadata extends RemoteFlags {
  /** RFC822.SIZE in octets. */
  readonly size: number
  /** INTERNALDATE in ms since the epoch. */
  readonly internalDateMs: number
  /** The Message-ID field's value, undefined when not asked for or absent. */
  readonly messageId: string | undefined
  /** EMAILID (RFC 8474). */
  readonly emailId: string | undefined
  /** SHA-256 of the header, its blank line included; undefined when not asked for. */
  readonly headerHash: Buffer | undefined
}

/** How a message begins. */
export interface RemoteHead {
  readonly uid: number
  readonly head: Buffer
}

/** What PLAN needs to recognise messages by. */
export interface WantedMetadata {
  readonly messageId: boolean
  /** The header, for messages without a Message-ID. */
  readonly header: boolean
}

/** The messages of one FETCH. */
export interface DownloadBatch {
  readonly uids: readonly number[]
  /** What is asked for of each: all of it, or its header with the blank line. */
  readonly part: BodyPart
}

/** What arrived with a body. */
export interface RemoteBody extends RemoteFlags {
  /** Undefined when the server did not send INTERNALDATE. */
  readonly internalDateMs: number | undefined
}

/**
 * Takes the octets of bodies as they come off the wire. The calls for one body are `begin`, `write`…, `end` (or
 * `abort`), never interleaved with another body's. A chunk belongs to the sink once handed over.
 */
export interface BodySink {
  begin(octets: number): void
  write(chunk: Buffer): void
  /** The body is complete. `body.uid` may be one that was not asked for (a server's unsolicited FETCH): ignore it. */
  end(body: RemoteBody): void
  /** The server answered without a body for a message (expunged meanwhile, or a NIL body). */
  missing(uid: number): void
  /** The server refused to send these messages of a batch (NO, BAD); the connection goes on. */
  refused(uids: readonly number[], error: PosternError): void
  /** Resolves when more may be written; undefined when there is room now. The reader reads nothing meanwhile. */
  drained(): Promise<void> | undefined
}

/** A folder that is open on the connection. Valid until the next `select` or the connection's end. */
export interface SelectedFolder extends RemoteStatus {
  readonly path: string
  /** False when UIDs, and UIDVALIDITY, hold until the folder is opened the next time (UIDNOTSTICKY, RFC 4315). */
  readonly uidsAreSticky: boolean
  readonly readOnly: boolean
  readonly permanentFlags: readonly string[]
  /**
   * QRESYNC's answer to the cursor: flags of changed and new messages, and vanished UIDs (which may name unknown ones).
   * Undefined when no cursor was given, UIDVALIDITY differs, or the server has no QRESYNC.
   */
  readonly delta: { readonly changed: readonly RemoteFlags[]; readonly vanished: UidSet } | undefined
  /** Reads UID and FLAGS of all messages, or of those changed since a mod-sequence (CONDSTORE). */
  fetchFlags(changedSince?: bigint): Promise<readonly RemoteFlags[]>
  /** Reads UID and FLAGS of the given messages, as far as they are there. */
  fetchFlagsOf(uids: UidSet): Promise<readonly RemoteFlags[]>
  /** Streams what PLAN needs of the given messages. */
  fetchMetadata(uids: UidSet, want: WantedMetadata): AsyncIterable<RemoteMetadata>
  /** Streams the first octets of the given messages, all of those that have no more. */
  fetchHeads(uids: UidSet, octets: number): AsyncIterable<RemoteHead>
  /** All UIDs of the folder. */
  searchUids(): Promise<UidSet>
  /**
   * Streams bodies into the sink. Asks `next` for batches ahead of the answers, keeping several FETCH commands in
   * flight; `next` may wait (the engine hands out no more than it is ready to lose) and resolves undefined at the end.
   */
  download(next: () => Promise<DownloadBatch | undefined>, sink: BodySink): Promise<void>
}

/** Where the server has put a message (APPENDUID, COPYUID: RFC 4315). */
export interface RemoteUid {
  readonly uidValidity: number
  readonly uid: number
}

/** Hears which UID a message has now that had `uid` in the folder that is open. */
export type GivenHandler = (uid: number, given: RemoteUid) => void

/** A message to be appended. */
export interface RemoteAppend {
  readonly flags: readonly string[]
  readonly internalDateMs: number
  readonly octets: number
  /** Reads the message; called each time it is sent. */
  readonly chunks: () => Iterable<Buffer>
}

/** A folder that is open for changes. Valid until the next folder is opened. */
export interface WritableFolder {
  readonly path: string
  /** What is read in the same session. */
  readonly contents: SelectedFolder
  readonly uidValidity: number
  readonly readOnly: boolean
  /** Flags that the folder keeps; `\\*` stands for any keyword. Empty when the server did not say. */
  readonly permanentFlags: readonly string[]
  /** Adds and removes flags. */
  storeFlags(
    uids: UidSet,
    change: { readonly add: readonly string[]; readonly remove: readonly string[] },
  ): Promise<void>
  /** Moves (RFC 6851). Tells the new UIDs as far as the server does, which it may do and refuse the rest. */
  move(uids: UidSet, destination: string, onGiven: GivenHandler): Promise<void>
  copy(uids: UidSet, destination: string, onGiven: GivenHandler): Promise<void>
  /** Marks as \\Deleted and, with UIDPLUS, removes; without it other clients' marked mail would go as well. */
  expunge(uids: UidSet): Promise<void>
}

/** How much the account has stored on the server, and how much it may (RFC 9208); in octets. */
export interface RemoteQuota {
  readonly usage: number
  readonly limit: number
}

/** One authenticated connection to the real server. Implemented by `upstream/imap`. */
export interface RemoteMail extends AsyncDisposable {
  readonly features: RemoteFeatures
  /** The server's name, as the profile has it. */
  readonly host: string
  /** Everything the user can see, with STATUS where it is cheap (LIST-STATUS) or asked for. */
  listFolders(): Promise<readonly RemoteFolder[]>
  /** Opens a folder for reading (EXAMINE), with QRESYNC when a cursor is given and the server has it. */
  examine(path: string, cursor?: FolderCursor): Promise<SelectedFolder>
  /** Opens a folder for changes (SELECT). */
  select(path: string): Promise<WritableFolder>
  /** Asks for a folder's counters (STATUS); undefined when there is no such folder. */
  status(path: string): Promise<RemoteStatus | undefined>
  /**
   * Appends messages, all or none; more than one only with `features.multiAppend`. Several calls may be made before the
   * first is answered. Resolves to the UIDs, in order, where the server tells them. A refusal's `cause` has the server's
   * response code as `code.name`.
   */
  append(path: string, messages: readonly RemoteAppend[]): Promise<readonly (RemoteUid | undefined)[]>
  /**
   * Makes a folder and subscribes to it; one that is there already is no error. Where the server can be told what it is
   * for, and does not refuse that, it is.
   */
  createFolder(path: string, role?: GivenRole): Promise<void>
  renameFolder(path: string, newPath: string): Promise<void>
  /** Deletes a folder with its messages; one that is not there is no error. */
  deleteFolder(path: string): Promise<void>
  /** Reads an annotation of the server itself (RFC 5464); absent where it keeps none. Resolves undefined for no value. */
  readonly readMetadata?: (entry: string) => Promise<string | undefined>
  /** Reads how much the account may store; absent where the server tells no quotas. Resolves undefined for no limit. */
  readonly readQuota?: () => Promise<RemoteQuota | undefined>
}

/** What a connection is to tell. */
export interface ConnectOptions {
  /** The server has said nothing for long although it was asked something. */
  readonly onSlow?: (silentMs: number) => void
}

/** Connects and signs in. Throws a PosternError that says whether network, certificate, or password failed. */
export type ConnectMail = (signal: AbortSignal, options?: ConnectOptions) => Promise<RemoteMail>

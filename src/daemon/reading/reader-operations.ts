import { closeSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { PosternError } from '../../errors.ts'
import type { ObjectKind } from '../../formats/groupware/object-outline.ts'
import type { StoreErrorCode } from '../../store/errors.ts'
import { unpackFlags } from '../../store/flags.ts'
import type { Untold } from '../../store/queries/merge-queries.ts'
import type { StoreReader } from '../../store/reader.ts'
import { type FolderKind, type FolderRow, type ItemRow, isCollection } from '../../store/rows.ts'
import type { DaemonErrorCode } from '../errors.ts'
import { type IgnoredListing, listIgnored } from './ignored-listing.ts'
import {
  type ConflictDetails,
  type ConflictListing,
  type DeletedListing,
  describeConflict,
  isoOf,
  listConflict,
  listDeleted,
} from './kept-listing.ts'
import { type MailboxOperations, MailboxReaders } from './mailbox-operations.ts'
import {
  describeObject,
  describeObjectConflict,
  listCollection,
  listDeletedObjects,
  listObjectConflict,
  listObjects,
  objectFileName,
} from './object-listing.ts'
import { type Explanation, explain } from './story.ts'

const PAGE_ROWS = 500

/** What can be read of a store: each operation yields values that cross a thread's border. */
export interface ReaderOperations extends MailboxOperations {
  summary(params: { dir: string }): Iterable<StoreSummary>
  folders(params: { dir: string }): Iterable<readonly FolderListing[]>
  items(params: { dir: string; folder: string }): Iterable<readonly ItemListing[]>
  item(params: { dir: string; row: number }): Iterable<ItemDetails>
  body(params: { dir: string; row: number }): Iterable<Uint8Array>
  object(params: { dir: string; row: number }): Iterable<ItemDetails>
  objectBody(params: { dir: string; row: number }): Iterable<Uint8Array>
  deleted(params: { dir: string; folder: string | undefined }): Iterable<readonly DeletedListing[]>
  conflicts(params: { dir: string }): Iterable<readonly ConflictListing[]>
  conflict(params: { dir: string; row: number }): Iterable<ConflictDetails>
  conflictBody(params: { dir: string; row: number }): Iterable<Uint8Array>
  objectConflict(params: { dir: string; row: number }): Iterable<ConflictDetails>
  objectConflictBody(params: { dir: string; row: number }): Iterable<Uint8Array>
  exportFolder(params: { dir: string; folder: string; out: string }): Iterable<ExportProgress>
  ignored(params: { dir: string; folder: string | undefined }): Iterable<readonly IgnoredListing[]>
  explain(params: { dir: string; wanted: { row: number } | { messageId: string } }): Iterable<Explanation>
  untold(params: { dir: string }): Iterable<Untold>
  stubs(params: { dir: string; folder: string }): Iterable<readonly number[]>
}

/** What `status` tells of a profile's store. */
export interface StoreSummary {
  readonly folders: number
  readonly items: number
  readonly queued: { readonly download: number; readonly import: number; readonly upload: number }
  /** Messages that failed three times, see `postern ignored list`. */
  readonly ignored: number
  /** Versions that lost a conflict and wait for a person. */
  readonly conflicts: number
  readonly lastSync: string | null
  readonly lastError: { readonly code: string; readonly message: string; readonly advice: string } | null
  /** The server whose word on changes was wrong, and how that was seen. */
  readonly distrust: { readonly host: string; readonly evidence: string; readonly since: string | null } | null
}

/** A folder as `folder list` shows it. */
export interface FolderListing {
  readonly path: string
  readonly kind: FolderKind
  readonly role: string | null
  readonly items: number
  readonly unread: number
  readonly ignored: number
  /** Of a calendar or an address book: whether the server lets nobody change it. */
  readonly readOnly?: boolean
  readonly state: string
  readonly error: { readonly code: string; readonly message: string } | null
}

/** A message or an object as `item list` shows it; `row` becomes the id. Of an object, `date` is when it begins. */
export interface ItemListing {
  readonly row: number | string
  readonly uid: number
  readonly messageId: string | null
  readonly subject: string | null
  readonly from: string | null
  readonly date: string | null
  readonly size: number
  readonly flags: readonly string[]
  readonly state: string
  /** Changed in a way that the server does not allow: see SYNC_READ_ONLY. */
  readonly blocked: boolean
  /** Of an object: what it is, and its UID. */
  readonly kind?: ObjectKind | null
  readonly entry?: string | null
}

/** A message as `item show` shows it. */
export interface ItemDetails extends ItemListing {
  readonly folder: string
  readonly received: string | null
  readonly sha256: string
  /** Of an object: why the server did not take what was changed here. */
  readonly error?: string | null
}

/** How far an export is. */
export interface ExportProgress {
  readonly done: number
  readonly total: number
  readonly octets: number
}

/** The operations on open stores. Blocks: runs in reader workers, or in a command line without a daemon. */
export class StoreReaders extends MailboxReaders implements ReaderOperations {
  *summary({ dir }: { dir: string }): Generator<StoreSummary> {
    const store = this.find(dir)
    const folders = store ? [...store.folders().filter(isShown), ...store.collections()] : []
    const counts = folders.map(folder =>
      isCollection(folder) ? store?.objects.counts(folder.id) : store?.counts(folder.id),
    )
    const sum = (pick: 'ignored' | 'items' | 'queuedDownload' | 'queuedImport' | 'queuedUpload') =>
      counts.reduce((total, count) => total + (count?.[pick] ?? 0), 0)
    const last = store?.lastRun()
    const distrust = store?.distrust()
    yield {
      folders: folders.length,
      items: sum('items'),
      queued: { download: sum('queuedDownload'), import: sum('queuedImport'), upload: sum('queuedUpload') },
      ignored: sum('ignored'),
      conflicts: (store?.kept.conflictCount() ?? 0) + (store?.keptObjects.conflictCount() ?? 0),
      lastSync: isoOf(last?.lastSyncMs),
      lastError: last?.error ?? null,
      distrust: distrust ? { host: distrust.host, evidence: distrust.evidence, since: isoOf(distrust.atMs) } : null,
    }
  }

  *folders({ dir }: { dir: string }): Generator<readonly FolderListing[]> {
    const store = this.find(dir)
    if (!store) return yield []
    const listed = [
      ...store.folders().map(folder => listFolder(store, folder)),
      ...store.collections().map(folder => listCollection(store, folder)),
    ]
    yield listed
  }

  *items({ dir, folder }: { dir: string; folder: string }): Generator<readonly ItemListing[]> {
    const store = this.get(dir)
    const found = store.getAnyFolder(folder)
    if (isCollection(found)) return yield* listObjects(store, found)
    const { id } = found
    // Page by page: an open cursor would keep the write-ahead log from being emptied.
    for (let afterLocalUid = 0; ; ) {
      const page = [...store.items(id, { afterLocalUid, limit: PAGE_ROWS })]
      yield page.map(listItem)
      if (page.length < PAGE_ROWS) return
      afterLocalUid = page.at(-1)?.localUid ?? afterLocalUid
    }
  }

  *item({ dir, row }: { dir: string; row: number }): Generator<ItemDetails> {
    const store = this.get(dir)
    const item = store.getItem(row)
    const folder = store.folders().find(({ id }) => id === item.folder)?.path ?? ''
    const received = new Date(item.internalDateMs).toISOString()
    yield { ...listItem(item), folder, received, sha256: item.sha256.toString('hex') }
  }

  *body({ dir, row }: { dir: string; row: number }): Generator<Uint8Array> {
    const store = this.get(dir)
    yield* store.body(wholeLocation(store.getItem(row)))
  }

  *object({ dir, row }: { dir: string; row: number }): Generator<ItemDetails> {
    const store = this.get(dir)
    yield describeObject(store, store.objects.get(row))
  }

  *objectBody({ dir, row }: { dir: string; row: number }): Generator<Uint8Array> {
    yield this.get(dir).objects.get(row).octets
  }

  *deleted({ dir, folder }: { dir: string; folder: string | undefined }): Generator<readonly DeletedListing[]> {
    const store = this.find(dir)
    if (!store) return
    const id = folder === undefined ? undefined : store.getAnyFolder(folder).id
    yield* listDeleted(store, id)
    yield* listDeletedObjects(store, id)
  }

  *conflicts({ dir }: { dir: string }): Generator<readonly ConflictListing[]> {
    const store = this.find(dir)
    if (!store) return yield []
    const objects = store.keptObjects.conflicts().map(listObjectConflict)
    yield [...store.kept.conflicts().map(listConflict), ...objects]
  }

  *conflict({ dir, row }: { dir: string; row: number }): Generator<ConflictDetails> {
    const store = this.get(dir)
    yield describeConflict(store, store.kept.getConflict(row))
  }

  *conflictBody({ dir, row }: { dir: string; row: number }): Generator<Uint8Array> {
    const store = this.get(dir)
    yield* store.body(store.kept.getConflict(row).location)
  }

  *objectConflict({ dir, row }: { dir: string; row: number }): Generator<ConflictDetails> {
    const store = this.get(dir)
    yield describeObjectConflict(store, store.keptObjects.getConflict(row))
  }

  *objectConflictBody({ dir, row }: { dir: string; row: number }): Generator<Uint8Array> {
    yield this.get(dir).keptObjects.getConflict(row).octets
  }

  *exportFolder({ dir, folder, out }: { dir: string; folder: string; out: string }): Generator<ExportProgress> {
    const store = this.get(dir)
    const { total, files } = filesOf(store, store.getAnyFolder(folder))
    let [done, octets] = [0, 0]
    makeFolder(out)
    for (const { name, chunks } of files) {
      octets += exportFile(chunks, join(out, name))
      done++
      if (done % PAGE_ROWS === 0) yield { done, total, octets }
    }
    yield { done, total, octets }
  }

  *ignored({ dir, folder }: { dir: string; folder: string | undefined }): Generator<readonly IgnoredListing[]> {
    const store = this.find(dir)
    yield store ? listIgnored(store, folder) : []
  }

  *explain({ dir, wanted }: { dir: string; wanted: { row: number } | { messageId: string } }): Generator<Explanation> {
    const store = this.find(dir)
    yield store ? explain(store, wanted) : { matches: [], notes: [] }
  }

  *untold({ dir }: { dir: string }): Generator<Untold> {
    yield this.find(dir)?.merge.untold() ?? { uploads: 0, changes: 0, folders: 0, missing: 0, headers: 0 }
  }

  *stubs({ dir, folder }: { dir: string; folder: string }): Generator<readonly number[]> {
    const store = this.get(dir)
    const found = store.getAnyFolder(folder)
    yield isCollection(found) ? [] : store.incoming.stubs(found.id)
  }
}

function isShown({ isSelectable, isExcluded }: FolderRow): boolean {
  return isSelectable && !isExcluded
}

function listFolder(store: StoreReader, folder: FolderRow): FolderListing {
  const { items, unread, ignored } = store.counts(folder.id)
  const state = folder.isExcluded ? 'excluded' : folder.isSelectable ? folder.state : 'container'
  return {
    path: folder.path,
    kind: 'mail',
    role: folder.role ?? null,
    items,
    unread,
    ignored,
    state: folder.error ? 'error' : state,
    error: folder.error ?? null,
  }
}

function listItem(item: ItemRow): ItemListing {
  return {
    row: item.id,
    uid: item.uid,
    messageId: item.messageId ?? null,
    subject: item.subject ?? null,
    from: item.from ?? null,
    date: isoOf(item.dateMs),
    size: item.size,
    flags: unpackFlags(item.flags),
    state: item.bodyState,
    blocked: item.isBlocked,
  }
}

// A message that is only here has no UID of the server.
function fileName({ uid, localUid }: ItemRow): string {
  return uid > 0 ? `${uid}.eml` : `local-${localUid}.eml`
}

// A header must never leave the store as if it were the message.
function wholeLocation({ id, bodyState, location }: ItemRow) {
  if (bodyState === 'full') return location
  throw new PosternError<StoreErrorCode>('STORE_HEADER_ONLY', `Only the header of item ${id} is here.`, {
    remedy: 'user',
    advice: 'Fetch all of it first: postern item fetch ID.',
  })
}

function makeFolder(out: string): void {
  try {
    mkdirSync(out, { recursive: true })
  } catch (cause) {
    throw exportFailed(out, cause)
  }
}

interface ExportedFile {
  readonly name: string
  readonly chunks: Iterable<Buffer>
}

/** What a folder is exported as: one file for each message, or each object. */
function filesOf(store: StoreReader, folder: FolderRow): { total: number; files: Iterable<ExportedFile> } {
  const { id } = folder
  if (!isCollection(folder)) return { total: store.counts(id).items, files: messageFiles(store, id) }
  return { total: store.objects.counts(id).items, files: objectFiles(store, id) }
}

function* messageFiles(store: StoreReader, folder: number): Generator<ExportedFile> {
  for (const item of store.items(folder)) yield { name: fileName(item), chunks: store.body(wholeLocation(item)) }
}

function* objectFiles(store: StoreReader, folder: number): Generator<ExportedFile> {
  for (const object of store.objects.stream(folder)) yield { name: objectFileName(object), chunks: [object.octets] }
}

/** Writes one file beside its final name first, so that a file that is there is whole. */
function exportFile(chunks: Iterable<Buffer>, file: string): number {
  const temporary = `${file}.part`
  let octets = 0
  try {
    const fd = openSync(temporary, 'w', 0o600)
    try {
      for (const chunk of chunks) octets += writeAll(fd, chunk)
    } finally {
      closeSync(fd)
    }
    renameSync(temporary, file)
    return octets
  } catch (cause) {
    if (cause instanceof PosternError) throw cause
    throw exportFailed(file, cause)
  }
}

function writeAll(fd: number, chunk: Buffer): number {
  for (let done = 0; done < chunk.length; ) done += writeSync(fd, chunk, done)
  return chunk.length
}

function exportFailed(file: string, cause: unknown): PosternError {
  const text = cause instanceof Error ? cause.message : String(cause)
  return new PosternError<DaemonErrorCode>('DAEMON_EXPORT_FAILED', `${file} could not be written: ${text}`, {
    remedy: 'user',
    advice: 'Check the folder’s permissions and the space on its disk, then repeat the export.',
    cause,
  })
}

import type { ObjectKind } from '../../formats/groupware/object-outline.ts'
import { unpackFlags } from '../../store/flags.ts'
import type { Untold } from '../../store/queries/merge-queries.ts'
import type { StoreReader } from '../../store/reader.ts'
import { type FolderKind, type FolderRow, type ItemRow, isCollection } from '../../store/rows.ts'
import { type ExportProgress, exportFolder, wholeLocation } from './export-folder.ts'
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
} from './object-listing.ts'
import { type Explanation, explain } from './story.ts'

const PAGE_ROWS = 500
const NOTHING_UNTOLD: Untold = { uploads: 0, changes: 0, folders: 0, entries: 0, missing: 0, headers: 0 }

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
  /** Those of them that are of calendars and address books. */
  readonly entries: number
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
      entries: store?.join.count() ?? 0,
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
    yield* exportFolder(store, store.getAnyFolder(folder), out)
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
    yield this.find(dir)?.merge.untold() ?? NOTHING_UNTOLD
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

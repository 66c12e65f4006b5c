import { PosternError } from '../../errors.ts'
import type { SortCriterion } from '../../formats/imap/command/arguments/search.ts'
import type { OctetPart } from '../../imap/backend.ts'
import type { StoreErrorCode } from '../../store/errors.ts'
import type {
  ChangeColumns,
  MailboxColumns,
  MailboxCounters,
  MailboxFolder,
  MailboxItem,
  MailboxSnapshot,
  StoreNews,
} from '../../store/queries/mailbox-views.ts'
import type { StorageQuota } from '../../store/rows.ts'
import type { DetailKind, ItemDetails } from '../../store/search/item-details.ts'
import type { OctetsPage } from '../../store/search/octets-page.ts'
import { type PlainKey, searchKeyOf } from '../../store/search/plain-key.ts'
import type { Thread } from '../../store/search/query/threads.ts'
import type { IndexLimits } from '../../store/search/search-index.ts'
import { type MovedColumns, moveColumns } from './moved-columns.ts'
import { octetsPages, wholePages } from './octets-page.ts'
import { type OpenReaderOperations, OpenReaders } from './open-readers.ts'

const PAGE_ROWS = 1000
const COLUMN_ROWS = 4096
const DETAILS_ROWS = 400 // a message between threads costs as much as some ten messages of mail
const LISTED_ROWS = 1000 // of some hundred octets each
const STRUCTURE_ROWS = 50 // a structure has up to megabytes

/** A folder of a store. */
export interface MailboxPlace {
  readonly dir: string
  readonly folder: number
}

/** Messages of a folder by their local UIDs, ascending. */
export interface MailboxMessages extends MailboxPlace {
  readonly uids: Uint32Array
}

/** Octets of a message. */
export interface WantedOctets extends MailboxPlace {
  readonly uid: number
  readonly start: number
  /** Infinity for all that follows. */
  readonly end: number
  /** Only the header is looked for: where that alone is here, it is all. */
  readonly isHeader: boolean
}

/** What is read of messages. */
export interface WantedColumns {
  readonly columns: readonly (keyof MailboxColumns)[]
}

/** What is searched for. */
export interface WantedMatches {
  readonly key: PlainKey
  readonly nowMs: number
}

/** What is read of a store for mail programs that have it open. */
export interface MailboxOperations extends OpenReaderOperations {
  mailboxFolders(params: { dir: string }): Iterable<readonly MailboxFolder[]>
  mailboxQuota(params: { dir: string }): Iterable<StorageQuota | undefined>
  mailboxNews(params: { dir: string; since: number }): Iterable<StoreNews>
  mailboxCounters(params: MailboxPlace): Iterable<MailboxCounters | undefined>
  mailboxSnapshot(params: MailboxPlace): Iterable<MailboxSnapshot | undefined>
  mailboxChanges(params: MailboxPlace & { since: number }): Iterable<ChangeColumns | undefined>
  mailboxItems(params: MailboxMessages): Iterable<readonly MailboxItem[]>
  mailboxColumns(params: MailboxMessages & WantedColumns): Iterable<MovedColumns>
  mailboxDetails(params: MailboxMessages & { kinds: readonly DetailKind[] }): Iterable<readonly ItemDetails[]>
  mailboxSmallOctets(params: MailboxMessages & { part: OctetPart }): Iterable<OctetsPage>
  mailboxOctets(params: WantedOctets): Iterable<Uint8Array>
  mailboxSearch(params: MailboxMessages & WantedMatches): Iterable<Uint32Array>
  mailboxSort(params: MailboxMessages & WantedMatches & { criteria: readonly SortCriterion[] }): Iterable<Uint32Array>
  mailboxThreads(params: MailboxMessages & WantedMatches): Iterable<readonly Thread[]>
  /** Tells how many messages are left to be indexed. */
  indexMail(params: { dir: string } & IndexLimits): Iterable<number>
}

/** The operations for mail programs. A profile that was never synchronized has no mailbox yet. */
export class MailboxReaders extends OpenReaders implements MailboxOperations {
  *mailboxFolders({ dir }: { dir: string }): Generator<readonly MailboxFolder[]> {
    yield this.find(dir)?.mailboxes.folders() ?? []
  }

  *mailboxQuota({ dir }: { dir: string }): Generator<StorageQuota | undefined> {
    yield this.find(dir)?.storageQuota()
  }

  *mailboxNews({ dir, since }: { dir: string; since: number }): Generator<StoreNews> {
    yield this.find(dir)?.mailboxes.news(since) ?? { modseq: 0, folders: [], listing: '' }
  }

  *mailboxCounters({ dir, folder }: MailboxPlace): Generator<MailboxCounters | undefined> {
    yield this.find(dir)?.mailboxes.counters(folder)
  }

  *mailboxSnapshot({ dir, folder }: MailboxPlace): Generator<MailboxSnapshot | undefined> {
    yield this.find(dir)?.mailboxes.snapshot(folder)
  }

  *mailboxChanges({ dir, folder, since }: MailboxPlace & { since: number }): Generator<ChangeColumns | undefined> {
    yield this.find(dir)?.mailboxes.changes(folder, since)
  }

  *mailboxItems({ dir, folder, uids }: MailboxMessages): Generator<readonly MailboxItem[]> {
    const { mailboxes } = this.get(dir)
    for (const page of pages(uids, PAGE_ROWS)) yield mailboxes.items(folder, page)
  }

  *mailboxColumns({ dir, folder, uids, columns }: MailboxMessages & WantedColumns): Generator<MovedColumns> {
    const { mailboxes } = this.get(dir)
    for (const page of pages(uids, COLUMN_ROWS)) yield moveColumns(mailboxes.columns(folder, page, columns))
  }

  *mailboxDetails(params: MailboxMessages & { kinds: readonly DetailKind[] }): Generator<readonly ItemDetails[]> {
    const { dir, folder, uids, kinds } = params
    const rows = kinds.every(isSmall) ? DETAILS_ROWS : STRUCTURE_ROWS
    for (const page of pages(uids, rows)) yield this.searcher(dir).details(folder, page, kinds)
  }

  *mailboxSmallOctets(params: MailboxMessages & { part: OctetPart }): Generator<OctetsPage> {
    const { dir, folder, uids, part } = params
    for (const page of pages(uids, part === 'listed' ? LISTED_ROWS : DETAILS_ROWS)) {
      if (part === 'whole') yield* wholePages(this.get(dir), folder, page)
      else if (part === 'header') yield* octetsPages(this.searcher(dir).smallHeaders(folder, page))
      else yield this.searcher(dir).listedFields(folder, page)
    }
  }

  *mailboxSearch({ dir, folder, uids, key, nowMs }: MailboxMessages & WantedMatches): Generator<Uint32Array> {
    yield this.searcher(dir).search(folder, uids, searchKeyOf(key), nowMs)
  }

  *mailboxSort(
    params: MailboxMessages & WantedMatches & { criteria: readonly SortCriterion[] },
  ): Generator<Uint32Array> {
    yield this.searcher(params.dir).sort(searchOf(params), params.criteria)
  }

  *mailboxThreads(params: MailboxMessages & WantedMatches): Generator<readonly Thread[]> {
    yield this.searcher(params.dir).threads(searchOf(params))
  }

  *indexMail({ dir, ...limits }: { dir: string } & IndexLimits): Generator<number> {
    const store = this.find(dir)
    yield store ? this.index(dir).indexSome(store, limits) : 0
  }

  *mailboxOctets({ dir, folder, uid, ...span }: WantedOctets): Generator<Uint8Array> {
    const store = this.get(dir)
    const [item] = store.mailboxes.items(folder, Uint32Array.of(uid))
    if (!item) return
    const isMissing = item.bodyState === 'header' && span.end > item.location.length
    if (isMissing && !span.isHeader) throw headerOnly(item.id)
    yield* store.span(item.location, span) // checked: octets that are wrong would be kept by a client for ever
  }
}

function searchOf({ folder, uids, key, nowMs }: MailboxMessages & WantedMatches) {
  return { folder, uids, key: searchKeyOf(key), now: nowMs }
}

function isSmall(kind: DetailKind): boolean {
  return kind === 'envelope' || kind === 'preview'
}

function* pages(uids: Uint32Array, rows: number): Generator<Uint32Array> {
  for (let at = 0; at < uids.length; at += rows) yield uids.subarray(at, at + rows)
}

function headerOnly(id: number): PosternError {
  return new PosternError<StoreErrorCode>('STORE_HEADER_ONLY', `Only the header of item ${id} is here.`, {
    remedy: 'user',
    advice: 'Fetch all of it first: postern item fetch ID.',
  })
}

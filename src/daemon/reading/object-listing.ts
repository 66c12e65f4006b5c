import { createHash } from 'node:crypto'
import { outlineOf } from '../../formats/groupware/object-outline.ts'
import { TOMB_DAYS } from '../../store/changes/purge.ts'
import type { ObjectConflictRow } from '../../store/queries/kept-objects.ts'
import type { ObjectRow } from '../../store/queries/object-reader.ts'
import type { StoreReader } from '../../store/reader.ts'
import type { FolderRow } from '../../store/rows.ts'
import type { IgnoredListing } from './ignored-listing.ts'
import { type ConflictDetails, type ConflictListing, type DeletedListing, isoOf } from './kept-listing.ts'
import type { FolderListing, ItemDetails, ItemListing } from './reader-operations.ts'

const PAGE_ROWS = 500
const DAY_MS = 86_400_000

/** How rows of objects are told from those of messages. */
export const objectRow = (row: number) => `o${row}`

const REASONS: Readonly<Record<string, readonly [code: string, why: string]>> = {
  'changed on both sides': [
    'changed-on-both',
    'It was changed here, and on the server before the server knew of the change.',
  ],
  'changed on the server, deleted here': [
    'deleted-here',
    'It was deleted here, and changed on the server before the server knew of the deletion.',
  ],
  'deleted on the server, changed here': [
    'deleted-on-server',
    'It was changed here, and deleted on the server before the server knew of the change.',
  ],
  'its calendar was deleted on the server': [
    'folder-gone',
    'It was changed here, and its folder was deleted on the server before the server knew of the change.',
  ],
  'changed where the server takes no changes': [
    'read-only',
    'It was changed in a folder in which the server lets nobody write.',
  ],
}

/** What objects have in place of a message's columns. */
const NO_MESSAGE = { uid: 0, messageId: null, flags: [] } as const

/** Describes a calendar or an address book as `folder list` shows it. */
export function listCollection(store: StoreReader, folder: FolderRow): FolderListing {
  const { items, unread, ignored } = store.objects.counts(folder.id)
  return {
    ...{
      path: folder.path,
      kind: folder.kind,
      role: null,
      items,
      unread,
      ignored,
      readOnly: folder.isReadOnly === true,
    },
    state: folder.error ? 'error' : folder.state,
    error: folder.error ?? null,
  }
}

/** Lists the objects of a collection, page by page. */
export function* listObjects(store: StoreReader, { id }: FolderRow): Generator<readonly ItemListing[]> {
  // An open cursor would keep the write-ahead log from being emptied.
  for (let after = 0; ; ) {
    const page = [...store.objects.stream(id, { after, limit: PAGE_ROWS })]
    yield page.map(listObject)
    if (page.length < PAGE_ROWS) return
    after = page.at(-1)?.id ?? after
  }
}

/** Describes an object as `item show` shows it. */
export function describeObject(store: StoreReader, row: ObjectRow): ItemDetails {
  const folder = store.findFolder(row.folder)?.path ?? ''
  return { ...listObject(row), folder, received: null, sha256: hashOf(row.octets), error: row.error ?? null }
}

/** The name of the file that an object is exported to. */
export function objectFileName({ id, octets }: ObjectRow): string {
  return `${objectRow(id)}.${outlineOf(octets).kind === 'contact' ? 'vcf' : 'ics'}`
}

/** Lists deleted objects that can be restored, page by page. */
export function* listDeletedObjects(
  store: StoreReader,
  folder: number | undefined,
): Generator<readonly DeletedListing[]> {
  let page: DeletedListing[] = []
  for (const { object, path, octets, deletedBy, deletedMs } of store.keptObjects.deleted(folder)) {
    page.push({
      ...{ row: objectRow(object), folder: path, messageId: null, ...columnsOf(octets), flags: [], deletedBy },
      state: deletedMs === undefined ? 'deleting' : 'deleted',
      deletedAt: isoOf(deletedMs),
      restorableUntil: deletedMs === undefined ? null : isoOf(deletedMs + TOMB_DAYS * DAY_MS),
    })
    if (page.length < PAGE_ROWS) continue
    yield page
    page = []
  }
  yield page
}

/** Describes a conflict of an object in one line. */
export function listObjectConflict({
  id,
  object,
  path,
  side,
  reason,
  octets,
  atMs,
  isSeen,
}: ObjectConflictRow): ConflictListing {
  return {
    ...{
      row: objectRow(id),
      itemRow: objectRow(object),
      side,
      reason: REASONS[reason]?.[0] ?? reason,
      folder: path,
      messageId: null,
      flags: [],
    },
    ...columnsOf(octets),
    ...{ at: isoOf(atMs), seen: isSeen },
  }
}

/** Describes both versions of an object's conflict. */
export function describeObjectConflict(store: StoreReader, row: ObjectConflictRow): ConflictDetails {
  const winner = store.objects.find(row.object)
  return {
    ...listObjectConflict(row),
    why: REASONS[row.reason]?.[1] ?? row.reason,
    ...{ received: null, sha256: hashOf(row.octets), bodyState: 'full' },
    other: {
      folder: (winner && store.findFolder(winner.folder)?.path) ?? row.path,
      flags: [],
      state: winner ? 'here' : 'deleted',
    },
  }
}

/** Lists changes of objects that the server has refused three times, and objects that it did not give three times. */
export function listIgnoredObjects(store: StoreReader, folder: number | undefined): readonly IgnoredListing[] {
  const unreadable = store.objects.unreadable(folder).map(({ id, href, error, ...row }) => ({
    row: id === undefined ? null : objectRow(id),
    folder: store.findFolder(row.folder)?.path ?? '',
    ...{ uid: 0, stage: 'download' as const, error: `${href}: ${error}`, since: null },
    ...{ size: 0, messageId: null, subject: null },
  }))
  return [...unreadable, ...listRefusedChanges(store, folder)]
}

function listRefusedChanges(store: StoreReader, folder: number | undefined): readonly IgnoredListing[] {
  return store.objects.refused(folder).map(row => ({
    row: objectRow(row.id),
    folder: store.findFolder(row.folder)?.path ?? '',
    uid: 0,
    stage: row.isGone ? 'deletion' : 'upload',
    error: row.error ?? '',
    since: null,
    ...{ size: row.octets.length, messageId: null, subject: outlineOf(row.octets).subject ?? null },
  }))
}

function listObject({ id, octets, isDirty, error }: ObjectRow): ItemListing {
  const { kind, uid, ...columns } = shown(octets)
  return {
    ...{ row: objectRow(id), ...NO_MESSAGE, ...columns },
    ...{ state: isDirty ? 'changed' : 'full', blocked: error !== undefined, kind, entry: uid },
  }
}

function shown(octets: Buffer) {
  const { kind = null, uid = null, subject = null, address = null, date = null } = outlineOf(octets)
  return { kind, uid, subject, from: address, date, size: octets.length }
}

/** What lists of kept versions show, where there is no message. */
function columnsOf(octets: Buffer) {
  const { kind: _, uid: __, ...columns } = shown(octets)
  return columns
}

function hashOf(octets: Buffer): string {
  return createHash('sha256').update(octets).digest('hex')
}

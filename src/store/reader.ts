import { join } from 'node:path'
import { PosternError } from '../errors.ts'
import { UidSet } from '../formats/imap/uid-set.ts'
import { IS_REFUSED, KEPT_THERE } from './blocked-items.ts'
import { findArriving, LOOKED_FOR } from './changes/adoption.ts'
import { RESTORABLE } from './changes/held-folders.ts'
import { IS_UNSEEN } from './closed-folders.ts'
import { Database } from './database.ts'
import type { StoreErrorCode } from './errors.ts'
import type { MessageFlags } from './flags.ts'
import { type DamagedItem, damagedOnServer } from './packs/damaged-bodies.ts'
import { PACKS_DIR, type PackLocation } from './packs/pack-format.ts'
import { type OctetSpan, PackReader } from './packs/pack-reader.ts'
import { type SmallBodies, smallBodies } from './packs/small-bodies.ts'
import { History } from './queries/history.ts'
import { IncomingQueries, MAX_DOWNLOAD_ATTEMPTS } from './queries/incoming-queries.ts'
import { JoinQueries } from './queries/join-queries.ts'
import { KeptObjects } from './queries/kept-objects.ts'
import { KeptVersions } from './queries/kept-versions.ts'
import { type KnownColumns, KnownMessages } from './queries/known-messages.ts'
import { LossQueries } from './queries/loss-queries.ts'
import { MailboxViews } from './queries/mailbox-views.ts'
import { MergeQueries } from './queries/merge-queries.ts'
import { ObjectReader } from './queries/object-reader.ts'
import { PendingChanges } from './queries/pending-changes.ts'
import { SearchRows } from './queries/search-rows.ts'
import { folderRow, itemRow, numberOf, textOf } from './row-values.ts'
import {
  type Distrust,
  type FolderCounts,
  type FolderKind,
  type FolderRow,
  type ItemRow,
  isCollection,
  type KnownMessage,
  type LastRun,
  type StorageQuota,
} from './rows.ts'
import { assertStore, DATABASE_FILE, noStore } from './store-presence.ts'

const ITEM_COLUMNS = `id, folder, uid, local_uid, message_id, subject, sender, date, internal_date, size, local_bits,
  local_keywords, is_blocked, body_state, sha256, pack, offset, length`
const UPLOADS = `SELECT count(*) AS n FROM op WHERE destination = ? AND kind = 'append'`
const REFUSED_CHANGES = `SELECT (SELECT count(*) FROM item INDEXED BY item_blocked WHERE remote_folder = ?1 AND ${IS_REFUSED})
  + (SELECT count(*) FROM expunge WHERE folder = ?1 AND is_marked = ${KEPT_THERE}) AS n`
const VISIBLE = 'is_gone = 0 AND unlinked IS NULL'

/** What a kind of folder holds, in words. */
const OBJECTS_OF: Readonly<Partial<Record<FolderKind, string>>> = {
  calendar: 'events',
  contacts: 'contacts',
  tasks: 'tasks',
  notes: 'notes',
}

/** Reads the store. Blocks while it reads: not for the main thread. */
export class StoreReader implements Disposable {
  readonly #database: Database
  readonly #packs: PackReader
  /** What is to be told to the server. */
  readonly pending: PendingChanges
  readonly objects: ObjectReader
  /** Of those, what can be brought back. */
  readonly keptObjects: KeptObjects
  /** And what is to be joined with an account. */
  readonly join: JoinQueries
  /** What is on its way here. */
  readonly incoming: IncomingQueries
  /** What happened. */
  readonly history: History
  /** What is about to be lost. */
  readonly losses: LossQueries
  /** What can be brought back. */
  readonly kept: KeptVersions
  /** Folders as mail programs see them. */
  readonly mailboxes: MailboxViews
  /** What is to be compared with an account that the profile was bound to. */
  readonly merge: MergeQueries
  /** What is searched. */
  readonly searched: SearchRows

  constructor(database: Database, packs: PackReader) {
    this.#database = database
    this.pending = new PendingChanges(database)
    this.objects = new ObjectReader(database)
    this.keptObjects = new KeptObjects(database)
    this.join = new JoinQueries(database)
    this.incoming = new IncomingQueries(database)
    this.history = new History(database)
    this.kept = new KeptVersions(database)
    this.losses = new LossQueries(database)
    this.mailboxes = new MailboxViews(database)
    this.merge = new MergeQueries(database)
    this.searched = new SearchRows(database)
    this.#packs = packs
  }

  /**
   * Opens a profile's store for reading. One that its writer is just making is not there yet.
   *
   * @throws {PosternError} STORE_NONE, STORE_NEWER_SCHEMA, STORE_UNREADABLE
   */
  static open(dir: string): StoreReader {
    assertStore(dir)
    const database = Database.openReader(join(dir, DATABASE_FILE))
    if (database.version > 0) return new StoreReader(database, new PackReader(join(dir, PACKS_DIR)))
    database[Symbol.dispose]()
    throw noStore()
  }

  /** Those of mail and files. */
  folders(): FolderRow[] {
    return this.#allFolders().filter(folder => !isCollection(folder))
  }

  /** Calendars and address books. */
  collections(): FolderRow[] {
    return this.#allFolders().filter(isCollection)
  }

  /** The account that the collections are of. */
  collectionsOf(): string | undefined {
    return textOf(this.#database.find('SELECT * FROM meta')?.collections_of) // older schemas have no such column
  }

  #allFolders(): FolderRow[] {
    return this.#database.all(`SELECT * FROM folder WHERE state <> 'gone' ORDER BY path`).map(folderRow)
  }

  /** Items that vanished and that the user wants back on the server, but for what may be coming from another folder. */
  restorable(): number[] {
    const rows = this.#database.all(`SELECT item.id, size, internal_date FROM item ${RESTORABLE}`)
    const arriving = findArriving(this.#database, rows)
    return rows.filter(row => !arriving.has(row)).map(({ id }) => Number(id))
  }

  findFolder(id: number): FolderRow | undefined {
    const row = this.#database.find(`SELECT * FROM folder WHERE id = ? AND state <> 'gone'`, id)
    return row && folderRow(row)
  }

  /**
   * Gives a folder of mail or files.
   *
   * @throws {PosternError} STORE_NO_SUCH_FOLDER, STORE_FOLDER_OTHER_KIND
   */
  getFolder(path: string): FolderRow {
    const folder = this.getAnyFolder(path)
    if (!isCollection(folder)) return folder
    throw new PosternError<StoreErrorCode>(
      'STORE_FOLDER_OTHER_KIND',
      `${JSON.stringify(path)} holds ${OBJECTS_OF[folder.kind] ?? 'no messages'}, and no messages.`,
      { remedy: 'user', advice: 'Name a mail folder: see `postern folder list`.' },
    )
  }

  /**
   * Gives a folder, whatever it holds.
   *
   * @throws {PosternError} STORE_NO_SUCH_FOLDER
   */
  getAnyFolder(path: string): FolderRow {
    const wanted = /^inbox$/i.test(path) ? 'INBOX' : path
    const row = this.#database.find(`SELECT * FROM folder WHERE path = ? AND state <> 'gone'`, wanted)
    if (row) return folderRow(row)
    throw new PosternError<StoreErrorCode>('STORE_NO_SUCH_FOLDER', `There is no folder ${JSON.stringify(path)}.`, {
      remedy: 'user',
      advice: 'See `postern folder list` for the names; a new folder of the server appears with the next sync.',
    })
  }

  counts(folder: number): FolderCounts {
    const count = (sql: string) => Number(this.#database.find(sql, folder)?.n)
    return {
      items: count(`SELECT count(*) AS n FROM item WHERE folder = ? AND ${VISIBLE}`),
      unread: count(`SELECT count(*) AS n FROM item WHERE folder = ? AND ${VISIBLE} AND local_bits & 1 = 0`),
      queuedDownload: count('SELECT count(*) AS n FROM dlq WHERE folder = ?'),
      queuedImport: count('SELECT count(*) AS n FROM stage WHERE folder = ?'),
      queuedUpload: count(`${UPLOADS} AND attempts < ${MAX_DOWNLOAD_ATTEMPTS}`),
      ignored:
        count('SELECT count(*) AS n FROM ignored WHERE folder = ?') +
        count(`${UPLOADS} AND attempts >= ${MAX_DOWNLOAD_ATTEMPTS}`) +
        count(REFUSED_CHANGES),
    }
  }

  /** Streams a folder's items in the order of their local UIDs. */
  *items(folder: number, { afterLocalUid = 0, limit = -1 } = {}): Generator<ItemRow> {
    const sql = `SELECT ${ITEM_COLUMNS} FROM item WHERE folder = ? AND local_uid > ? AND ${VISIBLE}
      ORDER BY local_uid LIMIT ?`
    for (const row of this.#database.iterate(sql, folder, afterLocalUid, limit)) yield itemRow(row)
  }

  /** @throws {PosternError} STORE_NO_SUCH_ITEM */
  getItem(id: number): ItemRow {
    const row = this.#database.find(`SELECT ${ITEM_COLUMNS} FROM item WHERE id = ? AND ${VISIBLE}`, id)
    if (row) return itemRow(row)
    throw new PosternError<StoreErrorCode>('STORE_NO_SUCH_ITEM', `There is no item with the id ${id}.`, {
      remedy: 'user',
      advice: 'See `postern item list FOLDER` for the ids.',
    })
  }

  /** Tells whether an item is there for the user. */
  hasItem(id: number): boolean {
    return this.#database.find(`SELECT 1 FROM item WHERE id = ? AND ${VISIBLE}`, id) !== undefined
  }

  /** Streams a body and checks it: see {@link PackReader.chunks}. */
  body(location: PackLocation, isReused = false): Generator<Buffer> {
    return this.#packs.chunks(location, isReused)
  }

  /** Reads many bodies that are small: see {@link smallBodies}. */
  smallBodies(locations: readonly PackLocation[], atOnce: number): Generator<SmallBodies> {
    return smallBodies(this.#packs, locations, atOnce)
  }

  /** Reads a part of a body once all of it was checked (see {@link PackReader.span}). */
  span(location: PackLocation, span: OctetSpan): Generator<Buffer> {
    return this.#packs.span(location, span)
  }

  /** Lets go of the files of packs, so that one that was retired can be removed. */
  closePacks(): void {
    this.#packs.close()
  }

  head(location: PackLocation, octets: number): Buffer {
    return this.#packs.head(location, octets)
  }

  cycle(): number {
    return Number(this.#database.find('SELECT cycle FROM meta')?.cycle)
  }

  /** The server whose deltas are not believed. */
  distrust(): Distrust | undefined {
    const text = this.#database.find('SELECT distrust FROM meta')?.distrust
    return typeof text === 'string' ? (JSON.parse(text) as Distrust) : undefined // written by Transactor.distrust
  }

  /** Picks messages of a folder at random, with the flags that the server is known to have given them. */
  sample(folder: number, count: number, random: (below: number) => number): Map<number, MessageFlags> {
    const bounds = `SELECT min(uid) AS first, max(uid) AS last FROM item WHERE remote_folder = ? AND uid > 0`
    const { first, last } = this.#database.find(bounds, folder) ?? {}
    const picked = new Map<number, MessageFlags>()
    if (typeof first !== 'number' || typeof last !== 'number') return picked
    const sql = `SELECT uid, server_bits, server_keywords FROM item WHERE remote_folder = ? AND uid >= ? AND uid > 0
      AND unlinked IS NULL AND NOT EXISTS(SELECT 1 FROM op WHERE op.item = item.id) ORDER BY uid LIMIT 1`
    for (let index = 0; index < count; index++) {
      const row = this.#database.find(sql, folder, first + random(last - first + 1))
      const flags = { bits: Number(row?.server_bits), keywords: String(row?.server_keywords) }
      if (row) picked.set(Number(row.uid), flags)
    }
    return picked
  }

  /** How the last run ended. */
  lastRun(): LastRun {
    const row = this.#database.find('SELECT last_sync_at, last_error FROM meta')
    const error = typeof row?.last_error === 'string' ? JSON.parse(row.last_error) : undefined
    return { lastSyncMs: numberOf(row?.last_sync_at), error }
  }

  /** How much the account may store on the server; undefined when that tells no limit. */
  storageQuota(): StorageQuota | undefined {
    const row = this.#database.find('SELECT * FROM meta') // schema 1 has no such columns
    const [usage, limit] = [numberOf(row?.quota_usage), numberOf(row?.quota_limit)]
    return usage === undefined || limit === undefined ? undefined : { usage, limit }
  }

  /** Everything that the store knows of a folder's UIDs. */
  known(folder: number, uidValidity: number): KnownMessages {
    const key = [folder, uidValidity] as const
    const flags = (bits: string, keywords: string) => `iif(${keywords} = '', ${bits}, ${bits} || ' ' || ${keywords})`
    const queued = (table: string) =>
      `SELECT uid, ${flags('bits', 'keywords')} AS flags FROM ${table} WHERE folder = ? AND uid_validity = ?
        AND item IS NULL ORDER BY uid`
    const expunge = 'SELECT uid, 0 AS flags FROM expunge WHERE folder = ? AND uid_validity = ? ORDER BY uid'
    const items = `SELECT uid, ${flags('server_bits', 'server_keywords')} AS flags FROM item
      WHERE remote_folder = ? AND uid > 0 AND unlinked IS NULL ORDER BY uid`
    return KnownMessages.join([
      this.#columns('expunge', expunge, ...key),
      this.#columns('ignored', queued('ignored'), ...key),
      this.#columns('dlq', queued('dlq'), ...key),
      this.#columns('stage', queued('stage'), ...key),
      this.#columns('item', items, folder),
    ])
  }

  // As two JSON arrays: a hundred thousand rows take a tenth of the time that rows take as objects.
  #columns(where: KnownMessage['where'], sql: string, ...values: number[]): KnownColumns {
    const row = this.#database.find(
      `SELECT json_group_array(uid) AS uids, json_group_array(flags) AS flags FROM (${sql})`,
      ...values,
    )
    return { where, uids: JSON.parse(String(row?.uids)), flags: JSON.parse(String(row?.flags)) }
  }

  /** The UIDs of {@link known}. */
  knownUids(folder: number, uidValidity: number): UidSet {
    // The index alone lists the items; the few that are unlinked are taken out afterwards.
    const items = this.#uids('SELECT uid FROM item WHERE remote_folder = ? AND uid > 0 ORDER BY uid', folder)
    const unlinked = 'SELECT uid FROM item WHERE unlinked IS NOT NULL AND remote_folder = ? AND uid > 0'
    const gone = new Set(this.#uids(unlinked, folder))
    const others = ['dlq', 'stage', 'ignored', 'expunge'].flatMap(table => {
      const isOwn = table === 'expunge' ? '' : 'AND item IS NULL'
      const sql = `SELECT uid FROM ${table} WHERE folder = ? AND uid_validity = ? ${isOwn}`
      return this.#uids(sql, folder, uidValidity)
    })
    return UidSet.of([...(gone.size === 0 ? items : items.filter(uid => !gone.has(uid))), ...others])
  }

  #uids(sql: string, ...values: number[]): number[] {
    return JSON.parse(
      String(this.#database.find(`SELECT json_group_array(uid) AS uids FROM (${sql})`, ...values)?.uids),
    )
  }

  /** Counts {@link known} without listing it. */
  knownCount(folder: number, uidValidity: number): number {
    // Asked for every folder in every run: all by indexes, without a look at the rows.
    const sql = `SELECT (SELECT count(*) FROM item WHERE remote_folder = ?1 AND uid > 0)
      - (SELECT count(*) FROM item INDEXED BY item_unlinked WHERE unlinked IS NOT NULL AND remote_folder = ?1 AND uid > 0)
      + (SELECT count(*) FROM dlq WHERE folder = ?1 AND uid_validity = ?2 AND item IS NULL)
      + (SELECT count(*) FROM stage WHERE folder = ?1 AND uid_validity = ?2 AND item IS NULL)
      + (SELECT count(*) FROM ignored WHERE folder = ?1 AND uid_validity = ?2 AND item IS NULL)
      + (SELECT count(*) FROM expunge WHERE folder = ?1 AND uid_validity = ?2) AS n`
    return Number(this.#database.find(sql, folder, uidValidity)?.n)
  }

  /** Counts what is to be downloaded, with its octets (about 4 KB for a header), and what is to be imported. */
  queued(folder: number): { readonly toDownload: number; readonly octets: number; readonly toImport: number } {
    const sql = `SELECT count(*) AS n, coalesce(sum(iif(want = 'full', size, min(size, 4096))), 0) AS octets FROM dlq
      WHERE folder = ?`
    const row = this.#database.find(sql, folder)
    const staged = this.#database.find('SELECT count(*) AS n FROM stage WHERE folder = ?', folder)
    return { toDownload: Number(row?.n), octets: Number(row?.octets), toImport: Number(staged?.n) }
  }

  /** Counts what is ignored in a folder: what failed to come, and what failed to go. */
  ignoredCount(folder: number): number {
    const sql = `SELECT (SELECT count(*) FROM ignored WHERE folder = ?1) + (SELECT count(*) FROM op
      WHERE destination = ?1 AND kind = 'append' AND attempts >= ${MAX_DOWNLOAD_ATTEMPTS}) + (${REFUSED_CHANGES}) AS n`
    return Number(this.#database.find(sql, folder)?.n)
  }

  /** Whether any item waits for the end of a cycle to be taken for deleted. */
  hasUnlinked(): boolean {
    return this.#database.find('SELECT 1 FROM item WHERE unlinked IS NOT NULL LIMIT 1') !== undefined
  }

  /** Whether any item was restored while the server may have been told to remove it. */
  hasRestored(): boolean {
    const sql = 'SELECT 1 FROM item WHERE gone_at IS NOT NULL AND is_gone = 0 AND unlinked IS NULL LIMIT 1'
    return this.#database.find(sql) !== undefined
  }

  /** Items of a folder whose bodies are to be fetched again. */
  damagedOnServer(folder: number): DamagedItem[] {
    return damagedOnServer(this.#database, folder)
  }

  /** Counts what may be adopted; `byHeader` those of them that have no Message-ID. */
  adoptable(): { readonly all: number; readonly byHeader: number } {
    const sql = `SELECT count(*) AS n, count(iif(message_id IS NULL, 1, NULL)) AS byHeader FROM item
      WHERE id IN (${LOOKED_FOR}) AND NOT (${IS_UNSEEN})`
    const row = this.#database.find(sql)
    return { all: Number(row?.n), byHeader: Number(row?.byHeader) }
  }

  [Symbol.dispose](): void {
    this.#packs[Symbol.dispose]()
    this.#database[Symbol.dispose]()
  }
}

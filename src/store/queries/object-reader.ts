import { PosternError } from '../../errors.ts'
import type { Database, Row } from '../database.ts'
import type { StoreErrorCode } from '../errors.ts'
import { numberOf, textOf } from '../row-values.ts'
import type { FolderCounts } from '../rows.ts'

const MAX_ATTEMPTS = 3 // then a change is on the ignore list, and tried now and then
const CHANGED = '(is_gone OR local_revision <> synced_revision)'

/** An object as the user sees it. */
export interface ObjectRow {
  readonly id: number
  readonly folder: number
  readonly href: string
  readonly etag: string | undefined
  readonly octets: Buffer
  readonly isDirty: boolean
  /** Deleted here, which the server does not know yet. */
  readonly isGone: boolean
  /** Why the server did not take what was changed here. */
  readonly error: string | undefined
}

/** An object to be written to the server or removed from it. */
export interface PendingObject {
  readonly id: number
  readonly href: string
  /** Of the version that it replaces; undefined when the server is not known to have any. */
  readonly etag: string | undefined
  readonly octets: Buffer
  readonly isGone: boolean
  readonly revision: number
}

/** A version of the server that could not be read. */
export interface UnreadableObject {
  /** Of the version that is here; undefined when there is none. */
  readonly id: number | undefined
  readonly folder: number
  readonly href: string
  readonly error: string
}

/** The version of an object that lost. */
export interface ObjectLoser {
  readonly id: number
  readonly href: string
  readonly side: 'local' | 'server'
  readonly octets: Buffer
}

/** Reads objects: items whose content can change. */
export class ObjectReader {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  token(folder: number): string | undefined {
    return textOf(this.#database.find('SELECT cursor FROM folder WHERE id = ?', folder)?.cursor)
  }

  /** Those that the user sees. */
  list(folder: number): ObjectRow[] {
    return [...this.stream(folder)]
  }

  /** The same, some at a time. */
  *stream(folder: number, { after = 0, limit = -1 } = {}): Generator<ObjectRow> {
    const sql = 'SELECT * FROM object WHERE folder = ? AND id > ? AND is_gone = 0 ORDER BY id LIMIT ?'
    for (const row of this.#database.iterate(sql, folder, after, limit)) yield objectRow(row)
  }

  /** Finds one that the user sees. */
  find(id: number): ObjectRow | undefined {
    const row = this.#database.find('SELECT * FROM object WHERE id = ? AND is_gone = 0', id)
    return row && objectRow(row)
  }

  /** @throws {PosternError} STORE_NO_SUCH_ITEM */
  get(id: number): ObjectRow {
    const found = this.find(id)
    if (found) return found
    throw new PosternError<StoreErrorCode>('STORE_NO_SUCH_ITEM', `There is no item with the id o${id}.`, {
      remedy: 'user',
      advice: 'See `postern item list FOLDER` for the ids.',
    })
  }

  count(folder: number): number {
    return Number(this.#database.find('SELECT count(*) AS n FROM object WHERE folder = ?', folder)?.n)
  }

  /** How many the user sees, and how many wait. */
  counts(folder: number): FolderCounts {
    const count = (sql: string) => Number(this.#database.find(`SELECT count(*) AS n FROM ${sql}`, folder)?.n)
    return {
      items: count('object WHERE folder = ? AND is_gone = 0'),
      unread: 0,
      queuedDownload: count(`object_queue WHERE folder = ? AND attempts < ${MAX_ATTEMPTS}`),
      queuedImport: 0,
      queuedUpload: count(`object WHERE folder = ? AND ${CHANGED} AND attempts < ${MAX_ATTEMPTS}`),
      ignored:
        count(`object WHERE folder = ? AND ${CHANGED} AND attempts >= ${MAX_ATTEMPTS}`) +
        count(`object_queue WHERE folder = ? AND attempts >= ${MAX_ATTEMPTS}`),
    }
  }

  /** Changes that the server has refused three times, of one folder or of all. */
  refused(folder: number | undefined): ObjectRow[] {
    const sql = `SELECT * FROM object WHERE (?1 IS NULL OR folder = ?1) AND attempts >= ${MAX_ATTEMPTS} ORDER BY id`
    return this.#database.all(sql, folder ?? null).map(objectRow)
  }

  /** Those that the server is known to have. */
  hrefs(folder: number): string[] {
    const sql = 'SELECT href FROM object WHERE folder = ? AND etag IS NOT NULL ORDER BY href'
    return this.#database.all(sql, folder).map(row => String(row.href))
  }

  /** What is to be read from the server next, all at once; what has failed comes last, and alone. */
  queue(folder: number, nowMs: number, limit: number): string[] {
    const sql = `SELECT href, attempts FROM object_queue WHERE folder = ? AND next_at <= ?
      ORDER BY attempts, href LIMIT ?`
    const rows = this.#database.all(sql, folder, nowMs, limit)
    const untried = rows.filter(({ attempts }) => attempts === 0)
    return (untried.length > 0 ? untried : rows.slice(0, 1)).map(row => String(row.href))
  }

  /** Versions of the server that could not be read three times, of one folder or of all. */
  unreadable(folder: number | undefined): UnreadableObject[] {
    const sql = `SELECT queue.folder, queue.href, queue.error, object.id FROM object_queue AS queue
      LEFT JOIN object ON object.folder = queue.folder AND object.href = queue.href
      WHERE (?1 IS NULL OR queue.folder = ?1) AND queue.attempts >= ${MAX_ATTEMPTS} ORDER BY queue.folder, queue.href`
    return this.#database.all(sql, folder ?? null).map(row => ({
      ...{ id: numberOf(row.id), folder: Number(row.folder), href: String(row.href), error: textOf(row.error) ?? '' },
    }))
  }

  /** What is to be told to the server now; without its octets, since it may be all that there is. */
  pending(folder: number, nowMs: number): Pick<PendingObject, 'id' | 'isGone'>[] {
    const sql = `SELECT id, is_gone FROM object WHERE folder = ? AND ${CHANGED} AND next_at <= ?
      AND href NOT IN (SELECT href FROM object_queue WHERE folder = ?1) ORDER BY id`
    return this.#database.all(sql, folder, nowMs).map(row => ({ id: Number(row.id), isGone: row.is_gone === 1 }))
  }

  losers(folder: number): ObjectLoser[] {
    return this.#database.all('SELECT * FROM object_conflict WHERE folder = ? ORDER BY id', folder).map(row => ({
      id: Number(row.id),
      href: String(row.href),
      side: row.side === 'local' ? 'local' : 'server',
      octets: octetsOf(row),
    }))
  }
}

function objectRow(row: Row): ObjectRow {
  return {
    ...{ id: Number(row.id), folder: Number(row.folder), href: String(row.href), etag: textOf(row.etag) },
    ...{ octets: octetsOf(row), isDirty: row.local_revision !== row.synced_revision, error: textOf(row.error) },
    isGone: row.is_gone === 1,
  }
}

/** Makes of a row what is to be told of it. */
export function pendingObject(row: Row): PendingObject {
  return {
    id: Number(row.id),
    href: String(row.href),
    etag: textOf(row.etag),
    octets: octetsOf(row),
    isGone: row.is_gone === 1,
    revision: numberOf(row.local_revision) ?? 0,
  }
}

/** The octets of a row that has some. */
export function octetsOf(row: Row): Buffer {
  return blobOf(row.octets)
}

/** A BLOB as a buffer; an empty one where there is none. */
export function blobOf(value: unknown): Buffer {
  return value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : Buffer.alloc(0)
}

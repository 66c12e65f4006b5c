import { noSuchConflict } from '../changes/undo.ts'
import type { Database, Row } from '../database.ts'
import { octetsOf } from './object-reader.ts'

/** A version of an object that lost a conflict. Times are ms since the epoch. */
export interface ObjectConflictRow {
  readonly id: number
  readonly object: number
  /** The name that its folder has now. */
  readonly path: string
  /** Whose version this is. */
  readonly side: 'local' | 'server'
  readonly reason: string
  readonly octets: Buffer
  readonly atMs: number
  readonly isSeen: boolean
}

/** A deleted object that can be restored. */
export interface DeletedObjectRow {
  readonly object: number
  readonly path: string
  readonly octets: Buffer
  readonly deletedBy: 'local' | 'server'
  /** Undefined while the server does not know. */
  readonly deletedMs: number | undefined
}

const WITH_TOMBS = 5 // the first schema that keeps deleted objects

/** Reads objects that were deleted or lost a conflict and can be brought back. */
export class KeptObjects {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  conflicts(): ObjectConflictRow[] {
    return this.#database.all(`${CONFLICTS} ORDER BY object_conflict.id`).map(conflictRow)
  }

  /** @throws {PosternError} STORE_NO_SUCH_CONFLICT */
  getConflict(id: number): ObjectConflictRow {
    const row = this.#database.find(`${CONFLICTS} WHERE object_conflict.id = ?`, id)
    if (!row) throw noSuchConflict(`o${id}`)
    return conflictRow(row)
  }

  conflictCount(): number {
    return Number(this.#database.find('SELECT count(*) AS n FROM object_conflict')?.n)
  }

  /** The number that the newest conflict was given, whether it is still kept or not. */
  lastConflict(): number {
    return Number(this.#database.find(`SELECT seq FROM sqlite_sequence WHERE name = 'object_conflict'`)?.seq ?? 0)
  }

  /** Streams what was deleted, of one folder or of all, newest first. */
  *deleted(folder: number | undefined): Generator<DeletedObjectRow> {
    const tombs = `SELECT object, folder, octets, deleted_by, deleted_at FROM object_tomb WHERE ?1 IS NULL OR folder = ?1 UNION ALL `
    const sql = `SELECT deleted.*, folder.path FROM (${this.#database.version >= WITH_TOMBS ? tombs : ''}
        SELECT id AS object, folder, octets, 'local' AS deleted_by, NULL AS deleted_at FROM object
        WHERE is_gone AND (?1 IS NULL OR folder = ?1)) AS deleted
      JOIN folder ON folder.id = deleted.folder ORDER BY deleted_at IS NULL DESC, deleted_at DESC, object DESC`
    for (const row of this.#database.iterate(sql, folder ?? null)) {
      yield {
        ...{ object: Number(row.object), path: String(row.path), octets: octetsOf(row) },
        deletedBy: row.deleted_by === 'local' ? 'local' : 'server',
        deletedMs: typeof row.deleted_at === 'number' ? row.deleted_at : undefined,
      }
    }
  }
}

const CONFLICTS =
  'SELECT object_conflict.*, folder.path FROM object_conflict JOIN folder ON folder.id = object_conflict.folder'

function conflictRow(row: Row): ObjectConflictRow {
  return {
    ...{ id: Number(row.id), object: Number(row.object), path: String(row.path), octets: octetsOf(row) },
    side: row.side === 'local' ? 'local' : 'server',
    reason: String(row.reason),
    atMs: Number(row.at),
    isSeen: row.is_seen === 1,
  }
}

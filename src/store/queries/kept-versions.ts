import type { ConflictReason } from '../changes/conflicts.ts'
import { noSuchConflict } from '../changes/undo.ts'
import type { Database, Row } from '../database.ts'
import type { MessageFlags } from '../flags.ts'
import type { PackLocation } from '../packs/pack-format.ts'
import { locationOf, numberOf, textOf } from '../row-values.ts'

/** What is known of a version that is kept. Times are ms since the epoch. */
interface KeptVersion {
  readonly item: number
  readonly messageId: string | undefined
  readonly subject: string | undefined
  readonly from: string | undefined
  readonly dateMs: number | undefined
  readonly size: number
  readonly flags: MessageFlags
}

/** A version of a message that lost a conflict. */
export interface ConflictRow extends KeptVersion {
  readonly id: number
  /** Whose version this is. */
  readonly side: 'local' | 'server'
  readonly reason: ConflictReason
  /** The folder that it was in. */
  readonly path: string
  /** What was last known of the other version. */
  readonly other: { readonly path: string | undefined; readonly flags: MessageFlags }
  readonly internalDateMs: number
  readonly bodyState: 'header' | 'full'
  readonly sha256: Buffer
  readonly location: PackLocation
  readonly atMs: number
  readonly isSeen: boolean
}

/** A deleted message that can be restored. */
export interface DeletedRow extends KeptVersion {
  readonly path: string
  readonly deletedBy: 'local' | 'server'
  readonly deletedMs: number
  /** Whether the server does not know yet. */
  readonly isPending: boolean
}

/** Reads what was deleted or lost a conflict and can be brought back. */
export class KeptVersions {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  conflicts(): ConflictRow[] {
    return this.#database.all('SELECT * FROM conflict ORDER BY id').map(conflictRow)
  }

  /** @throws {PosternError} STORE_NO_SUCH_CONFLICT */
  getConflict(id: number): ConflictRow {
    const row = this.#database.find('SELECT * FROM conflict WHERE id = ?', id)
    if (!row) throw noSuchConflict(id)
    return conflictRow(row)
  }

  conflictCount(): number {
    return Number(this.#database.find('SELECT count(*) AS n FROM conflict')?.n)
  }

  /** The number that the newest conflict was given, whether it is still kept or not. */
  lastConflict(): number {
    return Number(this.#database.find(`SELECT seq FROM sqlite_sequence WHERE name = 'conflict'`)?.seq ?? 0)
  }

  /** Streams what was deleted, of one folder or of all, newest first. */
  *deleted(folder?: number): Generator<DeletedRow> {
    const sql = `SELECT id AS item, folder, message_id, subject, sender, date, size, local_bits AS bits,
        local_keywords AS keywords, 'local' AS deleted_by, gone_at AS deleted_at, 1 AS is_pending
      FROM item WHERE is_gone AND (?1 IS NULL OR folder = ?1)
      UNION ALL SELECT item, folder, message_id, subject, sender, date, size, bits, keywords, deleted_by, deleted_at, 0
      FROM tomb WHERE ?1 IS NULL OR folder = ?1 ORDER BY deleted_at DESC, item DESC`
    const paths = new Map(this.#database.all('SELECT id, path FROM folder').map(row => [row.id, String(row.path)]))
    for (const row of this.#database.iterate(sql, folder ?? null)) {
      yield {
        ...keptVersion(row),
        path: paths.get(row.folder) ?? '',
        deletedBy: row.deleted_by === 'local' ? 'local' : 'server',
        deletedMs: Number(row.deleted_at),
        isPending: row.is_pending === 1,
      }
    }
  }
}

function conflictRow(row: Row): ConflictRow {
  const otherFlags = { bits: Number(row.other_bits), keywords: String(row.other_keywords) }
  return {
    ...keptVersion(row),
    id: Number(row.id),
    side: row.side === 'local' ? 'local' : 'server',
    reason: row.reason as ConflictReason, // held to these by a CHECK
    path: String(row.path),
    other: { path: textOf(row.other_path), flags: otherFlags },
    internalDateMs: Number(row.internal_date),
    bodyState: row.body_state === 'header' ? 'header' : 'full',
    sha256: row.sha256 instanceof Uint8Array ? Buffer.from(row.sha256) : Buffer.alloc(0),
    location: locationOf(row),
    atMs: Number(row.at),
    isSeen: row.is_seen === 1,
  }
}

function keptVersion(row: Row): KeptVersion {
  return {
    item: Number(row.item),
    messageId: textOf(row.message_id),
    subject: textOf(row.subject),
    from: textOf(row.sender),
    dateMs: numberOf(row.date),
    size: Number(row.size),
    flags: { bits: Number(row.bits), keywords: String(row.keywords) },
  }
}

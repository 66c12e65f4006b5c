import { IS_REFUSED, KEPT_THERE } from '../blocked-items.ts'
import { type BodyLimits, findReleasable, isChoiceChanged, type ReleasableBody } from '../changes/body-changes.ts'
import type { Database } from '../database.ts'
import { locationOf, numberOf, textOf } from '../row-values.ts'
import type { BodyPart, DownloadPlace, IgnoredMessage, StagedRow } from '../rows.ts'

/** Failures of one message, to be downloaded or imported, before it goes on the ignore list. */
export const MAX_DOWNLOAD_ATTEMPTS = 3

const OF_LEFTOVER = `FROM ledger WHERE item IS NULL AND ledger.folder = expunge.folder AND ledger.uid = expunge.uid
  AND event = 'change-ignored'`

/** A message that may be asked for next. */
export interface DownloadCandidate {
  readonly uid: number
  readonly size: number
  readonly want: BodyPart
  /** It may be asked for together with at most so many; undefined when nothing failed so far. */
  readonly maxBatch: number | undefined
}

/** Where the server has an item. */
export interface BodyPlace extends DownloadPlace {
  readonly path: string
  readonly uid: number
  readonly size: number
}

/** Reads what is on its way from the server, and what did not make it. */
export class IncomingQueries {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** The next messages below a UID, newest first, that nothing is known against. */
  next({ folder, uidValidity }: DownloadPlace, beforeUid: number, limit: number): DownloadCandidate[] {
    const sql = `SELECT uid, size, want, max_batch FROM dlq WHERE folder = ? AND uid_validity = ? AND uid < ?
      AND max_batch IS NULL ORDER BY uid DESC LIMIT ?`
    return this.#database.all(sql, folder, uidValidity, beforeUid, limit).map(candidate)
  }

  /** Messages that failed, or were asked for with one that did: the largest companies first, where most are innocent. */
  suspects({ folder, uidValidity }: DownloadPlace): DownloadCandidate[] {
    const sql = `SELECT uid, size, want, max_batch FROM dlq WHERE folder = ? AND uid_validity = ? AND max_batch IS NOT NULL
      ORDER BY max_batch DESC, uid DESC`
    return this.#database.all(sql, folder, uidValidity).map(candidate)
  }

  hasSuspects(folder: number): boolean {
    const sql = 'SELECT 1 FROM dlq WHERE folder = ? AND max_batch IS NOT NULL LIMIT 1'
    return this.#database.find(sql, folder) !== undefined
  }

  /** Staged messages of a folder, in the order in which they came. */
  staged(folder: number, limit: number): StagedRow[] {
    const sql = 'SELECT id, folder, uid, pack, offset, length FROM stage WHERE folder = ? ORDER BY id LIMIT ?'
    return this.#database.all(sql, folder, limit).map(row => ({
      id: Number(row.id),
      folder: Number(row.folder),
      uid: Number(row.uid),
      location: locationOf(row),
    }))
  }

  /** Items of a folder of which only the header is here. */
  stubs(folder: number): number[] {
    const sql = `SELECT id FROM item WHERE folder = ? AND body_state = 'header' AND is_gone = 0 AND unlinked IS NULL
      ORDER BY local_uid`
    return this.#database.all(sql, folder).map(row => Number(row.id))
  }

  /** Where the server has an item now, as far as that is known. */
  placeOf(item: number): BodyPlace | undefined {
    const row = this.#database.find(
      `SELECT folder.id, path, uid_validity, uid, size FROM item JOIN folder ON folder.id = remote_folder
         WHERE item.id = ? AND uid > 0 AND unlinked IS NULL AND uid_validity IS NOT NULL`,
      item,
    )
    if (!row) return undefined
    const [folder, uidValidity, uid, size] = [row.id, row.uid_validity, row.uid, row.size].map(Number)
    return {
      folder: folder ?? 0,
      uidValidity: uidValidity ?? 0,
      uid: uid ?? 0,
      size: size ?? 0,
      path: String(row.path),
    }
  }

  /** Tells whether what is queued of a folder, or here of it, is otherwise than it is wanted. */
  isChoiceChanged(place: DownloadPlace, limits: BodyLimits): boolean {
    return isChoiceChanged(this.#database, place, limits)
  }

  /** Up to which time bodies of a folder were let go; undefined when none were. */
  letGoBefore(folder: number): number | undefined {
    return numberOf(this.#database.find('SELECT let_go_before FROM folder WHERE id = ?', folder)?.let_go_before)
  }

  /** The next items after one, older than the time, whose bodies may be let go. */
  releasable(place: { folder: number; sinceMs: number; after: number }, limit: number): ReleasableBody[] {
    return findReleasable(this.#database, place, limit)
  }

  /** The ignore list of a folder, or of all: what failed to come, then what failed to go. */
  ignored(folder: number | undefined): IgnoredMessage[] {
    const sql = `SELECT folder.path, ignored.uid, stage, ignored.error, since, ignored.size, ignored.message_id, NULL AS subject, ignored.item
        FROM ignored JOIN folder ON folder.id = ignored.folder WHERE ?1 IS NULL OR folder.id = ?1
      UNION ALL SELECT folder.path, item.uid, 'upload', coalesce(op.error, ''), coalesce((SELECT max(at) FROM ledger
          WHERE ledger.item = item.id AND event = 'upload-ignored'), 0), item.size, item.message_id, subject, item.id
        FROM op JOIN item ON item.id = op.item JOIN folder ON folder.id = op.destination
        WHERE op.kind = 'append' AND op.attempts >= ?2 AND (?1 IS NULL OR folder.id = ?1)
      UNION ALL SELECT folder.path, item.uid, iif(is_gone, 'deletion', 'flags'), coalesce((SELECT detail FROM ledger
          WHERE ledger.item = item.id AND event = 'change-ignored' ORDER BY seq DESC LIMIT 1), ''),
          coalesce((SELECT max(at) FROM ledger WHERE ledger.item = item.id AND event = 'change-ignored'), 0),
          item.size, item.message_id, subject, item.id
        FROM item INDEXED BY item_blocked CROSS JOIN folder ON folder.id = item.remote_folder
        WHERE ${IS_REFUSED} AND (?1 IS NULL OR folder.id = ?1)
      UNION ALL SELECT folder.path, expunge.uid, 'deletion', coalesce((SELECT detail ${OF_LEFTOVER} ORDER BY seq DESC LIMIT 1), ''),
          coalesce((SELECT max(at) ${OF_LEFTOVER}), 0), 0, NULL, NULL, NULL
        FROM expunge JOIN folder ON folder.id = expunge.folder
        WHERE is_marked = ${KEPT_THERE} AND (?1 IS NULL OR folder.id = ?1)
      ORDER BY path, uid`
    return this.#database.all(sql, folder ?? null, MAX_DOWNLOAD_ATTEMPTS).map(row => ({
      folder: String(row.path),
      uid: Number(row.uid),
      stage: row.stage as IgnoredMessage['stage'], // held to these by a CHECK, and by the query
      error: String(row.error),
      sinceMs: Number(row.since),
      size: Number(row.size),
      messageId: textOf(row.message_id),
      subject: textOf(row.subject),
      item: numberOf(row.item),
    }))
  }
}

function candidate(row: Readonly<Record<string, unknown>>): DownloadCandidate {
  const want = row.want === 'header' ? 'header' : 'full'
  return { uid: Number(row.uid), size: Number(row.size), want, maxBatch: numberOf(row.max_batch) }
}

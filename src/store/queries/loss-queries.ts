import type { Database } from '../database.ts'

/** How much of a folder is about to be deleted. */
export interface FolderLoss {
  readonly folder: number
  readonly path: string
  readonly role: string | undefined
  readonly consent: 'accept' | 'restore' | undefined
  /** What is to be deleted. */
  readonly doomed: number
  /** What stays. */
  readonly remaining: number
  /** What was deleted in the same way within the hour, and not with the user's word. */
  readonly recent: number
}

/** What vanished and is not just arriving elsewhere. */
export const LOST = `unlinked IS NOT NULL AND is_gone = 0
  AND (size, internal_date) NOT IN(SELECT size, internal_date FROM dlq UNION SELECT size, internal_date FROM stage)`
const IS_HELD = `EXISTS(SELECT 1 FROM folder WHERE folder.id = remote_folder AND deletions = 'held')`
const IS_LOST = `EXISTS(SELECT 1 FROM folder WHERE folder.id = remote_folder AND state = 'paused' AND uid_validity IS NULL)`
const QUEUED = `(SELECT count(*) FROM dlq WHERE dlq.folder = folder.id AND item IS NULL)
  + (SELECT count(*) FROM stage WHERE stage.folder = folder.id AND item IS NULL)`
const RECENT = `(SELECT count(*) FROM tomb WHERE tomb.folder = folder.id AND deleted_at > ?
  AND coalesce(decided_at, deleted_at) > coalesce(accepted_at, 0) AND deleted_by = ?)`

/** Reads what is about to be lost, for the guards against mass deletion. */
export class LossQueries {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** What the server has stopped having, by the folder. `sinceMs`: when the last hour began. */
  onServer(sinceMs: number): FolderLoss[] {
    const sql = `SELECT folder.*, count(iif(${LOST}, 1, NULL)) AS doomed,
        count(iif(unlinked IS NULL, 1, NULL)) + ${QUEUED} AS remaining, ${RECENT} AS recent
      FROM item JOIN folder ON folder.id = item.remote_folder
      WHERE folder.id IN(SELECT remote_folder FROM item WHERE unlinked IS NOT NULL) GROUP BY folder.id`
    return this.#database.all(sql, sinceMs, 'server').map(lossOf)
  }

  /** What the user has deleted for good in a folder, not with a yes to it since, and the server does not know. */
  here(folder: number, sinceMs: number): FolderLoss | undefined {
    const sql = `SELECT folder.*, count(iif(is_gone AND gone_at > coalesce(accepted_at, 0), 1, NULL)) AS doomed,
        count(iif(is_gone, NULL, 1)) + ${QUEUED} AS remaining, ${RECENT} AS recent
      FROM item JOIN folder ON folder.id = item.remote_folder
      WHERE folder.id = ? AND uid > 0 AND unlinked IS NULL GROUP BY folder.id`
    const row = this.#database.find(sql, sinceMs, 'local', folder)
    return row && lossOf(row)
  }

  /** Items that vanished in an earlier cycle. */
  missed(): number[] {
    return this.#items('SELECT id FROM item WHERE unlinked < (SELECT cycle FROM meta)')
  }

  /** Items of a folder that are hidden since the server stopped having them. */
  hidden(folder: number): number[] {
    return this.#items(`SELECT id FROM item INDEXED BY item_unlinked WHERE remote_folder = ? AND ${LOST}`, folder)
  }

  /** Items that the user has deleted from a folder whose deletions are held. */
  doomed(folder: number): number[] {
    return this.#items(`SELECT id FROM item WHERE remote_folder = ? AND is_gone AND ${IS_HELD}`, folder)
  }

  /** Items of a folder that is held since it is gone on the server. */
  homeless(folder: number): number[] {
    return this.#items(
      `SELECT id FROM item WHERE remote_folder = ? AND uid = -1 AND is_gone = 0 AND ${IS_LOST}`,
      folder,
    )
  }

  /** Counts items of a folder that wait to be recognised under a new UIDVALIDITY. */
  unrecognised(folder: number): number {
    const sql =
      'SELECT count(*) AS n FROM item WHERE remote_folder = ? AND uid = -1 AND unlinked IS NULL AND is_gone = 0'
    return Number(this.#database.find(sql, folder)?.n)
  }

  /** Whether a folder has items that wait for their UIDs; also such as were deleted here. */
  hasUnrecognised(folder: number): boolean {
    const sql = 'SELECT 1 FROM item WHERE remote_folder = ? AND uid = -1 AND unlinked IS NULL LIMIT 1'
    return this.#database.find(sql, folder) !== undefined
  }

  #items(sql: string, ...values: number[]): number[] {
    return this.#database.all(sql, ...values).map(({ id }) => Number(id))
  }
}

function lossOf(row: Readonly<Record<string, unknown>>): FolderLoss {
  return {
    folder: Number(row.id),
    path: String(row.path),
    role: typeof row.role === 'string' ? row.role : undefined,
    consent: row.consent === 'accept' || row.consent === 'restore' ? row.consent : undefined,
    doomed: Number(row.doomed),
    remaining: Number(row.remaining),
    recent: Number(row.recent),
  }
}

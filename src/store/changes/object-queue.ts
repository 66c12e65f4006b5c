import type { TransactionScope } from '../transaction-scope.ts'

const RETRY_AFTER_MS = [60_000, 300_000, 1_800_000]

/** How long an object is left alone that has failed so many times before, in milliseconds. */
export function waitAfter(attempts: number): number {
  return RETRY_AFTER_MS[Math.min(attempts, RETRY_AFTER_MS.length - 1)] ?? 0
}

/** Objects that are to be read from the server, as part of a transaction. */
export class ObjectQueue {
  readonly #scope: TransactionScope

  constructor(scope: TransactionScope) {
    this.#scope = scope
  }

  /** Adds an object; one that failed is tried again at once when it is another version now. */
  add(folder: number, href: string, etag?: string): void {
    const sql = `INSERT INTO object_queue(folder, href, etag) VALUES(?, ?, ?) ON CONFLICT DO UPDATE
      SET etag = excluded.etag, attempts = min(attempts, 1), next_at = 0, error = NULL WHERE etag IS NOT excluded.etag`
    this.#scope.database.run(sql, folder, href, etag ?? null)
  }

  remove(folder: number, href: string): void {
    this.#scope.database.run('DELETE FROM object_queue WHERE folder = ? AND href = ?', folder, href)
  }

  /** One of these cannot be read: from now on each is asked for alone, after all others. */
  suspect(folder: number, hrefs: readonly string[]): void {
    const sql = 'UPDATE object_queue SET attempts = max(attempts, 1) WHERE folder = ? AND href = ?'
    for (const href of hrefs) this.#scope.database.run(sql, folder, href)
  }

  /** It could not be read although it was asked for alone; it is tried again later. */
  failed(folder: number, href: string, error: string): void {
    const { database, now } = this.#scope
    const find = 'SELECT attempts FROM object_queue WHERE folder = ? AND href = ?'
    const attempts = Number(database.find(find, folder, href)?.attempts ?? 0)
    const sql = 'UPDATE object_queue SET attempts = ?, next_at = ?, error = ? WHERE folder = ? AND href = ?'
    database.run(sql, attempts + 1, now + waitAfter(attempts), error, folder, href)
    this.#scope.log({ folder, event: 'object-unreadable', detail: error })
  }

  /** Tries what could not be read again at the next opportunity. Gives its number. */
  retry(folder: number | undefined): number {
    const sql = `UPDATE object_queue SET attempts = 1, next_at = 0, error = NULL
      WHERE error IS NOT NULL AND (?1 IS NULL OR folder = ?1)`
    return this.#scope.database.run(sql, folder ?? null).changes
  }
}

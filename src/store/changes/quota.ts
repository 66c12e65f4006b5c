import type { StorageQuota } from '../rows.ts'
import type { TransactionScope } from '../transaction-scope.ts'

const MINUTE_MS = 60_000
const WAIT_MS = [5 * MINUTE_MS, 30 * MINUTE_MS, 120 * MINUTE_MS, 360 * MINUTE_MS] // and so on, every six hours

/** What is known of the account’s room on the server. Uploads wait while it has none; kept, so that a restart asks no sooner. */
export class Quota {
  readonly #scope: TransactionScope

  constructor(scope: TransactionScope) {
    this.#scope = scope
  }

  /** Keeps what the server says that is stored and may be; undefined when it says nothing of it. */
  note(quota: StorageQuota | undefined): void {
    const sql = 'UPDATE meta SET quota_usage = ?, quota_limit = ?'
    this.#scope.database.run(sql, quota?.usage ?? null, quota?.limit ?? null)
  }

  /** The server has no room. True when that is news. */
  begin(): boolean {
    const { database, now } = this.#scope
    const before = Number(database.find('SELECT refusals FROM quota')?.refusals ?? 0)
    const waitMs = WAIT_MS[Math.min(before, WAIT_MS.length - 1)] ?? 0
    database.run('DELETE FROM quota')
    database.run('INSERT INTO quota VALUES(?, ?)', before + 1, now + waitMs)
    if (before === 0) this.#scope.log({ event: 'over-quota' })
    return before === 0
  }

  /** The server has taken something again. */
  end(): void {
    this.#scope.database.run('DELETE FROM quota')
  }
}

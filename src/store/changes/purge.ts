import type { TransactionScope } from '../transaction-scope.ts'

const DAY_MS = 86_400_000
/** How long a deleted item can be brought back, in days. */
export const TOMB_DAYS = 30
const LEDGER_DAYS = 90 // what happened earlier explains nothing that anybody still asks
const MAX_VANISHED = 50_000 // a client that missed more compares everything

const OWNERLESS = (['item', 'tomb', 'conflict'] as const)
  .map(owner => `owner = '${owner}' AND id NOT IN(SELECT id FROM ${owner})`)
  .join(' OR ')

/** What is removed by and by; each step takes at most `limit` rows and says how many it took. */
export type PurgeStep = 'tombs' | 'ledger' | 'vanished'

/** Removes what nobody asks for any more. */
export class Purge {
  readonly #scope: TransactionScope

  constructor(scope: TransactionScope) {
    this.#scope = scope
  }

  /** Begins a purge; false when the last one was less than a day ago. */
  begin(): boolean {
    const sql = 'UPDATE meta SET purged_at = ?1 WHERE purged_at IS NULL OR purged_at NOT BETWEEN ?2 AND ?1'
    if (this.#scope.database.run(sql, this.#scope.now, this.#scope.now - DAY_MS).changes === 0) return false
    this.#scope.database.run(`DELETE FROM damaged WHERE ${OWNERLESS}`)
    return true
  }

  run(step: PurgeStep, limit: number): number {
    if (step === 'tombs') return this.#tombs(limit)
    return step === 'ledger' ? this.#ledger(limit) : this.#vanished(limit)
  }

  #tombs(limit: number): number {
    const { database, now } = this.#scope
    const sql = 'SELECT id, item, folder FROM tomb WHERE deleted_at < ? LIMIT ?'
    const rows = database.all(sql, now - TOMB_DAYS * DAY_MS, limit)
    for (const { id, item, folder } of rows) {
      database.run('DELETE FROM tomb WHERE id = ?', Number(id))
      database.run(`DELETE FROM damaged WHERE owner = 'tomb' AND id = ?`, Number(id))
      this.#scope.log({ item: Number(item), folder: Number(folder), event: 'purged' })
    }
    return rows.length
  }

  // Where an item that still exists came from is kept as long as the item.
  #ledger(limit: number): number {
    const sql = `DELETE FROM ledger WHERE seq IN(SELECT seq FROM ledger WHERE at < ?
      AND NOT (event IN('imported', 'added', 'copied', 'made-locally') AND item IN(SELECT id FROM item)) LIMIT ?)`
    return this.#scope.database.run(sql, this.#scope.now - LEDGER_DAYS * DAY_MS, limit).changes
  }

  #vanished(limit: number): number {
    const { database } = this.#scope
    const surplus = Number(database.find('SELECT count(*) AS n FROM vanished')?.n) - MAX_VANISHED
    if (surplus <= 0) return 0
    const oldest = `SELECT modseq FROM vanished ORDER BY modseq LIMIT 1 OFFSET ?`
    const from = Number(database.find(oldest, Math.min(surplus, limit))?.modseq)
    const { changes } = database.run('DELETE FROM vanished WHERE modseq < ?', from)
    database.run('UPDATE meta SET vanished_from = max(vanished_from, ?)', from)
    return changes === 0 ? 0 : limit
  }
}

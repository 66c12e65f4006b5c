import { numberOf } from '../row-values.ts'
import type { TransactionScope } from '../transaction-scope.ts'

const DAY_MS = 86_400_000
/** How long a deleted item can be brought back, in days. */
export const TOMB_DAYS = 30
const LEDGER_DAYS = 90 // what happened earlier explains nothing that anybody still asks
const MAX_VANISHED = 50_000 // a client that missed more compares everything

const OWNERLESS = (['item', 'tomb', 'conflict'] as const)
  .map(owner => `owner = '${owner}' AND id NOT IN(SELECT id FROM ${owner})`)
  .join(' OR ')

/** What is removed by and by. */
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
    const oldMs = this.#scope.now - TOMB_DAYS * DAY_MS
    this.#scope.database.run('DELETE FROM object_tomb WHERE deleted_at < ?', oldMs) // few, and small
    return true
  }

  /** Looks at the next rows, at most `limit`. Gives the place after which it is to go on; undefined at the end. */
  run(step: PurgeStep, after: number, limit: number): number | undefined {
    if (step === 'tombs') return this.#tombs(after, limit)
    return step === 'ledger' ? this.#ledger(after, limit) : this.#vanished(limit)
  }

  #tombs(after: number, limit: number): number | undefined {
    const { database, now } = this.#scope
    const last = this.#lastOf('tomb', 'id', after, limit)
    if (last === undefined) return undefined
    const sql = 'SELECT id, item, folder FROM tomb WHERE id > ? AND id <= ? AND deleted_at < ?'
    for (const { id, item, folder } of database.all(sql, after, last, now - TOMB_DAYS * DAY_MS)) {
      database.run('DELETE FROM tomb WHERE id = ?', Number(id))
      database.run(`DELETE FROM damaged WHERE owner = 'tomb' AND id = ?`, Number(id))
      this.#scope.log({ item: Number(item), folder: Number(folder), event: 'purged' })
    }
    return last
  }

  // Where an item that still exists came from is kept as long as the item.
  #ledger(after: number, limit: number): number | undefined {
    const last = this.#lastOf('ledger', 'seq', after, limit)
    if (last === undefined) return undefined
    const sql = `DELETE FROM ledger WHERE seq > ? AND seq <= ? AND at < ?
      AND NOT (event IN('imported', 'added', 'copied', 'made-locally') AND item IN(SELECT id FROM item))`
    this.#scope.database.run(sql, after, last, this.#scope.now - LEDGER_DAYS * DAY_MS)
    return last
  }

  #lastOf(table: 'tomb' | 'ledger', key: 'id' | 'seq', after: number, limit: number): number | undefined {
    const sql = `SELECT max(${key}) AS last FROM (SELECT ${key} FROM ${table} WHERE ${key} > ? ORDER BY ${key} LIMIT ?)`
    return numberOf(this.#scope.database.find(sql, after, limit)?.last)
  }

  // First it is said up to where nothing is known any more, then that is removed: what is left of it misleads nobody.
  #vanished(limit: number): number | undefined {
    const { database } = this.#scope
    const forgotten = `SELECT folder, local_uid FROM vanished WHERE modseq < (SELECT vanished_from FROM meta) LIMIT ?`
    const { changes } = database.run(`DELETE FROM vanished WHERE (folder, local_uid) IN(${forgotten})`, limit)
    if (changes > 0) return 0
    const surplus = `SELECT modseq FROM vanished ORDER BY modseq DESC LIMIT 1 OFFSET ${MAX_VANISHED}`
    const last = numberOf(database.find(surplus)?.modseq)
    if (last === undefined) return undefined
    database.run('UPDATE meta SET vanished_from = max(vanished_from, ?)', last + 1)
    return 0
  }
}

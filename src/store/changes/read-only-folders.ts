import { BLOCKED, IS_BLOCKED, KEPT_THERE, REFUSED } from '../blocked-items.ts'
import type { Row } from '../database.ts'
import { DELETED } from '../flags.ts'
import type { TransactionScope } from '../transaction-scope.ts'
import type { Conflicts } from './conflicts.ts'

const MAX_REFUSALS = 3
const SEEN = 1
const OTHER_FLAGS = 2 | 4 | 16 // \Answered, \Flagged, \Draft

/** What the server does not let us do in a folder. */
export interface DeniedActions {
  /** To put messages there. */
  readonly append: boolean
  /** To delete messages there, or move them away. */
  readonly remove: boolean
  readonly flags: boolean
  readonly seen: boolean
}

interface Violations {
  /** Messages that are to be put into the folder. */
  readonly added: readonly Row[]
  readonly movedIn: readonly Row[]
  readonly removed: readonly Row[]
  readonly flagged: readonly Row[]
}

/** What the user has changed where the server takes no changes: it is undone, or stays here alone. */
export class ReadOnlyFolders {
  readonly #scope: TransactionScope
  readonly #conflicts: Conflicts

  constructor(scope: TransactionScope, conflicts: Conflicts) {
    this.#scope = scope
    this.#conflicts = conflicts
  }

  /** Keeps what the last SELECT said of a folder. */
  note(folder: number, isReadOnly: boolean): void {
    this.#scope.database.run('UPDATE folder SET is_read_only = ? WHERE id = ?', Number(isReadOnly), folder)
  }

  /** Restores the synchronized state of these items; what is new is kept as a conflict. */
  revert(folder: number, denied: DeniedActions, items: readonly number[]): void {
    const { added, movedIn, removed, flagged } = this.#find(folder, denied, items)
    for (const row of added) {
      this.#conflicts.keepLocal(row, 'read-only')
      this.#scope.putVanished(Number(row.folder), Number(row.local_uid))
      this.#scope.remove(row)
    }
    for (const row of movedIn) this.#scope.show(row, Number(row.remote_folder))
    for (const row of removed) {
      if (row.is_gone === 1) this.#scope.undelete(row, folder, 'reverted')
      else this.#scope.show(row, folder)
    }
    const mask = deniedBits(denied)
    for (const { id } of flagged) {
      this.#scope.database.run(
        `UPDATE item SET local_bits = (local_bits & ~?1) | (server_bits & ?1), modseq = ?2,
           local_keywords = iif(?3, server_keywords, local_keywords) WHERE id = ?4`,
        ...[mask, this.#scope.modseq, Number(denied.flags), Number(id)],
      )
    }
    for (const { id } of [...movedIn, ...removed, ...flagged]) {
      this.#scope.log({ item: Number(id), folder, event: 'reverted', detail: 'the server does not allow it there' })
    }
  }

  /** The items whose changes the server does not take. */
  denied(folder: number, denied: DeniedActions): number[] {
    const { added, movedIn, removed, flagged } = this.#find(folder, denied)
    return [...new Set([...added, ...movedIn, ...removed, ...flagged].map(({ id }) => Number(id)))]
  }

  /** Marks items as blocked. */
  block(items: readonly number[]): void {
    for (const id of items) {
      this.#scope.database.run('UPDATE item SET is_blocked = ? WHERE id = ?', BLOCKED, id)
      this.#scope.log({ item: id, event: 'blocked', detail: 'the server does not allow it there' })
    }
  }

  /** The server takes their changes now, or there are none any more. */
  unblock(items: readonly number[]): void {
    const sql = `UPDATE item SET is_blocked = 0 WHERE id = ? AND ${IS_BLOCKED}`
    for (const id of items) this.#scope.database.run(sql, id)
  }

  /** Counts a refusal of an item's flags or deletion; after the third they wait for a person. */
  refused(folder: number, uid: number, error: string): void {
    const { database } = this.#scope
    const row = database.find('SELECT id FROM item WHERE remote_folder = ? AND uid = ? AND uid > 0', folder, uid)
    if (!row) {
      this.#refusedLeftover(folder, uid, error)
      return
    }
    const item = Number(row.id)
    const before = database.find(
      `SELECT count(*) AS n FROM ledger WHERE item = ?1 AND event = 'change-refused' AND seq > coalesce((SELECT max(seq)
         FROM ledger WHERE item = ?1 AND event IN('flags-changed', 'flags-uploaded', 'deleting', 'ignored-cleared')), 0)`,
      item,
    )
    const isLast = Number(before?.n) + 1 >= MAX_REFUSALS
    if (isLast) database.run('UPDATE item SET is_blocked = ? WHERE id = ?', REFUSED, item)
    this.#scope.log({ item, event: isLast ? 'change-ignored' : 'change-refused', detail: error })
  }

  // What is left of a message that was copied elsewhere has no item: the refusals are counted for its UID.
  #refusedLeftover(folder: number, uid: number, error: string): void {
    const { database } = this.#scope
    const ofUid = 'FROM ledger WHERE item IS NULL AND folder = ?1 AND uid = ?2'
    const before = database.find(
      `SELECT count(*) AS n ${ofUid} AND event = 'change-refused'
         AND seq > coalesce((SELECT max(seq) ${ofUid} AND event = 'ignored-cleared'), 0)`,
      ...[folder, uid],
    )
    const isLast = Number(before?.n) + 1 >= MAX_REFUSALS
    const sql = 'UPDATE expunge SET is_marked = iif(?, ?, 0) WHERE folder = ? AND uid = ? AND is_marked = 0'
    if (database.run(sql, Number(isLast), KEPT_THERE, folder, uid).changes === 0) return
    this.#scope.log({ folder, uid, event: isLast ? 'change-ignored' : 'change-refused', detail: error })
  }

  // Of a folder, or of these items alone.
  #find(folder: number, denied: DeniedActions, items?: readonly number[]): Violations {
    const from = items ? 'json_each(?2) AS given CROSS JOIN item ON item.id = given.value' : 'item'
    const values = items ? [folder, JSON.stringify(items)] : [folder]
    const all = (isWanted: boolean, where: string) =>
      isWanted ? this.#scope.database.all(`SELECT item.* FROM ${from} ${where}`, ...values) : []
    const settled = 'uid > 0 AND unlinked IS NULL AND NOT EXISTS(SELECT 1 FROM op WHERE op.item = item.id)'
    const bits = deniedBits(denied)
    const keywords = denied.flags ? 'OR server_keywords <> local_keywords' : ''
    return {
      added: all(
        denied.append,
        `${items ? 'CROSS JOIN' : 'JOIN'} op ON op.item = item.id
           WHERE op.kind = 'append' AND op.state = 'ready' AND op.destination = ?1 AND is_gone = 0`,
      ),
      movedIn: all(denied.append, `WHERE folder = ?1 AND remote_folder <> ?1 AND is_gone = 0 AND ${settled}`),
      removed: all(denied.remove, `WHERE remote_folder = ?1 AND (is_gone OR folder <> ?1) AND ${settled}`),
      flagged: all(
        denied.flags || denied.seen || denied.remove,
        `WHERE remote_folder = ?1 AND ${denied.remove ? '' : 'is_gone = 0 AND'} ${settled}
           AND ((server_bits & ${bits}) <> (local_bits & ${bits}) ${keywords})`,
      ),
    }
  }
}

function deniedBits({ flags, seen, remove }: DeniedActions): number {
  return (seen ? SEEN : 0) | (flags ? OTHER_FLAGS : 0) | (remove ? DELETED : 0)
}

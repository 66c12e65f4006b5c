import { PosternError } from '../../errors.ts'
import type { Row } from '../database.ts'
import type { StoreErrorCode } from '../errors.ts'
import type { TransactionScope } from '../transaction-scope.ts'
import type { Conflicts } from './conflicts.ts'
import type { LocalChanges } from './local-changes.ts'
import { TOMB_DAYS } from './purge.ts'
import type { ServerChanges } from './server-changes.ts'

/** Brings messages back: deleted ones, and versions that lost a conflict. They are appended to the server again. */
export class Undo {
  readonly #scope: TransactionScope
  readonly #local: LocalChanges
  readonly #server: ServerChanges
  readonly #conflicts: Conflicts

  constructor(scope: TransactionScope, local: LocalChanges, server: ServerChanges, conflicts: Conflicts) {
    this.#scope = scope
    this.#local = local
    this.#server = server
    this.#conflicts = conflicts
  }

  /**
   * Brings a deleted item back under its id, out of the Trash as well: into its folder, or the Inbox when that is gone.
   *
   * @throws {PosternError} STORE_NO_SUCH_ITEM, STORE_HEADER_ONLY
   */
  restore(id: number): void {
    const doomed = this.#scope.database.find('SELECT * FROM item WHERE id = ? AND is_gone = 1', id)
    const tomb = this.#scope.database.find('SELECT * FROM tomb WHERE item = ? ORDER BY id DESC LIMIT 1', id)
    const lost = this.#scope.database.find('SELECT id FROM conflict WHERE item = ? ORDER BY id DESC LIMIT 1', id)
    if (doomed) this.#keepHere([doomed])
    else if (tomb) this.#bringBack(tomb, this.#homeOf(tomb))
    else if (lost && !this.#scope.database.find('SELECT 1 FROM item WHERE id = ?', id)) {
      this.restoreConflict(Number(lost.id))
    } else if (!this.#takeFromTrash(id)) throw this.#notDeleted(id)
  }

  /** Brings back what was deleted from a folder since a time, here or on the server. Gives the items. */
  restoreFolder(folder: number, sinceMs: number): readonly number[] {
    const rows = this.#scope.database.all(
      `SELECT id FROM item WHERE folder = ?1 AND is_gone AND gone_at >= ?2
         UNION SELECT item FROM tomb WHERE folder = ?1 AND deleted_at >= ?2 AND body_state = 'full'`,
      ...[folder, sinceMs],
    )
    const items = rows.map(row => Number(row.id))
    for (const item of items) this.restore(item)
    return items
  }

  /**
   * Makes a version that lost the message's version again, or a message again where there is none: in its folder, or
   * in another one. Gives the item.
   *
   * @throws {PosternError} STORE_NO_SUCH_CONFLICT, STORE_HEADER_ONLY
   */
  restoreConflict(id: number, folder?: number): number {
    const kept = this.#scope.database.find('SELECT * FROM conflict WHERE id = ?', id)
    if (!kept) throw noSuchConflict(id)
    const item = Number(kept.item)
    const live = this.#scope.database.find('SELECT * FROM item WHERE id = ?', item)
    const target = folder ?? this.#homeOf(kept)
    if (!live) this.#bringBack(kept, target)
    else {
      if (live.is_gone === 1) this.#keepHere([live])
      this.#scope.database.run(
        `UPDATE item SET local_bits = ?, local_keywords = ?, local_revision = local_revision + 1, modseq = ? WHERE id = ?`,
        ...[Number(kept.bits), String(kept.keywords), this.#scope.modseq, item],
      )
      if (folder !== undefined) this.#local.move(item, folder)
    }
    this.#conflicts.discard(id)
    return item
  }

  /**
   * Makes a new message of a version that lost, which stays kept, and gives its id.
   *
   * @throws {PosternError} STORE_NO_SUCH_CONFLICT, STORE_HEADER_ONLY
   */
  copyConflict(id: number, folder: number): number {
    const kept = this.#scope.database.find('SELECT * FROM conflict WHERE id = ?', id)
    if (!kept) throw noSuchConflict(id)
    const copy = this.#insert(kept, folder, null)
    this.#scope.log({ item: copy, folder, event: 'copied', detail: `from a kept version of ${kept.item}` })
    this.#local.append(copy, folder)
    return copy
  }

  /** Takes deletions back that the server was not told of. */
  restoreDoomed(items: readonly number[]): void {
    this.#keepHere(this.#scope.rows(items, 'SELECT * FROM item WHERE id = ? AND is_gone'))
  }

  #takeFromTrash(id: number): boolean {
    const trashed = this.#scope.database.find(
      `SELECT item.id FROM item JOIN folder ON folder.id = item.folder
         WHERE item.id = ? AND folder.role = 'trash' AND is_gone = 0 AND unlinked IS NULL`,
      id,
    )
    if (!trashed) return false
    const sql = `SELECT folder FROM ledger WHERE item = ? AND event = 'trashed' ORDER BY seq DESC LIMIT 1`
    // What another client put there has its origin in no ledger of ours.
    this.#local.move(id, this.#homeOf(this.#scope.database.find(sql, id) ?? { folder: 0 }))
    return true
  }

  // The server may have stopped having it meanwhile; or it was told to, and the answer was lost: then PLAN finds it gone,
  // or marked, and the mark is taken off.
  #keepHere(rows: readonly Row[]): void {
    for (const row of rows) {
      this.#scope.undelete(row, Number(row.folder), 'restored')
      if (row.unlinked !== null) continue
      const sql = 'UPDATE item SET gone_at = ? WHERE id = ?'
      this.#scope.database.run(sql, Number(row.gone_at ?? this.#scope.now), Number(row.id))
    }
    const vanished = rows.filter(({ unlinked }) => unlinked !== null)
    this.#server.uploadAgain(vanished.map(row => ({ ...row, is_gone: 0 })))
  }

  #bringBack(kept: Row, folder: number): void {
    const id = Number(kept.item)
    this.#insert(kept, folder, id)
    this.#scope.database.run('DELETE FROM tomb WHERE item = ?', id)
    this.#scope.log({ item: id, folder, event: 'restored' })
    this.#local.append(id, folder)
  }

  // `id` is null for a new message.
  #insert(kept: Row, folder: number, id: number | null): number {
    if (kept.body_state !== 'full') throw bodyLost(Number(kept.item))
    const { lastRowId } = this.#scope.database.run(
      `INSERT INTO item(id, folder, uid, local_uid, modseq, saved_at, message_id, size, internal_date, server_bits,
         server_keywords, local_bits, local_keywords, body_state, pack, offset, length, sha256, subject, sender, date)
       VALUES(?, ?, 0, ?, ?, ?, ?, ?, ?, 0, '', ?, ?, 'full', ?, ?, ?, ?, ?, ?, ?)`,
      ...[id, folder, this.#scope.nextLocalUid(folder), this.#scope.modseq, this.#scope.now],
      ...COPIED.map(column => kept[column] as string | number | Uint8Array | null), // of columns of these types
    )
    return lastRowId
  }

  #notDeleted(id: number): PosternError {
    const purged = this.#scope.database.find(`SELECT at FROM ledger WHERE item = ? AND event = 'purged'`, id)
    const message = purged
      ? `Item ${id} was removed for good on ${new Date(Number(purged.at)).toISOString().slice(0, 10)}.`
      : `No deleted item has the id ${id}.`
    return new PosternError<StoreErrorCode>('STORE_NO_SUCH_ITEM', message, {
      remedy: 'user',
      advice: `Only what was deleted in the last ${TOMB_DAYS} days can be restored: see postern item list --deleted. A backup may have more.`,
    })
  }

  #homeOf({ folder }: Row): number {
    const sql = `SELECT id FROM folder WHERE id = ? AND state <> 'gone' OR path = 'INBOX' ORDER BY path = 'INBOX' LIMIT 1`
    return Number(this.#scope.database.find(sql, Number(folder))?.id)
  }
}

const COPIED = [
  ...['message_id', 'size', 'internal_date', 'bits', 'keywords', 'pack', 'offset', 'length', 'sha256'],
  ...['subject', 'sender', 'date'],
] as const

/** Says that there is no conflict of that number. */
export function noSuchConflict(id: number | string): PosternError {
  return new PosternError<StoreErrorCode>('STORE_NO_SUCH_CONFLICT', `There is no conflict with the id ${id}.`, {
    remedy: 'user',
    advice: 'See `postern conflict list` for the ids.',
  })
}

function bodyLost(id: number): PosternError {
  return new PosternError<StoreErrorCode>(
    'STORE_HEADER_ONLY',
    `Only the header of item ${id} was here when it was deleted for good: there is nothing to upload again.`,
    { remedy: 'user', advice: 'Look for it in a backup of the server, or ask who sent it.' },
  )
}

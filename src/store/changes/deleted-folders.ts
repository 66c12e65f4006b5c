import type { Row } from '../database.ts'
import { wasSetAsideFrom } from '../gone-folders.ts'
import type { TransactionScope } from '../transaction-scope.ts'

/** What is left to be done on the server about folders that the user has deleted: mail that was moved out of them. */
export class DeletedFolders {
  readonly #scope: TransactionScope

  constructor(scope: TransactionScope) {
    this.#scope = scope
  }

  /**
   * Items on their way to another folder are on the server in this one: they are appended there instead, and removed here
   * should the folder stay.
   */
  appendMovedOut({ id, uid_validity }: Row): void {
    const { database } = this.#scope
    const folder = Number(id)
    database.run(
      `INSERT INTO op(item, kind, state, destination) SELECT id, 'append', 'ready', folder FROM item
         WHERE remote_folder = ? AND id NOT IN (SELECT item FROM op WHERE item IS NOT NULL)`,
      folder,
    )
    // What turns out to be gone from there was moved by another client as well, see `missing`.
    database.run(
      `INSERT INTO expunge(folder, uid_validity, uid, item) SELECT remote_folder, ?, uid, id FROM item
         WHERE remote_folder = ? AND uid > 0 AND true ON CONFLICT DO NOTHING`,
      ...[Number(uid_validity), folder],
    )
    // A move without an answer: what does not turn up where it goes to is appended there.
    const moves = `UPDATE op SET kind = 'append' WHERE kind = 'move' AND item IN(SELECT id FROM item WHERE remote_folder = ?)`
    database.run(moves, folder)
    database.run('UPDATE item SET remote_folder = NULL, uid = 0 WHERE remote_folder = ?', folder)
  }

  /** The server still has these messages in the folder: the same one elsewhere is a copy. */
  present(folder: number, items: readonly number[]): void {
    for (const item of items) {
      this.#scope.database.run('UPDATE expunge SET item = NULL WHERE folder = ? AND item = ?', folder, item)
    }
  }

  /**
   * The server has these messages in the folder no more: each is an item that vanished there, which may turn up elsewhere
   * or have come already.
   */
  missing(folder: number, items: readonly number[]): void {
    const { database } = this.#scope
    for (const item of items) {
      database.run('DELETE FROM expunge WHERE folder = ? AND item = ?', folder, item)
      database.run('DELETE FROM op WHERE item = ?', item)
      const sql = 'UPDATE item SET remote_folder = ?, uid = -1 WHERE id = ? RETURNING *'
      const row = database.find(sql, folder, item)
      if (row) this.#scope.unlink(row)
    }
  }

  /** The server has no folder of the name any more: nothing is left to be removed in it. Another one may have the name here. */
  goneThere(path: string): void {
    this.#scope.database.run(
      `DELETE FROM expunge WHERE folder IN (SELECT id FROM folder WHERE path = ?1 AND (state = 'gone' OR uid_validity IS NULL)
         OR ${wasSetAsideFrom('?1')})`,
      path,
    )
  }

  /** A folder stays on the server that was deleted here, and its name given to others: what was moved out of it is removed. */
  takeOverExpunges(id: number, path: string, uidValidity: number): void {
    this.#scope.database.run(
      `UPDATE OR IGNORE expunge SET folder = ?1 WHERE uid_validity = ?2
         AND folder IN (SELECT id FROM folder WHERE ${wasSetAsideFrom('?3')})`,
      ...[id, uidValidity, path],
    )
  }
}

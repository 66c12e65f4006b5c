import type { Row } from '../database.ts'
import { wasSetAsideFrom } from '../gone-folders.ts'
import type { FolderChange, MovedOut } from '../queries/pending-changes.ts'
import type { TransactionScope } from '../transaction-scope.ts'

/** Folders that the user has deleted, and mail that was moved out of them before the server knew. */
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
    // What has vanished there waits to turn up elsewhere.
    database.run(
      `INSERT INTO op(item, kind, state, destination) SELECT id, 'append', 'ready', folder FROM item
         WHERE remote_folder = ? AND unlinked IS NULL AND id NOT IN (SELECT item FROM op WHERE item IS NOT NULL)`,
      folder,
    )
    // The items are named for `movedOnServer`.
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

  /**
   * The server has these messages in the folder no more: another client has moved them as well, or deleted them. Each is an
   * item that vanished, and may turn up elsewhere or have come already.
   */
  movedOnServer(folder: number, uidValidity: number, moved: readonly MovedOut[]): void {
    const { database } = this.#scope
    for (const { item, uid } of moved) {
      database.run('DELETE FROM expunge WHERE folder = ? AND uid_validity = ? AND uid = ?', folder, uidValidity, uid)
      database.run('DELETE FROM op WHERE item = ?', item)
      const row = database.find('SELECT * FROM item WHERE id = ?', item)
      if (row) this.#scope.unlink(row)
    }
  }

  /**
   * The folder stays on the server: what is still to be appended elsewhere is moved from there after all. Where the name was
   * given to another folder here, it is appended and removed.
   */
  stays({ folder, path, uidValidity }: Pick<FolderChange, 'folder' | 'path' | 'uidValidity'>): void {
    const { database } = this.#scope
    if (folder === undefined || uidValidity === undefined) return
    // Here again at once, before its name is given to another; should its numbers be others by now, the next PLAN finds out.
    const sql = `UPDATE folder SET state = 'ok', uid_validity = ? WHERE id = ? AND path = ? AND state = 'gone' AND uid_validity IS NULL`
    if (database.run(sql, uidValidity, folder, path).changes === 0) return
    const rows = database.all(
      `SELECT op.item, expunge.uid FROM expunge JOIN op ON op.item = expunge.item
         WHERE expunge.folder = ? AND expunge.uid_validity = ? AND op.kind = 'append' AND op.state = 'ready'`,
      ...[folder, uidValidity],
    )
    for (const { item, uid } of rows) {
      database.run(
        'DELETE FROM expunge WHERE folder = ? AND uid_validity = ? AND uid = ?',
        folder,
        uidValidity,
        Number(uid),
      )
      database.run('DELETE FROM op WHERE item = ?', Number(item))
      database.run('UPDATE item SET remote_folder = ?, uid = ? WHERE id = ?', folder, Number(uid), Number(item))
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

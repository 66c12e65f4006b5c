import { PosternError } from '../../errors.ts'
import type { Row } from '../database.ts'
import type { StoreErrorCode } from '../errors.ts'
import type { TransactionScope } from '../transaction-scope.ts'

const SHARED = `email_id, message_id, size, internal_date, server_bits, server_keywords, local_bits, local_keywords,
  body_state, pack, offset, length, sha256, subject, sender, date, local_revision, synced_revision, born`

/** Moves between folders that are synchronized and those that never are (Drafts): to the server they are no moves. */
export class DraftMoves {
  readonly #scope: TransactionScope

  constructor(scope: TransactionScope) {
    this.#scope = scope
  }

  /** Moves an item out of such a folder: it is to be appended where it goes. What the server has of it is not touched. */
  moveOut(row: Row, folder: number): void {
    this.#scope.show(row, folder)
    this.#detach(Number(row.id))
  }

  /**
   * Moves an item into such a folder: the item becomes a local one, and what the server has of it goes to the Trash there.
   *
   * @throws {PosternError} STORE_FOLDER_EXCLUDED when the account has no Trash
   */
  moveIn(row: Row, folder: number): void {
    const { database } = this.#scope
    const id = Number(row.id)
    const op = database.find('SELECT state FROM op WHERE item = ?', id)
    const isOnServer = Number(row.uid) !== 0 || (op !== undefined && op.state !== 'ready')
    const trash = isOnServer ? this.#trash(row) : undefined
    this.#scope.show(row, folder)
    this.#scope.forgetBody(id)
    this.#detach(id)
    if (trash === undefined) database.run('DELETE FROM op WHERE item = ?', id)
    else this.#leaveToServer(row, trash)
  }

  #trash({ folder }: Row): number {
    const trash = this.#scope.database.find(`SELECT id FROM folder WHERE role = 'trash' AND state <> 'gone'`)
    if (trash) return Number(trash.id)
    const path = this.#scope.database.find('SELECT path FROM folder WHERE id = ?', Number(folder))?.path
    throw new PosternError<StoreErrorCode>(
      'STORE_FOLDER_EXCLUDED',
      `Drafts stay on this computer, and the account has no Trash for what the server has in ${JSON.stringify(path)}.`,
      { remedy: 'user', advice: 'Copy the message there instead: postern item copy.' },
    )
  }

  #detach(id: number): void {
    const sql = `UPDATE item SET remote_folder = NULL, uid = 0, server_bits = 0, server_keywords = '' WHERE id = ?`
    this.#scope.database.run(sql, id)
  }

  // A second item stands for the server's message, with what is known and still to be told of it.
  #leaveToServer(row: Row, trash: number): void {
    const { database } = this.#scope
    const id = Number(row.id)
    const { lastRowId: left } = database.run(
      `INSERT INTO item(folder, local_uid, remote_folder, uid, modseq, saved_at, ${SHARED})
       SELECT ?, ?, ?, ?, ?, ?, ${SHARED} FROM item WHERE id = ?`,
      ...[trash, this.#scope.nextLocalUid(trash), typeof row.remote_folder === 'number' ? row.remote_folder : null],
      ...[Number(row.uid), this.#scope.modseq, this.#scope.now, id],
    )
    const sql = 'UPDATE item SET server_bits = ?, server_keywords = ? WHERE id = ?'
    database.run(sql, Number(row.server_bits), String(row.server_keywords), left)
    database.run('UPDATE op SET item = ? WHERE item = ?', left, id)
    this.#scope.log({ item: left, folder: trash, event: 'left-behind', detail: `by ${id}, which is a draft now` })
  }
}

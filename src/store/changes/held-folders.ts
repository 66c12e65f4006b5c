import { PosternError } from '../../errors.ts'
import type { Row } from '../database.ts'
import type { StoreErrorCode } from '../errors.ts'
import type { TransactionScope } from '../transaction-scope.ts'
import type { FolderChanges } from './folder-changes.ts'
import type { ServerChanges } from './server-changes.ts'

/** Why a folder is held. */
export interface HoldReason {
  readonly code: string
  readonly message: string
}

/** Folders in which too much would be deleted at once, until a person has said what is right. */
export class HeldFolders {
  readonly #scope: TransactionScope
  readonly #server: ServerChanges
  readonly #folders: FolderChanges

  constructor(scope: TransactionScope, server: ServerChanges, folders: FolderChanges) {
    this.#scope = scope
    this.#server = server
    this.#folders = folders
  }

  /** Holds a folder. What is hidden since the server stopped having it is to be shown again. */
  hold(folder: number, reason: HoldReason): void {
    const sql = `UPDATE folder SET state = 'paused', error = ? WHERE id = ?`
    this.#scope.database.run(sql, JSON.stringify(reason), folder)
    this.#scope.log({ folder, event: 'paused', detail: reason.message })
  }

  /** Shows items of a held folder again that the server has stopped having. */
  showAgain(items: readonly number[]): void {
    const { database } = this.#scope
    for (const id of items) {
      const row = database.find('SELECT * FROM item WHERE id = ? AND unlinked IS NOT NULL', id)
      if (!row) continue
      this.#scope.showAgain(row)
      database.run('UPDATE item SET unlinked = NULL WHERE id = ?', id)
    }
  }

  /** Keeps deletions of the user's from the server; everything else of the folder goes on. */
  holdDeletions(folder: number, reason: HoldReason): void {
    const sql = `UPDATE folder SET deletions = 'held', error = ? WHERE id = ?`
    this.#scope.database.run(sql, JSON.stringify(reason), folder)
    this.#scope.log({ folder, event: 'deletions-held', detail: reason.message })
  }

  /** The deletions are few enough by now. */
  releaseDeletions(folder: number): void {
    const sql = `UPDATE folder SET deletions = NULL, error = NULL WHERE id = ? AND deletions = 'held'`
    this.#scope.database.run(sql, folder)
  }

  /**
   * Lets a held folder go on. With `restore` it stays held, and the user's word is kept, until {@link endRestore}: a
   * kill meanwhile leaves what is still to be brought back.
   *
   * @throws {PosternError} STORE_FOLDER_NOT_HELD
   */
  resume(folder: number, consent: 'accept' | 'restore' | undefined): void {
    const { database, now } = this.#scope
    const row = database.find('SELECT * FROM folder WHERE id = ?', folder)
    if (row?.state !== 'paused' && row?.deletions !== 'held') throw notHeld(String(row?.path))
    if (consent === 'restore') database.run(`UPDATE folder SET consent = 'restore' WHERE id = ?`, folder)
    else this.#release(row, consent)
    if (consent === 'accept') database.run('UPDATE folder SET accepted_at = ? WHERE id = ?', now, folder)
    this.#scope.log({ folder, event: 'resumed', detail: consent ?? '' })
  }

  /** Has the messages of a folder uploaded again that is gone on the server. */
  uploadHomeless(items: readonly number[]): void {
    const sql = 'SELECT * FROM item WHERE id = ? AND uid = -1 AND is_gone = 0'
    this.#server.uploadAgain(this.#scope.rows(items, sql))
  }

  /** Everything of a folder is brought back that is to be: it goes on, made again when it is gone on the server. */
  endRestore(folder: number): void {
    const { database } = this.#scope
    const row = database.find(`SELECT * FROM folder WHERE id = ? AND consent = 'restore'`, folder)
    if (row?.state !== 'paused' && row?.deletions !== 'held') return // somebody else was faster
    this.#release(row, row.state === 'paused' ? 'restore' : undefined)
    if (row.state !== 'paused' || row.uid_validity !== null) return
    database.run(`UPDATE folder SET state = 'gone' WHERE id = ?`, folder)
    this.#folders.revive(folder)
  }

  /** Every folder was looked at since these vanished: what is in no other one is uploaded again. */
  restoreVanished(items: readonly number[]): void {
    this.#server.uploadAgain(this.#scope.rows(items, `SELECT item.* FROM item ${RESTORABLE} AND item.id = ?`))
  }

  /** The user's word counts for what vanished when it was given, not for ever. */
  endConsents(): void {
    this.#scope.database.run(
      `UPDATE folder SET consent = NULL WHERE consent IS NOT NULL AND kind = 'mail'
         AND NOT (consent = 'restore' AND (state = 'paused' OR deletions IS NOT NULL))
         AND NOT EXISTS(SELECT 1 FROM item WHERE remote_folder = folder.id AND unlinked IS NOT NULL)`,
    )
  }

  /** Has a folder made again that is gone on the server: held until its messages are to be uploaded again. */
  remake(folder: number): void {
    const sql = `UPDATE folder SET state = 'paused', consent = 'restore', deletions = NULL WHERE id = ?`
    this.#scope.database.run(sql, folder)
  }

  #release({ id, state, deletions }: Row, consent: 'accept' | 'restore' | undefined): void {
    const { database } = this.#scope
    if (deletions === 'held') {
      const sql = `UPDATE folder SET deletions = NULL, consent = nullif(consent, 'restore'), error = NULL WHERE id = ?`
      database.run(sql, Number(id))
    }
    if (state !== 'paused') return
    const sql = `UPDATE folder SET state = 'ok', error = NULL, consent = ?, uid_next = NULL, cursor = NULL WHERE id = ?`
    database.run(sql, consent ?? null, Number(id))
  }
}

/** Of items: those that vanished from a folder whose messages the user wants back on the server. */
export const RESTORABLE = `JOIN folder ON folder.id = remote_folder
  WHERE consent = 'restore' AND unlinked IS NOT NULL AND is_gone = 0`

/** Says that nobody has to decide about a folder. */
export function notHeld(path: string): PosternError {
  return new PosternError<StoreErrorCode>('STORE_FOLDER_NOT_HELD', `${JSON.stringify(path)} is not held.`, {
    remedy: 'user',
    advice: 'See `postern folder list` for those that are.',
  })
}

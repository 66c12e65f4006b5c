import { PosternError } from '../../errors.ts'
import type { StoreErrorCode } from '../errors.ts'
import { LOST } from '../queries/loss-queries.ts'
import type { TransactionScope } from '../transaction-scope.ts'
import type { FolderChanges } from './folder-changes.ts'
import type { ServerChanges } from './server-changes.ts'
import type { Undo } from './undo.ts'

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
  readonly #undo: Undo

  constructor(scope: TransactionScope, server: ServerChanges, folders: FolderChanges, undo: Undo) {
    this.#scope = scope
    this.#server = server
    this.#folders = folders
    this.#undo = undo
  }

  /** Holds a folder, and shows again what the server has stopped having. */
  hold(folder: number, reason: HoldReason): void {
    const { database } = this.#scope
    for (const row of database.all(`SELECT * FROM item WHERE remote_folder = ? AND ${LOST}`, folder)) {
      this.#scope.showAgain(row)
      database.run('UPDATE item SET unlinked = NULL WHERE id = ?', Number(row.id))
    }
    database.run(`UPDATE folder SET state = 'paused', error = ? WHERE id = ?`, JSON.stringify(reason), folder)
    this.#scope.log({ folder, event: 'paused', detail: reason.message })
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
   * Lets a held folder go on: what vanished on the server or was deleted here is accepted, or brought back on the other
   * side. Without a word it is looked at anew.
   *
   * @throws {PosternError} STORE_FOLDER_NOT_HELD
   */
  resume(folder: number, consent: 'accept' | 'restore' | undefined): void {
    const { database, now } = this.#scope
    const row = database.find('SELECT * FROM folder WHERE id = ?', folder)
    if (row?.state !== 'paused' && row?.deletions !== 'held') throw notHeld(String(row?.path))
    if (row.deletions === 'held') {
      if (consent === 'restore') this.#undo.restoreDoomed(folder)
      database.run('UPDATE folder SET deletions = NULL, error = NULL WHERE id = ?', folder)
    }
    if (row.state === 'paused') {
      const sql = `UPDATE folder SET state = 'ok', error = NULL, consent = ?, uid_next = NULL, cursor = NULL WHERE id = ?`
      database.run(sql, consent ?? null, folder)
      if (consent === 'restore' && row.uid_validity === null) this.remake(folder)
    }
    if (consent === 'accept') database.run('UPDATE folder SET accepted_at = ? WHERE id = ?', now, folder)
    this.#scope.log({ folder, event: 'resumed', detail: consent ?? '' })
  }

  /** Every folder was looked at since these vanished: what is in no other one is uploaded again. */
  restoreVanished(items: ReadonlySet<number>): void {
    const rows = this.#scope.database.all(`SELECT item.* FROM item ${RESTORABLE}`)
    for (const row of rows) if (items.has(Number(row.id))) this.#server.uploadAgain(row)
  }

  /** The user's word counts for what vanished when it was given, not for ever. */
  endConsents(): void {
    this.#scope.database.run(
      `UPDATE folder SET consent = NULL WHERE consent IS NOT NULL AND kind = 'mail'
         AND NOT EXISTS(SELECT 1 FROM item WHERE remote_folder = folder.id AND unlinked IS NOT NULL)`,
    )
  }

  /** Has a folder made again that is gone on the server; its messages are looked for in it, then uploaded. */
  remake(folder: number): void {
    const { database } = this.#scope
    database.run(`UPDATE folder SET state = 'gone' WHERE id = ?`, folder)
    this.#folders.revive(folder)
    const rows = database.all('SELECT * FROM item WHERE remote_folder = ? AND is_gone = 0', folder)
    for (const row of rows) this.#server.uploadAgain(row)
  }
}

/** Of items: those that vanished from a folder whose messages the user wants back on the server. */
export const RESTORABLE = `JOIN folder ON folder.id = remote_folder
  WHERE consent = 'restore' AND unlinked IS NOT NULL AND is_gone = 0`

function notHeld(path: string): PosternError {
  return new PosternError<StoreErrorCode>('STORE_FOLDER_NOT_HELD', `${JSON.stringify(path)} is not held.`, {
    remedy: 'user',
    advice: 'See `postern folder list` for those that are.',
  })
}

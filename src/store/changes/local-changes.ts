import { PosternError } from '../../errors.ts'
import { REFUSED } from '../blocked-items.ts'
import type { Row } from '../database.ts'
import type { StoreErrorCode } from '../errors.ts'
import { changeFlags, describeChange, type FlagChange, flagChange, type MessageFlags } from '../flags.ts'
import type { PackLocation } from '../packs/pack-format.ts'
import type { MessageDigest } from '../rows.ts'
import type { TransactionScope } from '../transaction-scope.ts'
import { DraftMoves } from './draft-moves.ts'

/** A message to be put into a folder. */
export interface NewMessage {
  readonly location: PackLocation
  readonly digest: MessageDigest
  readonly flags: MessageFlags
  readonly internalDateMs: number
}

const COPIED = `email_id, message_id, size, internal_date, local_bits, local_keywords, body_state, pack, offset, length,
  sha256, subject, sender, date`

/** What the user does to mail and folders: seen at once, told to the server by the next PUSH. */
export class LocalChanges {
  readonly #scope: TransactionScope
  readonly #drafts: DraftMoves

  constructor(scope: TransactionScope) {
    this.#scope = scope
    this.#drafts = new DraftMoves(scope)
  }

  /** Adds and removes flags of an item. */
  setFlags(id: number, change: FlagChange): void {
    const row = this.#item(id)
    this.setEqualFlags([id], { bits: Number(row.local_bits), keywords: String(row.local_keywords) }, change)
  }

  /** Adds and removes flags of items that are there and all have the same ones. */
  setEqualFlags(ids: readonly number[], from: MessageFlags, change: FlagChange): void {
    const { database, now, modseq } = this.#scope
    const { bits, keywords } = changeFlags(from, change)
    const items = JSON.stringify(ids)
    database.run(
      `UPDATE item SET local_bits = ?, local_keywords = ?, local_revision = local_revision + 1, modseq = ?,
         is_blocked = iif(is_blocked = ?, 0, is_blocked) -- what was refused was another change
         WHERE id IN (SELECT value FROM json_each(?))`,
      ...[bits, keywords, modseq, REFUSED, items],
    )
    database.run(
      `INSERT INTO ledger(at, item, event, detail) SELECT ?, value, 'flags-changed', ? FROM json_each(?)`,
      ...[now, describeChange(flagChange(from, { bits, keywords })), items],
    )
  }

  /** Adds a message that shall be on the server as well; in a folder that is never synchronized it stays here. */
  addMessage(folder: number, message: NewMessage): number {
    const { location, digest, flags, internalDateMs } = message
    const { lastRowId: id } = this.#scope.database.run(
      `INSERT INTO item(folder, uid, local_uid, modseq, message_id, size, internal_date, server_bits, server_keywords,
         local_bits, local_keywords, body_state, pack, offset, length, sha256, subject, sender, date, saved_at)
       VALUES(?, 0, ?, ?, ?, ?, ?, 0, '', ?, ?, 'full', ?, ?, ?, ?, ?, ?, ?, ?)`,
      ...[folder, this.#scope.nextLocalUid(folder), this.#scope.modseq, digest.messageId ?? null, location.length],
      ...[
        Math.trunc(internalDateMs / 1000) * 1000,
        flags.bits,
        flags.keywords,
        location.pack,
        location.offset,
        location.length,
        digest.sha256,
      ],
      ...[digest.subject ?? null, digest.from ?? null, digest.dateMs ?? null, this.#scope.now],
    )
    this.#scope.log({ item: id, folder, event: 'added' })
    this.append(id, folder)
    return id
  }

  /** Has an item, which the server does not have, appended to a folder. */
  append(id: number, folder: number): void {
    if (this.#folder(folder).is_excluded === 1) return
    this.#scope.database.run(
      `INSERT INTO op(item, kind, state, destination) VALUES(?, 'append', 'ready', ?)`,
      ...[id, folder],
    )
  }

  /** Moves an item. What is not on the server yet is appended where it is now. */
  move(id: number, folder: number): void {
    const row = this.#item(id)
    if (row.folder === folder) return
    this.#assertSelectable(folder)
    const [isOut, isIn] = [row.folder, folder].map(each => this.#folder(Number(each)).is_excluded === 1)
    if ((isOut || isIn) && row.body_state !== 'full') throw headerOnly(id)
    if (isIn) this.#drafts.moveIn(row, folder)
    else if (isOut) {
      this.#drafts.moveOut(row, folder)
      this.append(id, folder)
    } else {
      this.#scope.show(row, folder)
      const sql = `UPDATE op SET destination = ? WHERE item = ? AND kind = 'append' AND state = 'ready'`
      this.#scope.database.run(sql, folder, id)
    }
    this.#scope.log({ item: id, folder, event: 'moved' })
  }

  /** Copies an item and gives the copy's id. */
  copy(id: number, folder: number): number {
    const row = this.#item(id)
    if (row.body_state !== 'full') throw headerOnly(id)
    this.#assertSelectable(folder)
    const { lastRowId: copy } = this.#scope.database.run(
      `INSERT INTO item(folder, uid, local_uid, modseq, server_bits, server_keywords, saved_at, ${COPIED})
       SELECT ?, 0, ?, ?, 0, '', ?, ${COPIED} FROM item WHERE id = ?`,
      ...[folder, this.#scope.nextLocalUid(folder), this.#scope.modseq, this.#scope.now, id],
    )
    this.#scope.log({ item: copy, folder, event: 'copied', detail: `from ${id}` })
    this.append(copy, folder)
    return copy
  }

  /** Deletes an item: into the Trash, or for good when it is there, when there is none, or when that is wanted. */
  delete(id: number, { isPermanent }: { readonly isPermanent: boolean }): 'trashed' | 'deleted' {
    const row = this.#item(id)
    const trash = this.#scope.database.find(`SELECT id FROM folder WHERE role = 'trash' AND state <> 'gone'`)
    const canTrash = trash && trash.id !== row.folder && this.#folder(Number(row.folder)).is_excluded === 0
    if (canTrash && !isPermanent) {
      this.#scope.log({ item: id, folder: Number(row.folder), event: 'trashed' }) // from where `restore` brings it back
      this.move(id, Number(trash.id))
      return 'trashed'
    }
    const op = this.#scope.database.find('SELECT state FROM op WHERE item = ?', id)
    const isOnServer = Number(row.uid) !== 0 || (op !== undefined && op.state !== 'ready')
    this.#scope.putVanished(Number(row.folder), Number(row.local_uid))
    if (isOnServer) {
      this.#scope.database.run(
        `UPDATE item SET is_gone = 1, gone_at = ?, modseq = ?, is_blocked = iif(is_blocked = ?, 0, is_blocked)
           WHERE id = ?`,
        ...[this.#scope.now, this.#scope.modseq, REFUSED, id],
      )
      this.#scope.log({ item: id, event: 'deleting' })
    } else {
      this.#scope.bury(row, 'local')
    }
    return 'deleted'
  }

  #item(id: number): Row {
    const sql = 'SELECT * FROM item WHERE id = ? AND is_gone = 0 AND unlinked IS NULL'
    const row = this.#scope.database.find(sql, id)
    if (row) return row
    throw new PosternError<StoreErrorCode>('STORE_NO_SUCH_ITEM', `There is no item with the id ${id}.`, {
      remedy: 'user',
      advice: 'See `postern item list FOLDER` for the ids.',
    })
  }

  #folder(id: number): Row {
    const row = this.#scope.database.find('SELECT * FROM folder WHERE id = ?', id)
    if (!row) throw new Error(`no folder ${id}`)
    return row
  }

  #assertSelectable(id: number): void {
    const { path, is_selectable } = this.#folder(id)
    if (is_selectable === 1) return
    throw new PosternError<StoreErrorCode>(
      'STORE_FOLDER_EXCLUDED',
      `${JSON.stringify(path)} only holds other folders: no mail can be put into it.`,
      { remedy: 'user', advice: 'Choose another folder.' },
    )
  }
}

function headerOnly(id: number): PosternError {
  return new PosternError<StoreErrorCode>('STORE_HEADER_ONLY', `Only the header of item ${id} is here.`, {
    remedy: 'user',
    advice: 'Fetch all of it first: postern item fetch ID.',
  })
}

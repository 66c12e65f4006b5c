import { PosternError } from '../errors.ts'
import type { Row } from './database.ts'
import type { StoreErrorCode } from './errors.ts'
import { changeFlags, type FlagChange, type MessageFlags } from './flags.ts'
import type { PackLocation } from './pack-format.ts'
import { TOMB_DAYS } from './purge.ts'
import type { MessageDigest } from './rows.ts'
import type { TransactionScope } from './transaction-scope.ts'

/** A message to be put into a folder. */
export interface NewMessage {
  readonly location: PackLocation
  readonly digest: MessageDigest
  /** SHA-256 of its header: recognises a message without a Message-ID on the server. */
  readonly headerHash: Buffer
  readonly flags: MessageFlags
  readonly internalDateMs: number
}

const COPIED = `email_id, message_id, size, internal_date, local_bits, local_keywords, body_state, pack, offset, length,
  sha256, subject, sender, date`

/** What the user does to mail and folders: seen at once, told to the server by the next PUSH. */
export class LocalChanges {
  readonly #scope: TransactionScope

  constructor(scope: TransactionScope) {
    this.#scope = scope
  }

  /** Adds and removes flags of an item. */
  setFlags(id: number, change: FlagChange): void {
    const row = this.#item(id)
    const local = { bits: Number(row.local_bits), keywords: String(row.local_keywords) }
    const { bits, keywords } = changeFlags(local, change)
    this.#scope.database.run(
      'UPDATE item SET local_bits = ?, local_keywords = ?, local_revision = local_revision + 1, modseq = ? WHERE id = ?',
      ...[bits, keywords, this.#scope.modseq, id],
    )
    this.#scope.log({ item: id, event: 'flags-changed' })
  }

  /** Adds a message that shall be on the server as well; in a folder that is never synchronized it stays here. */
  addMessage(folder: number, message: NewMessage): number {
    const { location, digest, headerHash, flags, internalDateMs } = message
    const { lastRowId: id } = this.#scope.database.run(
      `INSERT INTO item(folder, uid, local_uid, modseq, message_id, size, internal_date, server_bits, server_keywords,
         local_bits, local_keywords, body_state, pack, offset, length, sha256, subject, sender, date)
       VALUES(?, 0, ?, ?, ?, ?, ?, 0, '', ?, ?, 'full', ?, ?, ?, ?, ?, ?, ?)`,
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
      ...[digest.subject ?? null, digest.from ?? null, digest.dateMs ?? null],
    )
    this.#scope.log({ item: id, folder, event: 'added' })
    this.append(id, folder, digest.messageId === undefined ? headerHash : undefined)
    return id
  }

  /** Has an item, which the server does not have, appended to a folder. */
  append(id: number, folder: number, headerHash: Buffer | undefined): void {
    if (this.#folder(folder).is_excluded === 1) return
    const sql = `INSERT INTO op(item, kind, state, destination, sent_hash) VALUES(?, 'append', 'ready', ?, ?)`
    this.#scope.database.run(sql, id, folder, headerHash ?? null)
  }

  /** Moves an item. What is not on the server yet is appended where it is now. */
  move(id: number, folder: number): void {
    const row = this.#item(id)
    if (row.folder === folder) return
    this.#assertSynchronized(folder)
    this.#assertSynchronized(Number(row.folder))
    this.#scope.show(row, folder)
    const sql = `UPDATE op SET destination = ? WHERE item = ? AND kind = 'append' AND state = 'ready'`
    this.#scope.database.run(sql, folder, id)
    this.#scope.log({ item: id, folder, event: 'moved' })
  }

  /** Copies an item and gives the copy's id. `headerHash` as in {@link NewMessage}. */
  copy(id: number, folder: number, headerHash: Buffer): number {
    const row = this.#item(id)
    if (row.body_state !== 'full') throw headerOnly(id)
    this.#assertSynchronized(folder)
    const { lastRowId: copy } = this.#scope.database.run(
      `INSERT INTO item(folder, uid, local_uid, modseq, server_bits, server_keywords, ${COPIED})
       SELECT ?, 0, ?, ?, 0, '', ${COPIED} FROM item WHERE id = ?`,
      ...[folder, this.#scope.nextLocalUid(folder), this.#scope.modseq, id],
    )
    this.#scope.log({ item: copy, folder, event: 'copied', detail: `from ${id}` })
    this.append(copy, folder, row.message_id === null ? headerHash : undefined)
    return copy
  }

  /** Deletes an item: into the Trash, or for good when it is there, when there is none, or when that is wanted. */
  delete(id: number, { isPermanent }: { readonly isPermanent: boolean }): 'trashed' | 'deleted' {
    const row = this.#item(id)
    const trash = this.#scope.database.find(`SELECT id FROM folder WHERE role = 'trash' AND state <> 'gone'`)
    const canTrash = trash && trash.id !== row.folder && this.#folder(Number(row.folder)).is_excluded === 0
    if (canTrash && !isPermanent) {
      this.move(id, Number(trash.id))
      return 'trashed'
    }
    const op = this.#scope.database.find('SELECT state FROM op WHERE item = ?', id)
    const isOnServer = Number(row.uid) !== 0 || (op !== undefined && op.state !== 'ready')
    this.#scope.putVanished(Number(row.folder), Number(row.local_uid))
    if (isOnServer) {
      this.#scope.database.run('UPDATE item SET is_gone = 1, modseq = ? WHERE id = ?', this.#scope.modseq, id)
      this.#scope.log({ item: id, event: 'deleting' })
    } else {
      this.#scope.bury(row, 'local')
    }
    return 'deleted'
  }

  /** Brings a deleted item back under its id: into its folder, or the Inbox when that is gone. */
  restore(id: number, headerHashOf: (location: PackLocation) => Buffer): void {
    const doomed = this.#scope.database.find('SELECT * FROM item WHERE id = ? AND is_gone = 1', id)
    if (doomed) {
      this.#scope.database.run('UPDATE item SET is_gone = 0 WHERE id = ?', id)
      this.#scope.show(doomed, Number(doomed.folder))
      this.#scope.log({ item: id, folder: Number(doomed.folder), event: 'restored' })
      return
    }
    const tomb = this.#scope.database.find('SELECT * FROM tomb WHERE item = ? ORDER BY id DESC LIMIT 1', id)
    if (!tomb) throw this.#notDeleted(id)
    if (tomb.body_state === 'header') throw bodyLost(id)
    const home = this.#scope.database.find(
      `SELECT id FROM folder WHERE id = ? AND state <> 'gone' OR path = 'INBOX' ORDER BY path = 'INBOX' LIMIT 1`,
      Number(tomb.folder),
    )
    const folder = Number(home?.id)
    this.#scope.database.run(
      `INSERT INTO item(id, folder, uid, local_uid, modseq, message_id, size, internal_date, server_bits,
         server_keywords, local_bits, local_keywords, body_state, pack, offset, length, sha256, subject, sender, date)
       SELECT item, ?, 0, ?, ?, message_id, size, internal_date, 0, '', bits, keywords, 'full', pack, offset, length,
         sha256, subject, sender, date FROM tomb WHERE id = ?`,
      ...[folder, this.#scope.nextLocalUid(folder), this.#scope.modseq, Number(tomb.id)],
    )
    this.#scope.database.run('DELETE FROM tomb WHERE id = ?', Number(tomb.id))
    this.#scope.log({ item: id, folder, event: 'restored' })
    const location = { pack: Number(tomb.pack), offset: Number(tomb.offset), length: Number(tomb.length) }
    this.append(id, folder, tomb.message_id === null ? headerHashOf(location) : undefined)
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

  #notDeleted(id: number): PosternError {
    const purged = this.#scope.database.find(`SELECT at FROM ledger WHERE item = ? AND event = 'purged'`, id)
    const message = purged
      ? `Item ${id} was removed for good on ${new Date(Number(purged.at)).toISOString().slice(0, 10)}.`
      : `No deleted item has the id ${id}.`
    return new PosternError<StoreErrorCode>('STORE_NO_SUCH_ITEM', message, {
      remedy: 'user',
      advice: `Only what was deleted in the last ${TOMB_DAYS} days can be restored from here; a backup may have it.`,
    })
  }

  #folder(id: number): Row {
    const row = this.#scope.database.find('SELECT * FROM folder WHERE id = ?', id)
    if (!row) throw new Error(`no folder ${id}`)
    return row
  }

  #assertSynchronized(id: number): void {
    const { path, is_excluded, is_selectable } = this.#folder(id)
    if (is_excluded === 0 && is_selectable === 1) return
    throw new PosternError<StoreErrorCode>(
      'STORE_FOLDER_EXCLUDED',
      `${JSON.stringify(path)} is not synchronized: mail cannot be moved or copied into or out of it.`,
      { remedy: 'user', advice: 'Choose another folder; drafts stay where they were written.' },
    )
  }
}

function headerOnly(id: number): PosternError {
  return new PosternError<StoreErrorCode>('STORE_HEADER_ONLY', `Only the header of item ${id} is here.`, {
    remedy: 'user',
    advice: 'Fetch all of it first: postern item fetch ID.',
  })
}

function bodyLost(id: number): PosternError {
  return new PosternError<StoreErrorCode>(
    'STORE_HEADER_ONLY',
    `Only the header of item ${id} was here when it was deleted for good: there is nothing to upload again.`,
    { remedy: 'user', advice: 'Look for it in a backup of the server, or ask who sent it.' },
  )
}

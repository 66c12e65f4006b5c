import type { Database, Row } from './database.ts'
import { equalFlags, type MessageFlags, mergeFlags } from './flags.ts'

const MAX_LOCAL_UID_BLOCK = 256

/** An entry of the ledger. */
export interface LedgerEntry {
  readonly item?: number
  readonly folder?: number
  readonly uid?: number
  readonly event: string
  readonly detail?: string
}

/** What all changes of one transaction share: its time, its mod-sequence, and the steps that several of them take. */
export class TransactionScope {
  readonly database: Database
  /** In ms since the epoch. */
  readonly now: number
  #modseq: number | undefined
  readonly #localUids = new Map<number, { next: number; end: number }>()

  constructor(database: Database, now: number) {
    this.database = database
    this.now = now
  }

  /** The mod-sequence of this transaction's visible changes. */
  get modseq(): number {
    if (this.#modseq === undefined) {
      this.database.run('UPDATE meta SET modseq = modseq + 1')
      this.#modseq = Number(this.database.find('SELECT modseq FROM meta')?.modseq)
    }
    return this.#modseq
  }

  // Taken by the block: what is left of one when the transaction ends is a gap, which IMAP allows.
  nextLocalUid(folder: number): number {
    const block = this.#localUids.get(folder)
    if (block && block.next < block.end) return block.next++
    const sql = 'UPDATE folder SET local_uid_next = local_uid_next + ? WHERE id = ? RETURNING local_uid_next AS next'
    const size = block ? MAX_LOCAL_UID_BLOCK : 1
    const end = Number(this.database.find(sql, size, folder)?.next)
    this.#localUids.set(folder, { next: end - size + 1, end })
    return end - size
  }

  /** Tells clients of the store that a local UID is gone. */
  putVanished(folder: number, localUid: number): void {
    const sql = 'INSERT INTO vanished VALUES(?, ?, ?) ON CONFLICT DO UPDATE SET modseq = excluded.modseq'
    this.database.run(sql, folder, localUid, this.modseq)
  }

  /** Writes what happened into the ledger. */
  log({ item, folder, uid, event, detail }: LedgerEntry): void {
    const values = [this.now, item ?? null, folder ?? null, uid ?? null, event, detail ?? null]
    this.database.run('INSERT INTO ledger(at, item, folder, uid, event, detail) VALUES(?, ?, ?, ?, ?, ?)', ...values)
  }

  /** Shows an item in another folder, under a new local UID there. */
  show(row: Row, folder: number): void {
    if (row.is_gone !== 1 && row.unlinked === null) this.putVanished(Number(row.folder), Number(row.local_uid))
    this.database.run(
      'UPDATE item SET folder = ?, local_uid = ?, modseq = ? WHERE id = ?',
      ...[folder, this.nextLocalUid(folder), this.modseq, Number(row.id)],
    )
  }

  /** Hides an item that the server stopped having, until a whole cycle has shown that it was no move. */
  unlink(row: Row): void {
    this.database.run('UPDATE item SET unlinked = (SELECT cycle FROM meta) WHERE id = ?', Number(row.id))
    if (row.is_gone !== 1) this.putVanished(Number(row.folder), Number(row.local_uid))
    this.log({ item: Number(row.id), folder: Number(row.remote_folder), uid: Number(row.uid), event: 'vanished' })
  }

  /**
   * Binds an item to the UID at which the server has it. The other end of a move of ours is left to be expunged. Where
   * the user sees the item follows the server when that has it in an unexpected folder; else the user's wish stays.
   */
  bind(row: Row, folder: number, { uid, flags }: { readonly uid: number; readonly flags: MessageFlags }): void {
    const [id, from] = [Number(row.id), row.remote_folder]
    const op = this.database.find('SELECT kind, destination FROM op WHERE item = ?', id)
    if (op?.kind === 'move' && row.unlinked === null && typeof from === 'number' && Number(row.uid) > 0) {
      this.expungeLater(from, Number(row.uid))
    }
    const isExpected = folder === (op?.destination ?? from)
    if (!isExpected && Number(row.folder) !== folder) this.show(row, folder)
    else if (row.unlinked !== null) this.#showAgain(row)
    this.database.run('UPDATE item SET remote_folder = ?, uid = ?, unlinked = NULL WHERE id = ?', folder, uid, id)
    this.database.run('DELETE FROM op WHERE item = ?', id)
    this.database.run('DELETE FROM dlq WHERE item = ?', id) // its body is asked for at its new place
    this.setServerFlags(row, flags)
    this.log({ item: id, folder, uid, event: isExpected ? 'recognised' : 'moved-on-server' })
  }

  /** Merges what the server says of an item's flags into what the user sees. */
  setServerFlags(row: Row, remote: MessageFlags): void {
    const base = { bits: Number(row.server_bits), keywords: String(row.server_keywords) }
    const local = { bits: Number(row.local_bits), keywords: String(row.local_keywords) }
    if (equalFlags(base, remote)) return
    const merged = mergeFlags(base, local, remote)
    this.database.run(
      `UPDATE item SET server_bits = ?, server_keywords = ?, local_bits = ?, local_keywords = ?, modseq = ? WHERE id = ?`,
      ...[remote.bits, remote.keywords, merged.bits, merged.keywords, this.modseq, Number(row.id)],
    )
  }

  /** Remembers a UID whose message is elsewhere by now, to be removed here. */
  expungeLater(folder: number, uid: number): void {
    const sql = `INSERT INTO expunge(folder, uid_validity, uid) SELECT id, uid_validity, ? FROM folder
      WHERE id = ? AND uid_validity IS NOT NULL ON CONFLICT DO NOTHING`
    this.database.run(sql, uid, folder)
  }

  /** Asks for an item's body no more: it is here, or the item is elsewhere. */
  forgetBody(item: number): void {
    for (const queue of ['dlq', 'stage', 'ignored'] as const) {
      this.database.run(`DELETE FROM ${queue} WHERE item = ?`, item)
    }
  }

  /** Turns an item into a tomb, from which it can be restored. */
  bury(row: Row, by: 'local' | 'server'): void {
    const [id, folder, uid] = [Number(row.id), Number(row.folder), Number(row.uid)]
    this.database.run(
      `INSERT INTO tomb(item, folder, uid_validity, uid, message_id, internal_date, bits, keywords, size, body_state, pack,
         offset, length, sha256, subject, sender, date, deleted_at, deleted_by)
       SELECT id, folder, (SELECT uid_validity FROM folder WHERE id = remote_folder), uid, message_id, internal_date,
         local_bits, local_keywords, size, body_state, pack, offset, length, sha256, subject, sender, date, ?, ?
         FROM item WHERE id = ?`,
      ...[this.now, by, id],
    )
    this.database.run('DELETE FROM op WHERE item = ?', id)
    this.forgetBody(id)
    this.database.run('DELETE FROM item WHERE id = ?', id)
    this.log({ item: id, folder, uid, event: by === 'local' ? 'deleted' : 'deleted-on-server' })
  }

  #showAgain(row: Row): void {
    if (row.is_gone === 1) return
    const [folder, localUid] = [Number(row.folder), Number(row.local_uid)]
    this.database.run('DELETE FROM vanished WHERE folder = ? AND local_uid = ?', folder, localUid)
    this.database.run('UPDATE item SET modseq = ? WHERE id = ?', this.modseq, Number(row.id))
  }
}

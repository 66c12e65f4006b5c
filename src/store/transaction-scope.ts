import { REFUSED } from './blocked-items.ts'
import { CONFLICT_MAILBOX } from './conflict-mailbox.ts'
import type { Database, Row } from './database.ts'
import { DELETED } from './flags.ts'

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
  readonly #localUids = new Map<number, { next: number; end: number; size: number }>()

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

  /** The rows of items, as a statement finds each by its id; what it does not find has changed meanwhile. */
  rows(items: readonly number[], sql: string): Row[] {
    return items.flatMap(id => {
      const row = this.database.find(sql, id)
      return row ? [row] : []
    })
  }

  // For what can be seen from now on: numbers must rise in the order in which clients see messages come (RFC 9051 section
  // 2.3.1.1). Taken by the block: what is left of one when the transaction ends is a gap, which IMAP allows.
  nextLocalUid(folder: number): number {
    const block = this.#localUids.get(folder)
    if (block && block.next < block.end) return block.next++
    const sql = 'UPDATE folder SET local_uid_next = local_uid_next + ? WHERE id = ? RETURNING local_uid_next AS next'
    const size = block ? Math.min(2 * block.size, MAX_LOCAL_UID_BLOCK) : 1
    const end = Number(this.database.find(sql, size, folder)?.next)
    this.#localUids.set(folder, { next: end - size + 1, end, size })
    return end - size
  }

  /** Tells clients of the store that a local UID is gone. */
  putVanished(folder: number, localUid: number): void {
    const sql = 'INSERT INTO vanished VALUES(?, ?, ?) ON CONFLICT DO UPDATE SET modseq = excluded.modseq'
    this.database.run(sql, folder, localUid, this.modseq)
  }

  /** Makes room for a mail folder: the server's name for that is what mail programs show, a calendar can be called otherwise. */
  yieldPath(path: string): void {
    const sql = `UPDATE folder SET path = path || ' (' || kind || ' ' || id || ')'
      WHERE path = ? AND kind NOT IN('mail', 'file')`
    this.database.run(sql, path)
  }

  /** Lets go of kept versions that a condition names, and gives their rows; mail programs that show them are told. */
  dropKept(condition: string, ...values: readonly number[]): readonly Row[] {
    const rows = this.database.all(`DELETE FROM conflict WHERE ${condition} RETURNING id, item`, ...values)
    for (const { id } of rows) this.putVanished(CONFLICT_MAILBOX, Number(id))
    return rows
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
      `UPDATE item SET folder = ?1, local_uid = ?2, modseq = ?3, saved_at = iif(folder = ?1, saved_at, ?4) WHERE id = ?5`,
      ...[folder, this.nextLocalUid(folder), this.modseq, this.now, Number(row.id)],
    )
  }

  /** Hides an item that the server stopped having, until a whole cycle has shown that it was no move. */
  unlink(row: Row): void {
    this.database.run('UPDATE item SET unlinked = (SELECT cycle FROM meta) WHERE id = ?', Number(row.id))
    if (row.is_gone !== 1) this.putVanished(Number(row.folder), Number(row.local_uid))
    this.log({ item: Number(row.id), folder: Number(row.remote_folder), uid: Number(row.uid), event: 'vanished' })
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
         offset, length, sha256, subject, sender, date, decided_at, deleted_at, deleted_by)
       SELECT id, folder, (SELECT uid_validity FROM folder WHERE id = remote_folder), uid, message_id, internal_date,
         local_bits, local_keywords, size, body_state, pack, offset, length, sha256, subject, sender, date, iif(is_gone, gone_at, NULL), ?, ?
         FROM item WHERE id = ?`,
      ...[this.now, by, id],
    )
    this.remove(row)
    this.log({ item: id, folder, uid, event: by === 'local' ? 'deleted' : 'deleted-on-server' })
  }

  /** Removes an item whose version is kept elsewhere. */
  remove({ id }: Row): void {
    this.database.run('DELETE FROM op WHERE item = ?', Number(id))
    this.forgetBody(Number(id))
    this.database.run('DELETE FROM item WHERE id = ?', Number(id))
  }

  /** Takes a deletion back that the server was not told of, or has not made. */
  undelete(row: Row, folder: number, event: string): void {
    const id = Number(row.id)
    // The mark that it is to be deleted may have been set on the server already: it is taken off there as well.
    const sql = `UPDATE item SET is_gone = 0, gone_at = NULL, local_bits = local_bits & ~?,
      is_blocked = iif(is_blocked = ?, 0, is_blocked) WHERE id = ?`
    this.database.run(sql, DELETED, REFUSED, id)
    this.dropKept(`item = ? AND side = 'server'`, id)
    this.show({ ...row, is_gone: 1 }, folder)
    this.log({ item: id, folder, event })
  }

  /** Shows an item again that was hidden since the server stopped having it: under a new number, the old one was told to be gone. */
  showAgain(row: Row): void {
    if (row.is_gone !== 1) this.show(row, Number(row.folder))
  }
}

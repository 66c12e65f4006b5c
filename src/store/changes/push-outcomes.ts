import { IS_CLOSED } from '../closed-folders.ts'
import type { Row } from '../database.ts'
import { changeFlags, DELETED, type FlagChange, type MessageFlags } from '../flags.ts'
import type { TransactionScope } from '../transaction-scope.ts'

/** Failures of one upload before it waits for a person. */
export const MAX_UPLOAD_ATTEMPTS = 3
/** Lost answers before the message is taken for what breaks the connection; the last of them were for it alone. */
const MAX_LOST = 6
const THROTTLE_MS = 60_000
const RETRY_AFTER_MS = [60_000, 300_000, 1_800_000]

// Should a closed folder be opened one day, what we put there is recognised as one whose UID was lost.
const LOST = -1

/** A UID that the server has given to a message of ours. */
export interface GivenUid {
  readonly uidValidity: number
  readonly uid: number
}

/** An item with the revision whose flags were sent, as far as the server keeps them. */
export interface SentFlags {
  readonly item: number
  readonly revision: number
}

/** The steps of PUSH: each is one transition of sync.md's states, and harmless when it is repeated. */
export class PushOutcomes {
  readonly #scope: TransactionScope

  constructor(scope: TransactionScope) {
    this.#scope = scope
  }

  /**
   * Before the first octet is sent: if the answer is lost, the next cycle looks for the message, by its `headerHash` when
   * it has no Message-ID. Gives the flags to send, or undefined when the message is not to be sent any more.
   */
  appendStarted(
    item: number,
    folder: number,
    { uidNext, headerHash }: { readonly uidNext: number; readonly headerHash: Buffer | undefined },
  ): MessageFlags | undefined {
    const sql = `UPDATE op SET state = 'inflight', destination = ?, uid_validity_before = NULL, uid_next_before = ?, sent_hash = ?
      WHERE item = ? AND kind = 'append' AND state = 'ready'`
    if (this.#scope.database.run(sql, folder, uidNext, headerHash ?? null, item).changes === 0) return undefined
    // What changes from here on is a change. \Deleted is never sent: another client's EXPUNGE would take the message.
    const row = this.#scope.database.find(
      `UPDATE item SET server_bits = local_bits & ~?, server_keywords = local_keywords WHERE id = ?
         RETURNING server_bits, server_keywords`,
      ...[DELETED, item],
    )
    return row && { bits: Number(row.server_bits), keywords: String(row.server_keywords) }
  }

  /**
   * The server has the message. Without a UID of the folder as we know it, the state stays: PLAN finds it, by the UID that
   * the server gave where it gave one, whatever it has made of the octets. In a folder that may not be read nobody finds it:
   * there it is done.
   */
  appended(item: number, given: GivenUid | undefined): void {
    const op = this.#op(item)
    if (!op) return
    const folder = Number(op.destination)
    const isFresh = given !== undefined && given.uid >= Number(op.uid_next_before ?? 0)
    if (isFresh && this.#accept(folder, given)) this.#arrive(item, folder, given)
    else if (this.#isClosed(folder)) this.#bind(item, folder, LOST)
    else {
      if (given) this.#noteGiven(item, folder, given)
      return
    }
    this.#scope.log({ item, folder, ...(given && { uid: given.uid }), event: 'uploaded' })
  }

  /** The server refused the message; after the third time it waits for a person. */
  appendFailed(item: number, error: string, isPermanent: boolean): void {
    const attempts = isPermanent ? MAX_UPLOAD_ATTEMPTS : Number(this.#op(item)?.attempts ?? 0) + 1
    const waitMs = RETRY_AFTER_MS[attempts - 1] ?? 0
    this.#scope.database.run(
      `UPDATE op SET state = 'ready', attempts = ?, next_at = ?, error = ? WHERE item = ?`,
      ...[attempts, this.#scope.now + waitMs, error, item],
    )
    this.#scope.log({
      item,
      event: attempts >= MAX_UPLOAD_ATTEMPTS ? 'upload-ignored' : 'upload-failed',
      detail: error,
    })
  }

  /** The server takes no message now, whichever it is: that does not count against this one. */
  appendDeferred(item: number, error: string): void {
    const sql = `UPDATE op SET state = 'ready', next_at = ?, error = ? WHERE item = ?`
    this.#scope.database.run(sql, this.#scope.now + THROTTLE_MS, error, item)
    this.#scope.log({ item, event: 'upload-deferred', detail: error })
  }

  /** What was sent is not on the server; after another whole cycle it may be sent again. */
  searched(item: number): void {
    this.#scope.database.run(`UPDATE op SET state = 'searched' WHERE item = ? AND state = 'inflight'`, item)
  }

  /** Every folder was planned since the search and nothing turned up: uploads are ready again, moves are forgotten. */
  giveUpSearched(): void {
    // Moved while it was on its way: it goes to where the user wants it now. The old place may be gone.
    const lost = `UPDATE op SET state = 'ready', lost = lost + 1, uid_validity_before = NULL,
        destination = (SELECT folder FROM item WHERE id = op.item)
      WHERE kind = 'append' AND state = 'searched' RETURNING item, lost`
    for (const row of this.#scope.database.all(lost)) {
      if (Number(row.lost) >= MAX_LOST) this.appendFailed(Number(row.item), 'the connection broke each time', true)
    }
    this.#scope.database.run(`DELETE FROM op WHERE kind = 'move' AND state = 'searched'`)
    const sql = `SELECT item.* FROM item JOIN op ON op.item = item.id WHERE is_gone AND op.state = 'ready'`
    for (const row of this.#scope.database.all(sql)) this.#scope.bury(row, 'local') // deleted while it was on its way
  }

  /** Before the command is sent. `headerHash` recognises a message without a Message-ID. */
  moveStarted(item: number, destination: number, headerHash: Buffer | undefined): void {
    this.#scope.database.run(
      `INSERT INTO op(item, kind, state, source, destination, sent_hash)
       SELECT id, 'move', 'inflight', remote_folder, ?, ? FROM item WHERE id = ?`,
      ...[destination, headerHash ?? null, item],
    )
  }

  /**
   * The server moved the message; `isCopy` when it is still at its source as well. Without a UID of the destination, see
   * {@link appended}.
   */
  moved(item: number, given: GivenUid | undefined, isCopy: boolean): void {
    const op = this.#op(item)
    const row = this.#scope.database.find('SELECT remote_folder, uid FROM item WHERE id = ?', item)
    if (!op || !row) return
    const folder = Number(op.destination)
    const isKnown = given !== undefined && this.#accept(folder, given)
    if (!isKnown && !this.#isClosed(folder)) {
      if (given) this.#noteGiven(item, folder, given)
      return
    }
    if (isCopy) this.#scope.expungeLater(Number(row.remote_folder), Number(row.uid))
    if (isKnown) this.#arrive(item, folder, given)
    else this.#bind(item, folder, LOST)
    this.#scope.database.run('DELETE FROM dlq WHERE item = ?', item) // its body is asked for at its new place
    this.#scope.log({ item, folder, ...(given && { uid: given.uid }), event: 'moved-upstream' })
  }

  /** The server does not move the message now: it is told again. */
  moveDeferred(item: number): void {
    this.#scope.database.run(`DELETE FROM op WHERE item = ? AND kind = 'move'`, item)
  }

  /** The server refused a move: the item goes back to where the server has it. */
  moveRefused(item: number, error: string): void {
    this.#scope.database.run('DELETE FROM op WHERE item = ?', item)
    this.revertMove(item, error)
  }

  /** Shows an item where the server has it. */
  revertMove(item: number, why: string): void {
    const row = this.#scope.database.find('SELECT * FROM item WHERE id = ? AND remote_folder <> folder', item)
    if (!row) return
    this.#scope.show(row, Number(row.remote_folder))
    this.#scope.log({ item, folder: Number(row.remote_folder), event: 'move-reverted', detail: why })
  }

  /** The server took over these changes of flags; what the user has changed since then is still to be sent. */
  flagsStored(items: readonly SentFlags[], change: FlagChange): void {
    for (const { item, revision } of items) {
      const row = this.#scope.database.find('SELECT server_bits, server_keywords FROM item WHERE id = ?', item)
      if (!row) continue
      const base = { bits: Number(row.server_bits), keywords: String(row.server_keywords) }
      const { bits, keywords } = changeFlags(base, change)
      this.#scope.database.run(
        'UPDATE item SET server_bits = ?, server_keywords = ?, synced_revision = ? WHERE id = ?',
        ...[bits, keywords, revision, item],
      )
      this.#scope.log({ item, event: 'flags-uploaded' })
    }
  }

  /** The server removed these messages of a folder, or marked them where it cannot remove single ones. */
  expunged(folder: number, uidValidity: number, uids: readonly number[], isOnlyMarked: boolean): void {
    for (const uid of uids) {
      const row = this.#scope.database.find(
        'SELECT * FROM item WHERE remote_folder = ? AND uid = ? AND uid > 0',
        folder,
        uid,
      )
      const key = [folder, uidValidity, uid] as const
      if (isOnlyMarked)
        this.#scope.database.run(
          'INSERT INTO expunge(folder, uid_validity, uid, is_marked) VALUES(?, ?, ?, 1) ON CONFLICT DO UPDATE SET is_marked = 1',
          ...key,
        )
      else this.#scope.database.run('DELETE FROM expunge WHERE folder = ? AND uid_validity = ? AND uid = ?', ...key)
      // Restored in the meantime: it is uploaded again, unless its body went with the server's copy.
      if (row?.is_gone === 1 || row?.body_state === 'header') this.#scope.bury(row, 'local')
      else if (row) this.appendAgain(row)
    }
  }

  /** An item that the server no longer has, and that shall be there, is appended anew, unless the server shows it again. */
  appendAgain(row: Row): void {
    const [id, folder] = [Number(row.id), Number(row.folder)]
    this.#scope.database.run(
      `UPDATE item SET remote_folder = NULL, uid = 0, unlinked = NULL, born = (SELECT cycle FROM meta) WHERE id = ?`,
      id,
    )
    this.#scope.database.run('DELETE FROM op WHERE item = ?', id)
    const sql = `INSERT INTO op(item, kind, state, source, destination) VALUES(?, 'append', 'ready', ?, ?)`
    this.#scope.database.run(sql, id, Number(row.remote_folder ?? folder), folder)
    if (row.unlinked !== null) this.#scope.show({ ...row, unlinked: 0 }, folder)
    this.#scope.log({ item: id, folder, event: 'to-be-uploaded-again' })
  }

  /** A change to a folder is done on the server, or cannot be done. */
  folderDone(seq: number): void {
    this.#scope.database.run('DELETE FROM op WHERE seq = ?', seq)
  }

  folderFailed(seq: number, error: string): void {
    this.#scope.database.run('UPDATE op SET attempts = attempts + 1, error = ? WHERE seq = ?', error, seq)
  }

  #op(item: number): Row | undefined {
    return this.#scope.database.find('SELECT * FROM op WHERE item = ?', item)
  }

  /**
   * Of an op of an item, `uid_validity_before` and `uid_next_before` are then the UID itself: see {@link findGiven}. One that
   * contradicts what is known under this very UIDVALIDITY is no message of ours.
   */
  #noteGiven(item: number, folder: number, { uidValidity, uid }: GivenUid): void {
    const sql = `UPDATE op SET uid_validity_before = ?1, uid_next_before = ?2
      WHERE item = ?3 AND NOT EXISTS(SELECT 1 FROM folder WHERE id = ?4 AND uid_validity = ?1)`
    this.#scope.database.run(sql, uidValidity, uid, item, folder)
  }

  #arrive(item: number, folder: number, given: GivenUid): void {
    this.#unignore(folder, given)
    this.#bind(item, folder, given.uid)
  }

  #bind(item: number, folder: number, uid: number): void {
    this.#scope.database.run('UPDATE item SET remote_folder = ?, uid = ? WHERE id = ?', folder, uid, item)
    this.#scope.database.run('DELETE FROM op WHERE item = ?', item)
  }

  // Whoever may not read a folder may be told no UIDs of it either (RFC 4315 section 3).
  #isClosed(folder: number): boolean {
    const sql = `SELECT 1 FROM folder WHERE id = ? AND ${IS_CLOSED}`
    return this.#scope.database.find(sql, folder) !== undefined
  }

  // A folder that was never planned has no UIDs that could be compared: its first PLAN recognises the message.
  #accept(folder: number, { uidValidity, uid }: GivenUid): boolean {
    const row = this.#scope.database.find('SELECT uid_validity FROM folder WHERE id = ?', folder)
    if (row?.uid_validity !== uidValidity || uid < 1) return false
    const sql = 'SELECT 1 FROM item WHERE remote_folder = ? AND uid = ? AND uid > 0'
    return this.#scope.database.find(sql, folder, uid) === undefined
  }

  // A PLAN between the upload and its answer may have queued the message as a stranger's.
  #unignore(folder: number, { uidValidity, uid }: GivenUid): void {
    for (const queue of ['dlq', 'stage', 'ignored'] as const) {
      const sql = `DELETE FROM ${queue} WHERE folder = ? AND uid_validity = ? AND uid = ?`
      this.#scope.database.run(sql, folder, uidValidity, uid)
    }
  }
}

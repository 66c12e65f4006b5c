import type { Database, Row } from './database.ts'
import { equalFlags, type MessageFlags, mergeFlags } from './flags.ts'
import type { PackLocation } from './pack-format.ts'
import type { DownloadRow, FolderRow, MessageDigest, StagedRow } from './rows.ts'

const MAX_LOCAL_UID_BLOCK = 256

/** A folder of the server, as far as the store keeps it. */
export interface FolderFacts {
  readonly path: string
  readonly delimiter: string | undefined
  readonly role: string | undefined
  readonly objectId: string | undefined
  readonly isSelectable: boolean
  readonly isExcluded: boolean
}

/** Where a folder's next delta begins. */
export interface FolderPosition {
  readonly uidValidity: number
  readonly uidNext: number | undefined
  readonly highestModseq: bigint | undefined
}

const INSERT_DLQ = `INSERT INTO dlq(folder, uid_validity, uid, local_uid, bits, keywords, size, internal_date,
  message_id, email_id, want) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'full') ON CONFLICT DO NOTHING`
const INSERT_STAGE = `INSERT INTO stage(folder, uid_validity, uid, local_uid, bits, keywords, internal_date, email_id,
  want, attempts, pack, offset, length) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
const INSERT_ITEM = `INSERT INTO item(folder, uid, local_uid, modseq, email_id, message_id, size, internal_date, server_bits,
  server_keywords, local_bits, local_keywords, body_state, pack, offset, length, sha256, subject, sender, date)
  VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

// `uid > 0` beside `uid = ?` lets SQLite use the index item_uid, which holds no others.

/** Changes the store inside one transaction; made by `Store.transact` and valid during it only. */
export class Transactor {
  readonly #database: Database
  readonly #now: number
  #modseq: number | undefined
  #hasUnlinked: boolean | undefined
  readonly #localUids = new Map<number, { next: number; end: number }>()

  constructor(database: Database, now: number) {
    this.#database = database
    this.#now = now
  }

  /** The mod-sequence of this transaction's visible changes. */
  get modseq(): number {
    if (this.#modseq === undefined) {
      this.#database.run('UPDATE meta SET modseq = modseq + 1')
      this.#modseq = Number(this.#database.find('SELECT modseq FROM meta')?.modseq)
    }
    return this.#modseq
  }

  /** Adds the folder, or updates what the server says of it. */
  putFolder(facts: FolderFacts): void {
    const { path, delimiter, role, objectId, isSelectable, isExcluded } = facts
    this.#database.run(
      `INSERT INTO folder(kind, path, delimiter, role, object_id, is_selectable, is_excluded, state, local_uid_validity,
         local_uid_next) VALUES('mail', ?, ?, ?, ?, ?, ?, 'ok', ?, 1)
       ON CONFLICT(path) DO UPDATE SET delimiter = excluded.delimiter, role = excluded.role,
         object_id = excluded.object_id, is_selectable = excluded.is_selectable, is_excluded = excluded.is_excluded,
         state = iif(state = 'gone', 'ok', state)`,
      path,
      delimiter ?? null,
      role ?? null,
      objectId ?? null,
      Number(isSelectable),
      Number(isExcluded),
      Math.trunc(this.#now / 1000),
    )
  }

  /** Makes the Inbox of a profile that was never synchronized. */
  ensureInbox(): void {
    if (this.#database.find(`SELECT 1 FROM folder WHERE path = 'INBOX'`)) return
    const none = { delimiter: undefined, objectId: undefined, isSelectable: true, isExcluded: false }
    this.putFolder({ path: 'INBOX', role: 'inbox', ...none })
  }

  /** Marks a folder that the server no longer has; its items are unlinked as if they had been deleted there. */
  loseFolder(folder: FolderRow): void {
    const sql = `UPDATE folder SET state = 'gone', uid_validity = NULL, uid_next = NULL, cursor = NULL WHERE id = ?`
    this.#database.run(sql, folder.id)
    this.#forgetQueues(folder.id)
    this.#database.run(
      'UPDATE item SET unlinked = (SELECT cycle FROM meta) WHERE folder = ? AND unlinked IS NULL',
      folder.id,
    )
    this.log({ folder: folder.id, event: 'folder-gone', detail: folder.path })
  }

  setFolderError(folder: number, error: { code: string; message: string } | undefined): void {
    this.#database.run('UPDATE folder SET error = ? WHERE id = ?', error ? JSON.stringify(error) : null, folder)
  }

  setPosition(folder: number, { uidValidity, uidNext, highestModseq }: FolderPosition, isFull: boolean): void {
    this.#database.run(
      `UPDATE folder SET uid_validity = ?, uid_next = ?, cursor = ?, last_full_at = iif(?, ?, last_full_at) WHERE id = ?`,
      uidValidity,
      uidNext ?? null,
      highestModseq === undefined ? null : String(highestModseq),
      Number(isFull),
      this.#now,
      folder,
    )
  }

  /** The server numbers the folder anew: items wait to be recognised, everything else that names UIDs is forgotten. */
  loseUids(folder: number): void {
    this.#forgetQueues(folder)
    this.#database.run('DELETE FROM ignored WHERE folder = ?', folder)
    this.#database.run('UPDATE item SET uid = -1 WHERE folder = ? AND uid > 0', folder)
    this.#database.run('UPDATE op SET uid_next_before = 0 WHERE destination = ?', folder)
    this.log({ folder, event: 'uidvalidity-changed' })
  }

  enqueueDownload(folder: number, uidValidity: number, row: DownloadRow): void {
    const { uid, flags, size, internalDateMs, messageId, emailId } = row
    this.#database.run(
      INSERT_DLQ,
      ...[
        folder,
        uidValidity,
        uid,
        this.#nextLocalUid(folder),
        flags.bits,
        flags.keywords,
        size,
        internalDateMs,
        messageId ?? null,
        emailId ?? null,
      ],
    )
  }

  /** Takes over the server's flags wherever the message is now. */
  setServerFlags(folder: number, uidValidity: number, uid: number, flags: MessageFlags): void {
    const { bits, keywords } = flags
    for (const queue of ['dlq', 'stage'] as const) {
      const sql = `UPDATE ${queue} SET bits = ?, keywords = ? WHERE folder = ? AND uid_validity = ? AND uid = ?`
      if (this.#database.run(sql, bits, keywords, folder, uidValidity, uid).changes > 0) return
    }
    const row = this.#database.find('SELECT * FROM item WHERE folder = ? AND uid = ? AND uid > 0', folder, uid)
    if (row) this.#setItemFlags(row, flags)
  }

  /** The server no longer has the message. An item stays, hidden, until a whole cycle has shown that it was no move. */
  vanish(folder: number, uidValidity: number, uid: number): void {
    for (const queue of ['dlq', 'stage', 'ignored'] as const) {
      const sql = `DELETE FROM ${queue} WHERE folder = ? AND uid_validity = ? AND uid = ?`
      if (this.#database.run(sql, folder, uidValidity, uid).changes > 0) return
    }
    const sql =
      'UPDATE item SET unlinked = (SELECT cycle FROM meta) WHERE folder = ? AND uid = ? AND uid > 0 AND unlinked IS NULL'
    if (this.#database.run(sql, folder, uid).changes > 0) this.#noteVanished(folder, uid)
  }

  /** Unlinks items that no UID of the new UIDVALIDITY was recognised as. */
  vanishLost(folder: number): void {
    const rows = this.#database.all(
      'SELECT id, local_uid FROM item WHERE folder = ? AND uid = -1 AND unlinked IS NULL',
      folder,
    )
    for (const row of rows) {
      this.#database.run('UPDATE item SET unlinked = (SELECT cycle FROM meta) WHERE id = ?', Number(row.id))
      this.#putVanished(folder, Number(row.local_uid))
    }
  }

  /**
   * Recognises a new UID as an item that the store has already: of this folder under its old UIDVALIDITY, or moved here
   * by another client. EMAILID proves it; else Message-ID, size and date must agree.
   */
  adopt(folder: number, message: DownloadRow): boolean {
    const { emailId, messageId, size, internalDateMs } = message
    const candidate =
      (emailId === undefined
        ? undefined
        : this.#database.find(
            `SELECT * FROM item WHERE email_id = ? AND (folder = ? AND uid = -1 OR unlinked IS NOT NULL) LIMIT 1`,
            emailId,
            folder,
          )) ??
      (messageId === undefined
        ? undefined
        : this.#database.find(
            `SELECT * FROM item WHERE message_id = ? AND size = ? AND internal_date = ?
               AND (folder = ? AND uid = -1 OR unlinked IS NOT NULL) ORDER BY uid LIMIT 1`,
            ...[messageId, size, internalDateMs, folder],
          ))
    if (!candidate) return false
    this.#bind(candidate, folder, message)
    return true
  }

  /** Turns a downloaded message's row into a staged one. False when nobody waits for it any more: its octets are dead. */
  stage(folder: number, uidValidity: number, uid: number, { pack, offset, length }: PackLocation): boolean {
    const key = [folder, uidValidity, uid] as const
    const sql = `DELETE FROM dlq WHERE folder = ? AND uid_validity = ? AND uid = ?
      RETURNING local_uid, bits, keywords, internal_date, email_id, want, attempts`
    const row = this.#database.find(sql, ...key)
    if (!row) return false
    const copied = [
      Number(row.local_uid),
      Number(row.bits),
      String(row.keywords),
      Number(row.internal_date),
      textOrNull(row.email_id),
    ]
    this.#database.run(INSERT_STAGE, ...key, ...copied, String(row.want), Number(row.attempts), pack, offset, length)
    return true
  }

  /** Counts a failure to download; the third puts the message on the ignore list. */
  failDownload(folder: number, uidValidity: number, uid: number, error: string, maxAttempts: number): void {
    const sql = `UPDATE dlq SET attempts = attempts + 1 WHERE folder = ? AND uid_validity = ? AND uid = ? RETURNING attempts`
    const attempts = this.#database.find(sql, folder, uidValidity, uid)?.attempts
    if (typeof attempts !== 'number' || attempts < maxAttempts) return
    this.#database.run('DELETE FROM dlq WHERE folder = ? AND uid_validity = ? AND uid = ?', folder, uidValidity, uid)
    this.#ignore(folder, uidValidity, uid, 'download', error)
  }

  /** Turns a staged message into an item. False when the stage row is gone. */
  importStaged(staged: StagedRow, digest: MessageDigest): boolean {
    const row = this.#database.find('DELETE FROM stage WHERE id = ? RETURNING *', staged.id)
    if (!row) return false
    const { folder, uid, location } = staged
    if (this.#mayHaveUnlinked()) this.#makeRoom(folder, uid)
    const [bits, keywords] = [Number(row.bits), String(row.keywords)]
    const { lastRowId } = this.#database.run(
      INSERT_ITEM,
      ...[folder, uid, Number(row.local_uid), this.modseq, textOrNull(row.email_id), digest.messageId ?? null],
      ...[location.length, Number(row.internal_date), bits, keywords, bits, keywords, 'full'],
      ...[location.pack, location.offset, location.length, digest.sha256],
      ...[digest.subject ?? null, digest.from ?? null, digest.dateMs ?? null],
    )
    this.log({ item: lastRowId, folder, uid, event: 'imported' })
    return true
  }

  /** Adds a message that is only here so far, made by Postern itself. */
  addLocal(folder: number, { pack, offset, length }: PackLocation, digest: MessageDigest): number {
    const { lastRowId } = this.#database.run(
      INSERT_ITEM,
      ...[folder, 0, this.#nextLocalUid(folder), this.modseq, null, digest.messageId ?? null, length, this.#now],
      ...[0, '', 0, '', 'full', pack, offset, length, digest.sha256],
      ...[digest.subject ?? null, digest.from ?? null, digest.dateMs ?? null],
    )
    this.log({ item: lastRowId, folder, event: 'made-locally' })
    return lastRowId
  }

  /** A staged body cannot be read: it is fetched again, or ignored after the third time. */
  failImport(staged: StagedRow, error: string, maxAttempts: number): void {
    const row = this.#database.find('DELETE FROM stage WHERE id = ? RETURNING *', staged.id)
    if (!row) return
    const [folder, uidValidity, uid, attempts] = [
      staged.folder,
      Number(row.uid_validity),
      staged.uid,
      Number(row.attempts) + 1,
    ]
    if (attempts >= maxAttempts) {
      this.#ignore(folder, uidValidity, uid, 'import', error)
      return
    }
    this.#database.run(
      INSERT_DLQ,
      ...[folder, uidValidity, uid, Number(row.local_uid), Number(row.bits), String(row.keywords), Number(row.length)],
      ...[Number(row.internal_date), null, textOrNull(row.email_id)],
    )
    const sql = 'UPDATE dlq SET attempts = ? WHERE folder = ? AND uid_validity = ? AND uid = ?'
    this.#database.run(sql, attempts, folder, uidValidity, uid)
  }

  /** Ends a cycle: what vanished before it and did not turn up elsewhere is deleted, restorable from its tomb. */
  sweep(): number {
    const rows = this.#database.all('SELECT * FROM item WHERE unlinked < (SELECT cycle FROM meta)')
    for (const row of rows) this.#bury(row)
    this.#database.run('UPDATE meta SET cycle = cycle + 1')
    return rows.length
  }

  /** Keeps how the last run ended, for people who ask later. */
  noteRun(error: { readonly code: string; readonly message: string; readonly advice: string } | undefined): void {
    const sql = 'UPDATE meta SET last_sync_at = iif(?, ?, last_sync_at), last_error = ?'
    this.#database.run(
      sql,
      Number(error === undefined),
      this.#now,
      error ? JSON.stringify({ code: error.code, message: error.message, advice: error.advice }) : null,
    )
  }

  setPackEnd(pack: number, octets: number): void {
    const sql = `INSERT INTO pack VALUES(?, ?) ON CONFLICT(id) DO UPDATE SET
      committed_octets = max(committed_octets, excluded.committed_octets)`
    this.#database.run(sql, pack, octets)
  }

  /** Writes what happened into the ledger. */
  log(entry: { item?: number; folder?: number; uid?: number; event: string; detail?: string }): void {
    const { item, folder, uid, event, detail } = entry
    const values = [this.#now, item ?? null, folder ?? null, uid ?? null, event, detail ?? null]
    this.#database.run('INSERT INTO ledger(at, item, folder, uid, event, detail) VALUES(?, ?, ?, ?, ?, ?)', ...values)
  }

  #mayHaveUnlinked(): boolean {
    this.#hasUnlinked ??= this.#database.find('SELECT 1 FROM item WHERE unlinked IS NOT NULL LIMIT 1') !== undefined
    return this.#hasUnlinked
  }

  // A server that takes a deletion back shows the old UID again, while its unlinked item still has it.
  #makeRoom(folder: number, uid: number): void {
    const row = this.#database.find('SELECT * FROM item WHERE folder = ? AND uid = ? AND uid > 0', folder, uid)
    if (row) this.#bury(row)
  }

  #forgetQueues(folder: number): void {
    this.#database.run('DELETE FROM dlq WHERE folder = ?', folder)
    this.#database.run('DELETE FROM stage WHERE folder = ?', folder)
  }

  #setItemFlags(row: Row, remote: MessageFlags): void {
    const base = { bits: Number(row.server_bits), keywords: String(row.server_keywords) }
    const local = { bits: Number(row.local_bits), keywords: String(row.local_keywords) }
    if (equalFlags(base, remote)) return
    const merged = mergeFlags(base, local, remote)
    this.#database.run(
      `UPDATE item SET server_bits = ?, server_keywords = ?, local_bits = ?, local_keywords = ?, modseq = ? WHERE id = ?`,
      ...[remote.bits, remote.keywords, merged.bits, merged.keywords, this.modseq, Number(row.id)],
    )
  }

  #bind(candidate: Row, folder: number, { uid, flags }: DownloadRow): void {
    const [id, from, localUid] = [Number(candidate.id), Number(candidate.folder), Number(candidate.local_uid)]
    const isMove = from !== folder
    if (isMove) this.#putVanished(from, localUid)
    this.#database.run(
      'UPDATE item SET folder = ?, uid = ?, local_uid = ?, unlinked = NULL, modseq = ? WHERE id = ?',
      ...[folder, uid, isMove ? this.#nextLocalUid(folder) : localUid, this.modseq, id],
    )
    if (!isMove) this.#database.run('DELETE FROM vanished WHERE folder = ? AND local_uid = ?', folder, localUid)
    this.#setItemFlags(candidate, flags)
    this.log({ item: id, folder, uid, event: isMove ? 'moved-on-server' : 'recognised' })
  }

  #bury(row: Row): void {
    const uidValidity = this.#database.find('SELECT uid_validity FROM folder WHERE id = ?', Number(row.folder))
    this.#database.run(
      `INSERT INTO tomb(item, folder, uid_validity, uid, message_id, internal_date, bits, keywords, pack, offset, length,
         sha256, deleted_at, deleted_by)
       SELECT id, folder, ?, uid, message_id, internal_date, local_bits, local_keywords, pack, offset, length, sha256, ?,
         'server' FROM item WHERE id = ?`,
      ...[typeof uidValidity?.uid_validity === 'number' ? uidValidity.uid_validity : null, this.#now, Number(row.id)],
    )
    this.#database.run('DELETE FROM item WHERE id = ?', Number(row.id))
    this.log({ item: Number(row.id), folder: Number(row.folder), uid: Number(row.uid), event: 'deleted-on-server' })
  }

  #ignore(folder: number, uidValidity: number, uid: number, stage: 'download' | 'import', error: string): void {
    const sql = 'INSERT INTO ignored VALUES(?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING'
    this.#database.run(sql, folder, uidValidity, uid, stage, error, this.#now)
    this.log({ folder, uid, event: 'ignored', detail: error })
  }

  // Taken by the block: what is left of one when the transaction ends is a gap, which IMAP allows.
  #nextLocalUid(folder: number): number {
    const block = this.#localUids.get(folder)
    if (block && block.next < block.end) return block.next++
    const sql = 'UPDATE folder SET local_uid_next = local_uid_next + ? WHERE id = ? RETURNING local_uid_next AS next'
    const size = block ? MAX_LOCAL_UID_BLOCK : 1
    const end = Number(this.#database.find(sql, size, folder)?.next)
    this.#localUids.set(folder, { next: end - size + 1, end })
    return end - size
  }

  #noteVanished(folder: number, uid: number): void {
    const row = this.#database.find('SELECT local_uid FROM item WHERE folder = ? AND uid = ? AND uid > 0', folder, uid)
    if (row) this.#putVanished(folder, Number(row.local_uid))
  }

  #putVanished(folder: number, localUid: number): void {
    const sql = 'INSERT INTO vanished VALUES(?, ?, ?) ON CONFLICT DO UPDATE SET modseq = excluded.modseq'
    this.#database.run(sql, folder, localUid, this.modseq)
  }
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

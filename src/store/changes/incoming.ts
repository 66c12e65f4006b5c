import { IS_REFUSED, KEPT_THERE } from '../blocked-items.ts'
import type { Row } from '../database.ts'
import type { PackLocation } from '../packs/pack-format.ts'
import { MAX_DOWNLOAD_ATTEMPTS } from '../queries/incoming-queries.ts'
import { textOf } from '../row-values.ts'
import type { BodyPart, DownloadRow, MessageDigest, StagedRow } from '../rows.ts'
import type { TransactionScope } from '../transaction-scope.ts'
import { findVanished, isSameMessage, LOOKED_FOR } from './adoption.ts'
import { BodyChanges } from './body-changes.ts'
import type { Resolution } from './conflicts.ts'
import type { ServerChanges } from './server-changes.ts'

const QUEUED =
  'folder, uid_validity, uid, bits, keywords, size, internal_date, message_id, email_id, want, item, seen_at'
const INSERT_DLQ = `INSERT INTO dlq(${QUEUED}, attempts, max_batch) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT DO NOTHING`
const INSERT_STAGE = `INSERT INTO stage(folder, uid_validity, uid, bits, keywords, internal_date, email_id,
  want, item, size, attempts, seen_at, arrived_at, pack, offset, length)
  VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
/** Adds an item with everything that is known of it. */
export const INSERT_ITEM = `INSERT INTO item(folder, remote_folder, uid, local_uid, modseq, email_id, message_id, size, internal_date,
  server_bits, server_keywords, local_bits, local_keywords, body_state, pack, offset, length, sha256, subject, sender, date, saved_at,
  born) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, (SELECT cycle FROM meta))`
const KEY = 'folder = ? AND uid_validity = ? AND uid = ?'

/** The way of the server's mail into the store: `dlq`, then `stage`, then `item`, or at the third failure `ignored`. */
export class IncomingMail {
  readonly #scope: TransactionScope
  readonly #server: ServerChanges
  #mayRecognise: boolean | undefined
  /** What becomes of bodies whose headers are here. */
  readonly bodies: BodyChanges

  constructor(scope: TransactionScope, server: ServerChanges) {
    this.#scope = scope
    this.#server = server
    this.bodies = new BodyChanges(scope)
  }

  /** Queues a message that the store does not know. */
  enqueue(folder: number, uidValidity: number, row: DownloadRow, want: BodyPart = 'full'): void {
    const { uid, flags, size, internalDateMs, messageId, emailId } = row
    this.#scope.database.run(
      INSERT_DLQ,
      ...[folder, uidValidity, uid, flags.bits, flags.keywords, size, internalDateMs],
      ...[messageId ?? null, emailId ?? null, want, null, this.#scope.now, 0, null],
    )
  }

  /**
   * Turns a downloaded message's row into a staged one. False when nobody waits for it any more, or for another part of
   * it: its octets are dead.
   */
  stage(folder: number, uidValidity: number, uid: number, arrived: PackLocation, part: BodyPart = 'full'): boolean {
    const sql = `DELETE FROM dlq WHERE ${KEY} AND want = ? RETURNING *`
    const row = this.#scope.database.find(sql, folder, uidValidity, uid, part)
    if (!row) return false
    this.#scope.database.run(
      INSERT_STAGE,
      ...[folder, uidValidity, uid, Number(row.bits), String(row.keywords)],
      ...[Number(row.internal_date), textOf(row.email_id) ?? null, part, idOf(row.item), Number(row.size)],
      ...[Number(row.attempts), Number(row.seen_at), this.#scope.now, arrived.pack, arrived.offset, arrived.length],
    )
    return true
  }

  /** Counts a failure to download one message; the third puts it on the ignore list. */
  failDownload(folder: number, uidValidity: number, uid: number, error: string): void {
    const sql = `UPDATE dlq SET attempts = attempts + 1, max_batch = 1 WHERE ${KEY} RETURNING *`
    const row = this.#scope.database.find(sql, folder, uidValidity, uid)
    if (!row) return
    if (this.#isElsewhere(row)) {
      this.#drop('dlq', folder, uidValidity, uid) // PLAN asks for it again, at its new place
      return
    }
    if (Number(row.attempts) < MAX_DOWNLOAD_ATTEMPTS) {
      this.#scope.log({ ...entryOf(row), event: 'download-failed', detail: error })
      return
    }
    this.#drop('dlq', folder, uidValidity, uid)
    this.#ignore(row, 'download', error)
  }

  /** One of these spoiled a FETCH of all: from now on they are asked for in smaller companies. */
  suspect(folder: number, uidValidity: number, uids: Iterable<number>, maxBatch: number): void {
    const sql = `UPDATE dlq SET max_batch = min(coalesce(max_batch, ?1), ?1) WHERE folder = ?2 AND uid_validity = ?3 AND uid = ?4`
    for (const uid of uids) this.#scope.database.run(sql, maxBatch, folder, uidValidity, uid)
  }

  /**
   * Turns a staged message into an item, completes the one whose body it is, or finds out that it is one that vanished
   * elsewhere. False when the stage row is gone.
   */
  import(staged: StagedRow, digest: MessageDigest, resolution: Resolution = 'server'): boolean {
    const row = this.#scope.database.find('DELETE FROM stage WHERE id = ? RETURNING *', staged.id)
    if (!row) return false
    const { folder, uid, location } = staged
    if (row.item !== null) return this.bodies.complete(Number(row.item), location, digest.sha256)
    if (this.#isRecognised(staged, row, digest, resolution)) return true
    const [bits, keywords, isStub] = [Number(row.bits), String(row.keywords), row.want === 'header']
    const { lastRowId } = this.#scope.database.run(
      INSERT_ITEM,
      ...[folder, folder, uid, this.#scope.nextLocalUid(folder), this.#scope.modseq],
      ...[textOf(row.email_id) ?? null, digest.messageId ?? null, isStub ? Number(row.size) : location.length],
      ...[Number(row.internal_date), bits, keywords, bits, keywords, isStub ? 'header' : 'full'],
      ...[location.pack, location.offset, location.length, digest.sha256],
      ...[digest.subject ?? null, digest.from ?? null, digest.dateMs ?? null, this.#scope.now],
    )
    // One entry for three events: how long ago it was seen and downloaded, in ms.
    const { now } = this.#scope
    const detail = `${now - Number(row.seen_at)} ${now - Number(row.arrived_at)}${isStub ? ' header' : ''}`
    this.#scope.log({ item: lastRowId, folder, uid, event: 'imported', detail })
    return true
  }

  /** A staged body cannot be read: it is fetched again, or ignored after the third time. */
  failImport(staged: StagedRow, error: string): void {
    const row = this.#scope.database.find('DELETE FROM stage WHERE id = ? RETURNING *', staged.id)
    if (!row) return
    const failed = { ...row, attempts: Number(row.attempts) + 1 }
    if (failed.attempts >= MAX_DOWNLOAD_ATTEMPTS) {
      this.#ignore(failed, 'import', error)
      return
    }
    this.#scope.database.run(INSERT_DLQ, ...queuedValues(failed), failed.attempts, 1)
    this.#scope.log({ ...entryOf(row), event: 'import-failed', detail: error })
  }

  /** Puts what is on the ignore list, of one folder or all, back into the queues, each to be tried alone. Gives their number. */
  clearIgnored(folder: number | undefined): number {
    const { database } = this.#scope
    const rows = database.all('DELETE FROM ignored WHERE ?1 IS NULL OR folder = ?1 RETURNING *', folder ?? null)
    for (const row of rows) {
      database.run(INSERT_DLQ, ...queuedValues(row), 0, 1)
      this.#scope.log({ ...entryOf(row), event: 'ignored-cleared' })
    }
    const uploads = database.all(
      `UPDATE op SET attempts = 0, lost = 0, next_at = 0, error = NULL WHERE kind = 'append' AND item IS NOT NULL
         AND attempts >= ? AND (?2 IS NULL OR destination = ?2) RETURNING item`,
      ...[MAX_DOWNLOAD_ATTEMPTS, folder ?? null],
    )
    const changes = database.all(
      `UPDATE item SET is_blocked = 0 WHERE ${IS_REFUSED} AND (?1 IS NULL OR remote_folder = ?1) RETURNING id AS item`,
      folder ?? null,
    )
    for (const { item } of [...uploads, ...changes]) {
      this.#scope.log({ item: Number(item), event: 'ignored-cleared' })
    }
    const kept = database.all(
      'UPDATE expunge SET is_marked = 0 WHERE is_marked = ?2 AND (?1 IS NULL OR folder = ?1) RETURNING folder, uid',
      ...[folder ?? null, KEPT_THERE],
    )
    for (const { folder, uid } of kept) {
      this.#scope.log({ folder: Number(folder), uid: Number(uid), event: 'ignored-cleared' })
    }
    return rows.length + uploads.length + changes.length + kept.length
  }

  #ignore(row: Row, stage: 'download' | 'import', error: string): void {
    this.#scope.database.run(
      `INSERT INTO ignored(${QUEUED}, stage, error, since) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT DO NOTHING`,
      ...[...queuedValues(row), stage, error, this.#scope.now],
    )
    this.#scope.log({ ...entryOf(row), event: 'ignored', detail: `${stage}: ${error}` })
  }

  // A body that was asked for under a UID that its item no longer has.
  #isElsewhere({ item, folder, uid }: Row): boolean {
    if (item === null) return false
    const sql = 'SELECT 1 FROM item WHERE id = ? AND remote_folder = ? AND uid = ?'
    return this.#scope.database.find(sql, Number(item), Number(folder), Number(uid)) === undefined
  }

  #drop(queue: 'dlq' | 'stage', folder: number, uidValidity: number, uid: number): void {
    this.#scope.database.run(`DELETE FROM ${queue} WHERE ${KEY}`, folder, uidValidity, uid)
  }

  #isRecognised({ folder, uid }: StagedRow, row: Row, digest: MessageDigest, resolution: Resolution): boolean {
    const { database } = this.#scope
    this.#mayRecognise ??= database.find(`${LOOKED_FOR} LIMIT 1`) !== undefined
    if (!this.#mayRecognise) return false
    const size = Number(row.want === 'header' ? row.size : row.length)
    const facts = { emailId: textOf(row.email_id), messageId: digest.messageId, size }
    const arrived = { body_state: row.want, sha256: digest.sha256, ...rowOf(digest) }
    const found = findVanished(database, folder, { ...facts, internalDateMs: Number(row.internal_date) }, item =>
      isSameMessage(item, arrived),
    )
    const holder = database.find('SELECT * FROM item WHERE remote_folder = ? AND uid = ? AND uid > 0', folder, uid)
    // A server that takes a deletion back shows the old UID again, while its unlinked item still has it.
    if (holder && holder.id !== found?.id) this.#server.giveUp(holder)
    if (!found) return false
    const flags = { bits: Number(row.bits), keywords: String(row.keywords) }
    this.#server.bind(found, folder, { uid, flags }, resolution)
    return true
  }
}

function rowOf({ subject, from, dateMs }: MessageDigest) {
  return { subject: subject ?? null, sender: from ?? null, date: dateMs ?? null }
}

// Of `dlq`, `stage` or `ignored`: what another attempt needs. A staged row has no Message-ID any more: import reads it again.
function queuedValues(row: Row) {
  return [
    ...[Number(row.folder), Number(row.uid_validity), Number(row.uid)],
    ...[Number(row.bits), String(row.keywords), Number(row.size), Number(row.internal_date)],
    ...[textOf(row.message_id) ?? null, textOf(row.email_id) ?? null, String(row.want), idOf(row.item)],
    Number(row.seen_at),
  ]
}

function entryOf({ folder, uid, item }: Row) {
  return { folder: Number(folder), uid: Number(uid), ...(item === null ? {} : { item: Number(item) }) }
}

function idOf(item: unknown): number | null {
  return typeof item === 'number' ? item : null
}

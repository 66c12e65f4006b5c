import { createHash } from 'node:crypto'
import type { Row } from '../database.ts'
import { blobOf, octetsOf, type PendingObject, pendingObject } from '../queries/object-reader.ts'
import type { TransactionScope } from '../transaction-scope.ts'
import { ObjectQueue, waitAfter } from './object-queue.ts'

/** A version of the server, as it was read. */
export interface ServerVersion {
  readonly href: string
  readonly etag: string
  readonly octets: Buffer
}

/** Who wins when both sides changed an object. */
export type Winner = 'server' | 'client'

/** Changes objects, as part of a transaction. */
export class ObjectChanges {
  /** What is to be read from the server. */
  readonly queue: ObjectQueue
  readonly #scope: TransactionScope

  constructor(scope: TransactionScope) {
    this.queue = new ObjectQueue(scope)
    this.#scope = scope
  }

  setToken(folder: number, token: string | undefined): void {
    this.#run('UPDATE folder SET cursor = ? WHERE id = ?', token ?? null, folder)
  }

  /** Makes an object under a name that nobody else has chosen. */
  create(folder: number, href: string, octets: Buffer): number {
    const sql = `INSERT INTO object(folder, href, octets, sha256, local_revision, modseq) VALUES(?, ?, ?, ?, 1, ?)`
    return this.#run(sql, folder, href, octets, hashOf(octets), this.#scope.modseq).lastRowId
  }

  /** Changes an object's content. */
  edit(id: number, octets: Buffer): void {
    const sql = `UPDATE object SET octets = ?, sha256 = ?, local_revision = local_revision + 1, next_at = 0, modseq = ?
      WHERE id = ?`
    this.#run(sql, octets, hashOf(octets), this.#scope.modseq, id)
  }

  delete(id: number): void {
    this.#run('UPDATE object SET is_gone = 1, next_at = 0, modseq = ? WHERE id = ?', this.#scope.modseq, id)
  }

  /** The server has another version: it is read. */
  changedOnServer(folder: number, { href, etag }: { readonly href: string; readonly etag: string }): void {
    if (this.#find(folder, href)?.etag === etag) return
    this.queue.add(folder, href, etag)
  }

  /** The server has it no longer. What was changed here meanwhile is kept, or is made again. */
  removedOnServer(folder: number, href: string, winner: Winner): void {
    this.queue.remove(folder, href)
    const row = this.#find(folder, href)
    if (!row) return
    const isDirty = row.is_gone === 0 && row.local_revision !== row.synced_revision
    if (isDirty && row.etag === null) return // made here and not told yet
    if (isDirty && winner === 'client') {
      this.#run('UPDATE object SET etag = NULL, sent_sha256 = NULL WHERE id = ?', Number(row.id))
      return
    }
    if (isDirty) {
      this.#keepLoser(row, 'local', octetsOf(row), 'deleted on the server, changed here')
      this.#remove(row, 'deleted-on-server')
    } else this.#bury(row, row.is_gone === 1 ? 'local' : 'server')
  }

  /** The user wants back on the server what that has no longer. */
  keepOnServer(folder: number, href: string): void {
    const sql = `UPDATE object SET etag = NULL, sent_sha256 = NULL, local_revision = local_revision + 1, next_at = 0
      WHERE folder = ? AND href = ?`
    this.#run(sql, folder, href)
  }

  /** Takes deletions back that the server was not told of. */
  restoreDoomed(folder: number): void {
    const sql = `UPDATE object SET is_gone = 0, local_revision = local_revision + 1, next_at = 0, modseq = ?
      WHERE folder = ? AND is_gone`
    this.#run(sql, this.#scope.modseq, folder)
  }

  /** The server lets nobody change this: its version counts again, and is read where there is one. */
  revert(id: number): void {
    const row = this.#scope.database.find('SELECT * FROM object WHERE id = ?', id)
    if (!row) return
    if (row.is_gone === 0) this.#keepLoser(row, 'local', octetsOf(row), 'changed where the server takes no changes')
    this.#remove(row, 'reverted')
    if (row.etag !== null || row.sent_sha256 !== null) this.queue.add(Number(row.folder), String(row.href))
  }

  /** The collection is gone on the server, with all that was in it. What the server never had is kept. */
  loseAll(folder: number): void {
    this.#run('DELETE FROM object_queue WHERE folder = ?', folder)
    for (const row of this.#scope.database.all('SELECT * FROM object WHERE folder = ?', folder)) {
      const isDirty = row.is_gone === 0 && row.local_revision !== row.synced_revision
      if (isDirty) this.#keepLoser(row, 'local', octetsOf(row), 'its calendar was deleted on the server')
      if (isDirty) this.#remove(row, 'deleted-on-server')
      else this.#bury(row, row.is_gone === 1 ? 'local' : 'server')
    }
  }

  /** Tries refused changes, and what could not be read, again at the next opportunity. Gives their number. */
  retry(folder: number | undefined): number {
    const sql =
      'UPDATE object SET attempts = 0, next_at = 0, error = NULL WHERE attempts > 0 AND (?1 IS NULL OR folder = ?1)'
    return this.#run(sql, folder ?? null).changes + this.queue.retry(folder)
  }

  /** The server's version was read. */
  fetched(folder: number, version: ServerVersion, winner: Winner): void {
    const { href, etag, octets } = version
    const row = this.#find(folder, href)
    const sha = hashOf(octets)
    if (!row) {
      const sql = `INSERT INTO object(folder, href, etag, octets, sha256, modseq) VALUES(?, ?, ?, ?, ?, ?)`
      this.#run(sql, folder, href, etag, octets, sha, this.#scope.modseq)
    } else if (row.etag !== etag) {
      const isClean = row.is_gone === 0 && row.local_revision === row.synced_revision
      if (isClean) this.#take(row, version)
      else if (row.is_gone === 0 && sha.equals(blobOf(row.sha256))) this.#confirm(row, etag, Number(row.local_revision))
      // Our own version, whose answer was lost; what was changed since then is still to be told.
      else if (sha.equals(blobOf(row.sent_sha256))) this.#confirm(row, etag, Number(row.sent_revision))
      else this.#resolve(row, version, winner)
    }
  }

  #resolve(row: Row, version: ServerVersion, winner: Winner): void {
    const isGone = row.is_gone === 1
    if (winner === 'client') {
      const reason = isGone ? 'changed on the server, deleted here' : 'changed on both sides'
      this.#keepLoser(row, 'server', version.octets, reason)
      this.#run('UPDATE object SET etag = ?, sent_sha256 = NULL WHERE id = ?', version.etag, Number(row.id))
      return
    }
    if (!isGone) this.#keepLoser(row, 'local', octetsOf(row), 'changed on both sides')
    this.#take(row, version)
  }

  /** Before anything is sent. Gives what is to be sent now, or undefined when there is nothing any more. */
  sending(id: number): PendingObject | undefined {
    const row = this.#scope.database.find('SELECT * FROM object WHERE id = ?', id)
    if (!row) return undefined
    if (row.is_gone === 1) {
      if (row.etag !== null || row.sent_sha256 !== null) return pendingObject(row)
      this.#bury(row, 'local')
      return undefined
    }
    this.#run('UPDATE object SET sent_sha256 = sha256, sent_revision = local_revision WHERE id = ?', id)
    return pendingObject(row)
  }

  /** The server's answer. Without an ETag the server may have changed it: it is read again. */
  sent(
    { id, isGone, revision }: PendingObject,
    outcome: { readonly kind: 'done'; readonly etag: string | undefined } | { readonly kind: 'conflict' },
  ): void {
    const row = this.#scope.database.find('SELECT * FROM object WHERE id = ?', id)
    if (!row) return
    if (outcome.kind === 'conflict') this.queue.add(Number(row.folder), String(row.href))
    else if (isGone) this.#bury(row, 'local')
    else if (outcome.etag === undefined) this.queue.add(Number(row.folder), String(row.href))
    else this.#confirm(row, outcome.etag, revision)
  }

  /** The server does not take the change; it is tried again later. */
  refused(id: number, error: string): void {
    const attempts = Number(this.#scope.database.find('SELECT attempts FROM object WHERE id = ?', id)?.attempts ?? 0)
    const sql = 'UPDATE object SET attempts = attempts + 1, next_at = ?, error = ? WHERE id = ?'
    this.#run(sql, this.#scope.now + waitAfter(attempts), error, id)
    this.#scope.log({ event: 'object-refused', detail: error })
  }

  /** Lets go of a version that lost; false when there is none. */
  discardLoser(id: number): boolean {
    return this.#run('DELETE FROM object_conflict WHERE id = ?', id).changes > 0
  }

  #take(row: Row, { etag, octets }: ServerVersion): void {
    const sql = `UPDATE object SET etag = ?, octets = ?, sha256 = ?, synced_revision = local_revision, is_gone = 0,
      sent_sha256 = NULL, attempts = 0, error = NULL, modseq = ? WHERE id = ?`
    this.#run(sql, etag, octets, hashOf(octets), this.#scope.modseq, Number(row.id))
  }

  #confirm(row: Row, etag: string, revision: number): void {
    const sql = `UPDATE object SET etag = ?, synced_revision = ?, sent_sha256 = NULL, attempts = 0, error = NULL WHERE id = ?`
    this.#run(sql, etag, revision, Number(row.id))
  }

  #keepLoser(row: Row, side: 'local' | 'server', octets: Buffer, reason: string): void {
    const sql =
      'INSERT INTO object_conflict(folder, object, href, side, octets, reason, at) VALUES(?, ?, ?, ?, ?, ?, ?)'
    this.#run(sql, Number(row.folder), Number(row.id), String(row.href), side, octets, reason, this.#scope.now)
    this.#scope.log({ folder: Number(row.folder), event: 'object-conflict', detail: `${String(row.href)}: ${reason}` })
  }

  /** Deletes an object here alone; it can be restored, under another name where that is given. */
  bury(id: number, by: 'local' | 'server', href?: string): void {
    const row = this.#scope.database.find('SELECT * FROM object WHERE id = ?', id)
    if (row) this.#bury(href === undefined ? row : { ...row, href }, by)
  }

  /** Turns an object into a tomb, from which it can be restored. */
  #bury(row: Row, by: 'local' | 'server'): void {
    const sql = 'INSERT INTO object_tomb(object, folder, href, octets, deleted_at, deleted_by) VALUES(?, ?, ?, ?, ?, ?)'
    this.#run(sql, Number(row.id), Number(row.folder), String(row.href), octetsOf(row), this.#scope.now, by)
    this.#remove(row, by === 'local' ? 'deleted' : 'deleted-on-server')
  }

  #remove(row: Row, event: string): void {
    this.#run('DELETE FROM object WHERE id = ?', Number(row.id))
    this.#scope.log({ folder: Number(row.folder), event: `object-${event}`, detail: String(row.href) })
  }

  #find(folder: number, href: string): Row | undefined {
    return this.#scope.database.find('SELECT * FROM object WHERE folder = ? AND href = ?', folder, href)
  }

  #run(sql: string, ...values: (string | number | Buffer | null)[]) {
    return this.#scope.database.run(sql, ...values)
  }
}

function hashOf(octets: Buffer): Buffer {
  return createHash('sha256').update(octets).digest()
}

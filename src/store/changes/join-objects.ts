import { randomUUID } from 'node:crypto'
import { extname } from 'node:path'
import type { Row } from '../database.ts'
import { textOf } from '../row-values.ts'
import type { TransactionScope } from '../transaction-scope.ts'
import type { ObjectChanges } from './objects.ts'

const UNREAD = 'to be read' // no server gives such an ETag: they are in quotes

/**
 * What has become of an object that is here and in the account:
 * - `before`: it is there as it was known; what was changed here is told as ever.
 * - `same`: it says the same. `ours`: it is what was sent last, whose answer was lost.
 * - `newer`: only the account's was changed since; it is taken.
 * - `differs`: nobody knows which one is newer; the setting decides, and the other one is kept.
 * - `back`: it was deleted here, and is not there as it was: the account's is shown again.
 */
export type JoinedKind = 'before' | 'same' | 'ours' | 'newer' | 'differs' | 'back'

/** What is known then of what was told. */
const TOLD: Readonly<Record<Exclude<JoinedKind, 'back'>, string>> = {
  before: '',
  same: ', synced_revision = ?, sent_sha256 = NULL',
  ours: ', synced_revision = sent_revision, sent_sha256 = NULL',
  newer: ', synced_revision = ?, sent_sha256 = NULL',
  differs: '',
}

/** An object that is here and in the account. */
export interface JoinedObject {
  readonly kind: JoinedKind
  readonly object: number
  /** The version that was compared. */
  readonly revision: number
  readonly href: string
  readonly etag: string
}

/** What was found out of a collection. */
export interface JoinedCollection {
  readonly folder: number
  /** Of which account it is now. */
  readonly account: string
  readonly token: string | undefined
  readonly objects: readonly JoinedObject[]
  /** What the account alone has. */
  readonly others: readonly { readonly href: string; readonly etag: string }[]
}

/** Joins the objects of a collection with those that an account has, as part of a transaction. */
export class JoinObjects {
  readonly #scope: TransactionScope
  readonly #objects: ObjectChanges

  constructor(scope: TransactionScope, objects: ObjectChanges) {
    this.#scope = scope
    this.#objects = objects
  }

  /** Takes over, in one step, what was found out. What the account lacks is to be told to it; nothing of it is deleted. */
  take({ folder, account, token, objects, others }: JoinedCollection): void {
    const { database } = this.#scope
    database.run('DELETE FROM object_queue WHERE folder = ?', folder)
    const found = new Map(objects.map(joined => [joined.object, joined]))
    const rows = database.all('SELECT id, href, is_gone FROM object WHERE folder = ? ORDER BY id', folder)
    // All at once: a name that is given below may still be another object's.
    database.run(
      `UPDATE object SET href = 'joining ' || id, attempts = 0, next_at = 0, error = NULL WHERE folder = ?`,
      folder,
    )
    const names = new FreeNames(database.find('SELECT href, kind FROM folder WHERE id = ?', folder), [
      ...objects,
      ...others,
    ])
    for (const row of rows) {
      const joined = found.get(Number(row.id))
      found.delete(Number(row.id))
      if (joined) this.#meet(folder, joined, row)
      else if (row.is_gone === 1) this.#bury(row)
      else this.#tellLater(Number(row.id), names.take(String(row.href)))
    }
    for (const { href, etag } of [...others, ...found.values()]) this.#objects.queue.add(folder, href, etag)
    const sql = 'UPDATE folder SET cursor = ?, joining = NULL, known_of = ?, error = NULL WHERE id = ?'
    database.run(sql, token ?? null, account, folder)
    const same = objects.filter(({ kind }) => kind !== 'back').length
    this.#scope.log({ folder, event: 'collection-joined', detail: `${same} in both, ${others.length} there alone` })
  }

  #meet(folder: number, { kind: seen, object, revision, href, etag }: JoinedObject, row: Row): void {
    const { database } = this.#scope
    if (seen === 'back' && row.is_gone === 1) {
      this.#bury(row)
      this.#objects.queue.add(folder, href, etag)
      return
    }
    const kind = seen === 'back' ? 'differs' : seen // it was brought back meanwhile
    const isRead = kind === 'newer' || kind === 'differs'
    database.run(
      `UPDATE object SET href = ?, etag = ?${TOLD[kind]} WHERE id = ?`,
      ...[href, isRead ? UNREAD : etag, ...(kind === 'same' || kind === 'newer' ? [revision] : []), object],
    )
    // A change of its own, or the version that is read would simply replace it.
    if (kind === 'differs') this.#makeDirty(object)
    if (isRead) this.#objects.queue.add(folder, href, etag)
  }

  #tellLater(id: number, href: string): void {
    this.#scope.database.run('UPDATE object SET href = ?, etag = NULL, sent_sha256 = NULL WHERE id = ?', href, id)
    this.#makeDirty(id)
  }

  #makeDirty(id: number): void {
    const sql =
      'UPDATE object SET local_revision = local_revision + 1 WHERE id = ? AND local_revision = synced_revision'
    this.#scope.database.run(sql, id)
  }

  #bury({ id, href }: Row): void {
    this.#objects.bury(Number(id), 'local', String(href))
  }
}

/** Names in a collection's place that nothing has. */
class FreeNames {
  readonly #place: string
  readonly #extension: string
  readonly #taken: Set<string>

  constructor(folder: Row | undefined, taken: readonly { readonly href: string }[]) {
    this.#place = textOf(folder?.href) ?? ''
    this.#extension = folder?.kind === 'contacts' ? '.vcf' : '.ics'
    this.#taken = new Set(taken.map(({ href }) => href))
  }

  /** Takes one: that of before where possible. */
  take(before: string): string {
    const wanted = `${this.#place}${before.replace(/^.*\//, '')}`
    const isFit = extname(wanted) === this.#extension && !this.#taken.has(wanted)
    const href = isFit ? wanted : `${this.#place}${randomUUID()}${this.#extension}`
    this.#taken.add(href)
    return href
  }
}

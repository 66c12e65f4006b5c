import { randomUUID } from 'node:crypto'
import { extname, posix } from 'node:path'
import { PosternError } from '../../errors.ts'
import type { Row } from '../database.ts'
import type { StoreErrorCode } from '../errors.ts'
import { octetsOf } from '../queries/object-reader.ts'
import { textOf } from '../row-values.ts'
import type { TransactionScope } from '../transaction-scope.ts'
import type { ObjectChanges } from './objects.ts'
import { TOMB_DAYS } from './purge.ts'
import { noSuchConflict } from './undo.ts'

/** Brings objects back: deleted ones, and versions that lost a conflict. They are told to the server like new ones. */
export class ObjectUndo {
  readonly #scope: TransactionScope
  readonly #objects: ObjectChanges

  constructor(scope: TransactionScope, objects: ObjectChanges) {
    this.#scope = scope
    this.#objects = objects
  }

  /**
   * Brings a deleted object back under its number: into its collection, or another one of the same kind when that is gone.
   *
   * @throws {PosternError} STORE_NO_SUCH_ITEM, STORE_NO_SUCH_FOLDER
   */
  restore(id: number): void {
    const { database, modseq } = this.#scope
    // The server may have been told already, and the answer was lost: it counts as a change, which is told again.
    const sql = `UPDATE object SET is_gone = 0, local_revision = local_revision + 1, next_at = 0, modseq = ?
      WHERE id = ? AND is_gone = 1`
    if (database.run(sql, modseq, id).changes > 0) return
    const tomb = database.find('SELECT * FROM object_tomb WHERE object = ? ORDER BY id DESC LIMIT 1', id)
    if (!tomb) throw notDeleted(id)
    this.#makeAgain(tomb, this.#homeOf(tomb), id)
  }

  /**
   * Makes a version that lost the object's version again, or an object again where there is none. Gives the object.
   *
   * @throws {PosternError} STORE_NO_SUCH_CONFLICT, STORE_NO_SUCH_FOLDER
   */
  restoreLoser(loser: number, folder?: number): number {
    const { database } = this.#scope
    const kept = database.find('SELECT * FROM object_conflict WHERE id = ?', loser)
    if (!kept) throw noSuchConflict(`o${loser}`)
    const live = database.find('SELECT id, is_gone FROM object WHERE id = ?', Number(kept.object))
    const id = Number(kept.object)
    this.#objects.discardLoser(loser)
    if (!live || folder !== undefined) {
      return this.#makeAgain(kept, folder ?? this.#homeOf(kept), live ? undefined : id)
    }
    if (live.is_gone === 1) this.restore(id)
    this.#objects.edit(id, octetsOf(kept))
    return id
  }

  /** A person has looked at a version that lost. */
  see(loser: number): void {
    this.#scope.database.run('UPDATE object_conflict SET is_seen = 1 WHERE id = ?', loser)
  }

  // Under `id`, its number of before, where nothing has that any more.
  #makeAgain(kept: Row, folder: number, id?: number): number {
    const made = this.#objects.create(folder, this.#freeHref(kept, folder), octetsOf(kept))
    if (id !== undefined) {
      this.#scope.database.run('UPDATE object SET id = ? WHERE id = ?', id, made)
      this.#scope.database.run('DELETE FROM object_tomb WHERE object = ?', id)
    }
    this.#scope.log({ folder, event: 'object-restored', detail: String(kept.href) })
    return id ?? made
  }

  // A collection may have got another place since, in another account.
  #freeHref(kept: Row, folder: number): string {
    const { database } = this.#scope
    const href = String(kept.href)
    const place = textOf(database.find('SELECT href FROM folder WHERE id = ?', folder)?.href) ?? ''
    const isTaken = database.find('SELECT 1 FROM object WHERE folder = ? AND href = ?', folder, href) !== undefined
    const isInside = href === `${place}${posix.basename(href)}`
    return !isTaken && kept.folder === folder && isInside ? href : `${place}${randomUUID()}${extname(href)}`
  }

  #homeOf({ folder }: Row): number {
    const sql = `SELECT other.id FROM folder JOIN folder AS other ON other.kind = folder.kind AND other.state <> 'gone'
      AND other.is_read_only IS NOT 1 WHERE folder.id = ?1 ORDER BY other.id <> ?1, other.id LIMIT 1`
    const home = this.#scope.database.find(sql, Number(folder))
    if (home) return Number(home.id)
    throw new PosternError<StoreErrorCode>(
      'STORE_NO_SUCH_FOLDER',
      'The folder that it was in is gone, and there is none like it.',
      {
        remedy: 'user',
        advice: 'Make a calendar or an address book with the server’s own tools, run `postern sync`, and try again.',
      },
    )
  }
}

function notDeleted(id: number): PosternError {
  return new PosternError<StoreErrorCode>('STORE_NO_SUCH_ITEM', `No deleted item has the id o${id}.`, {
    remedy: 'user',
    advice: `Only what was deleted in the last ${TOMB_DAYS} days can be restored: see postern item list --deleted.`,
  })
}

import { SET_ASIDE } from '../gone-folders.ts'
import type { FolderKind, FolderRow } from '../rows.ts'
import type { TransactionScope } from '../transaction-scope.ts'
import { notHeld } from './held-folders.ts'
import type { ObjectChanges } from './objects.ts'

/** A calendar or an address book of the server, as far as the store keeps it. */
export interface CollectionFacts {
  readonly kind: Exclude<FolderKind, 'mail' | 'file'>
  /** Together with whether it holds contacts: what it is known by. */
  readonly href: string
  /** A name that no other folder has. */
  readonly path: string
  readonly components: readonly string[]
  readonly isReadOnly: boolean
}

/** A collection, and its place in the account. */
export interface CollectionPlace {
  readonly id: number
  /** Undefined when the account has none. */
  readonly href: string | undefined
}

/** Takes over the server's list of calendars and address books, as part of a transaction. */
export class CollectionFolders {
  readonly #scope: TransactionScope
  readonly #objects: ObjectChanges

  constructor(scope: TransactionScope, objects: ObjectChanges) {
    this.#scope = scope
    this.#objects = objects
  }

  /** From now on collections are those of this account. Those of another one are joined with it before anything is believed. */
  belongTo(account: string): void {
    const { database } = this.#scope
    const before = database.find('SELECT collections_of FROM meta')?.collections_of
    database.run('UPDATE meta SET collections_of = ?', account)
    if (before === null) return
    this.doubt()
    this.#scope.log({ event: 'collections-of-another-account' })
  }

  /** From now on nothing is believed that is known of a server, and nothing is told to one, until all was compared. */
  doubt(): void {
    const { database } = this.#scope
    database.run('DELETE FROM object_queue')
    database.run(
      `UPDATE folder SET joining = 'place', cursor = NULL, consent = NULL, error = NULL, state = iif(state = 'paused', 'ok', state)
         WHERE kind NOT IN('mail', 'file') AND state <> 'gone'`,
    )
  }

  /** Gives collections that wait for it their places in the account, where their objects are compared. */
  place(places: readonly CollectionPlace[]): void {
    const { database } = this.#scope
    // All at once: a place that is given below may still be another collection's.
    for (const { id } of places) database.run('UPDATE folder SET href = NULL WHERE id = ?', id)
    for (const { id, href } of places) {
      if (href === undefined) continue
      const ofGone = `UPDATE folder SET href = NULL WHERE href = ?1 AND state = 'gone'
        AND (kind = 'contacts') = (SELECT kind = 'contacts' FROM folder WHERE id = ?2)`
      database.run(ofGone, href, id)
      database.run(`UPDATE folder SET href = ?, joining = 'compare', error = NULL WHERE id = ?`, href, id)
    }
  }

  /** The account has not the place any more that a collection was given: it is to be found or made again. */
  displace(id: number): void {
    this.#scope.database.run(`UPDATE folder SET joining = 'place', href = NULL WHERE id = ?`, id)
  }

  /** Adds a collection, or updates what the server says of it. */
  put({ kind, href, path, components, isReadOnly }: CollectionFacts): void {
    const { database } = this.#scope
    database.run(`UPDATE folder SET path = ${SET_ASIDE} WHERE path = ? AND state = 'gone'`, path)
    const facts = [kind, path, components.join(' '), Number(isReadOnly)]
    const update = `UPDATE folder SET kind = ?1, path = ?2, components = ?3, is_read_only = ?4,
        known_of = iif(state = 'gone', (SELECT collections_of FROM meta), known_of), state = iif(state = 'gone', 'ok', state)
      WHERE (kind = 'contacts') = (?1 = 'contacts') AND href = ?5`
    if (database.run(update, ...facts, href).changes > 0) return
    const insert = `INSERT INTO folder(kind, path, components, is_read_only, href, is_selectable, is_excluded, state,
      local_uid_validity, local_uid_next, known_of)
      VALUES(?, ?, ?, ?, ?, 1, 0, 'ok', ?, 1, (SELECT collections_of FROM meta))`
    database.run(insert, ...facts, href, Math.trunc(this.#scope.now / 1000))
    this.#scope.log({ event: 'folder-created', detail: path })
  }

  /** The server has it no longer: what was in it can be restored into another one. */
  lose(id: number): void {
    this.#objects.loseAll(id)
    const sql = `UPDATE folder SET state = 'gone', cursor = NULL, consent = NULL, error = NULL, joining = NULL, path = ${SET_ASIDE} WHERE id = ?`
    this.#scope.database.run(sql, id)
    this.#scope.log({ folder: id, event: 'folder-gone' })
  }

  /** The user's word counts for what vanished when it was given, not for ever. */
  endConsent(id: number): void {
    this.#scope.database.run('UPDATE folder SET consent = NULL WHERE id = ?', id)
  }

  /**
   * Lets a held collection go on: what vanished on one side is deleted on the other, or is to be put there again. Without a
   * word it is looked at anew.
   *
   * @throws {PosternError} STORE_FOLDER_NOT_HELD
   */
  resume({ id, path, state }: FolderRow, consent: 'accept' | 'restore' | undefined): void {
    if (state !== 'paused') throw notHeld(path)
    const sql = `UPDATE folder SET state = 'ok', error = NULL, consent = ?, cursor = NULL WHERE id = ?`
    this.#scope.database.run(sql, consent ?? null, id)
    if (consent === 'restore') this.#objects.restoreDoomed(id)
    this.#scope.log({ folder: id, event: 'resumed', detail: consent ?? '' })
  }
}

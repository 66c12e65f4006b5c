import { PosternError } from '../../errors.ts'
import type { Row } from '../database.ts'
import type { StoreErrorCode } from '../errors.ts'
import { SET_ASIDE } from '../gone-folders.ts'
import { textOf } from '../row-values.ts'
import { isCollection } from '../rows.ts'
import type { TransactionScope } from '../transaction-scope.ts'
import type { DeletedFolders } from './deleted-folders.ts'

/** A folder that was gone lets go of a role that it was given, or that another one has by now. */
const HAS_LOST_ROLE = `(folder.role = folder.given_role OR EXISTS(
  SELECT 1 FROM folder AS other WHERE other.role = folder.role AND other.id <> folder.id AND other.state <> 'gone'))`

/** A change of a folder that the server does not make. */
export interface RefusedFolderChange {
  readonly seq: number
  readonly kind: 'create' | 'rename' | 'delete'
  readonly path: string
  readonly newPath: string | undefined
}

/** How far a folder was read, as its columns say. */
interface SeenFolder {
  readonly uidNext: number | null
  readonly uidValidity: number | null
}

/** What the user does to folders: seen at once, told to the server before anything else in the next cycle. */
export class FolderChanges {
  readonly #scope: TransactionScope
  readonly #deleted: DeletedFolders

  constructor(scope: TransactionScope, deleted: DeletedFolders) {
    this.#scope = scope
    this.#deleted = deleted
  }

  /**
   * Adds a folder, for a use of mail programs (RFC 6154) where one is given, and gives its id.
   *
   * @throws {PosternError} STORE_FOLDER_EXISTS, STORE_FOLDER_REFUSED, STORE_FOLDER_ROLE_TAKEN
   */
  create(path: string, role?: string): number {
    this.#assertFree(path)
    this.#assertRoomFor(path)
    const database = this.#scope.database
    const known = database.find('SELECT delimiter FROM folder WHERE delimiter IS NOT NULL LIMIT 1')
    database.run(
      `INSERT INTO folder(kind, path, delimiter, is_selectable, is_excluded, state, local_uid_validity, local_uid_next)
         VALUES('mail', ?, ?, 1, 0, 'ok', ?, 1)
       ON CONFLICT(path) DO UPDATE SET state = 'ok', is_selectable = 1, given_role = NULL,
         role = iif(${HAS_LOST_ROLE}, NULL, role), is_excluded = iif(${HAS_LOST_ROLE}, 0, is_excluded)`,
      ...[path, textOf(known?.delimiter) ?? null, Math.trunc(this.#scope.now / 1000)],
    )
    const id = Number(database.find('SELECT id FROM folder WHERE path = ?', path)?.id)
    if (role !== undefined) this.#giveRole(id, role)
    this.#queue('create', path, null)
    this.#scope.log({ folder: id, event: 'folder-created', detail: path })
    return id
  }

  #giveRole(id: number, role: string): void {
    const { database } = this.#scope
    const holder = database.find(`SELECT path FROM folder WHERE role = ? AND id <> ? AND state <> 'gone'`, role, id)
    if (holder) throw roleTaken(role, String(holder.path))
    // As the list of folders does with what the server has: Drafts are never synchronized.
    const sql = `UPDATE folder SET role = ?1, given_role = ?1, is_excluded = ?1 = 'drafts' WHERE id = ?2`
    database.run(sql, role, id)
  }

  /** Takes from a folder the use that it was made for: another one is that on the server. */
  yieldRole(id: number): void {
    this.#scope.database.run('UPDATE folder SET role = NULL, is_excluded = 0 WHERE id = ?', id)
  }

  /** Whether mail programs list it; the server is not told. */
  subscribe(id: number, isSubscribed: boolean): void {
    this.#scope.database.run('UPDATE folder SET is_unsubscribed = ? WHERE id = ?', Number(!isSubscribed), id)
  }

  /** Has a folder made again that the server no longer has. */
  revive(id: number): void {
    const sql = `UPDATE folder SET state = 'ok' WHERE id = ? AND state = 'gone' RETURNING path`
    const row = this.#scope.database.find(sql, id)
    if (row) this.#queue('create', String(row.path), null)
  }

  /** Renames a folder and those below it. */
  rename(path: string, newPath: string): void {
    const folder = this.#find(path)
    this.#assertOrdinary(folder, 'renamed')
    this.#assertFree(newPath)
    this.#assertRoomFor(newPath)
    if (isBelow(newPath, path, folder.delimiter)) {
      throw refused(`${JSON.stringify(path)} cannot be moved into itself.`, 'Choose a name outside of it.')
    }
    const taken = this.#takenBelow(path, newPath)
    if (taken !== undefined) throw exists(taken)
    this.renamePaths(path, newPath)
    this.#queue('rename', path, newPath)
    this.#scope.log({ folder: Number(folder.id), event: 'folder-renamed', detail: `${path} to ${newPath}` })
  }

  /** Deletes a folder without folders below it; its items stay restorable. */
  delete(path: string): number {
    const folder = this.#find(path)
    this.#assertOrdinary(folder, 'deleted')
    const below = this.#below(path).length
    if (below > 0) {
      throw refused(`${JSON.stringify(path)} has ${below} folders below it.`, 'Delete or move those first.')
    }
    const id = Number(folder.id)
    this.#assertNoBodyLeft(id)
    const rows = this.#scope.database.all('SELECT * FROM item WHERE folder = ?', id)
    for (const row of rows) {
      // Moved in here, and the server does not know yet: it is deleted where the server has it.
      if (typeof row.remote_folder === 'number' && row.remote_folder !== id && Number(row.uid) > 0) {
        this.#scope.expungeLater(row.remote_folder, Number(row.uid))
      }
      this.#scope.bury(row, 'local')
    }
    this.#deleted.appendMovedOut(folder)
    const uidNext = this.#lastSeenUidNext(folder)
    for (const queue of ['dlq', 'stage', 'ignored'] as const) {
      this.#scope.database.run(`DELETE FROM ${queue} WHERE folder = ?`, id)
    }
    this.#queue('delete', path, null, { uidNext, uidValidity: folder.uid_validity as number | null })
    const sql = `UPDATE folder SET state = 'gone', uid_validity = NULL, uid_next = NULL, cursor = NULL WHERE id = ?`
    this.#scope.database.run(sql, id)
    this.#scope.log({ folder: id, event: 'folder-deleted', detail: path })
    return rows.length
  }

  /**
   * The server refuses a change for good: it is undone here. What was put into a folder that cannot be goes to the Inbox.
   * Gives a folder that cannot have its old name again: under its new one the server has another folder.
   */
  giveUp({ seq, kind, path, newPath }: RefusedFolderChange): number | undefined {
    const database = this.#scope.database
    const next = this.#nextOf(seq)
    database.run('DELETE FROM op WHERE seq = ?', seq)
    this.#scope.log({ event: 'folder-change-refused', detail: `${kind} ${path}` })
    if (kind === 'create' && next) this.#createUnderNextName(next)
    else if (kind === 'create') this.#undoCreate(path)
    if (kind !== 'rename' || newPath === undefined) return undefined
    if (next) {
      // What the user did next with the folder concerns the one that still has its old name on the server.
      database.run('UPDATE op SET path = ? WHERE seq = ?', path, Number(next.seq))
      return undefined
    }
    return this.#undoRename(path, newPath)
  }

  #createUnderNextName({ seq, kind }: Row): void {
    const change = `UPDATE op SET kind = 'create', path = new_path, new_path = NULL WHERE seq = ?`
    this.#scope.database.run(kind === 'delete' ? 'DELETE FROM op WHERE seq = ?' : change, Number(seq))
  }

  // By the folder's id, which `source` holds, never by its name: another one may have had that meanwhile.
  #nextOf(seq: number): Row | undefined {
    const sql = `SELECT next.seq, next.kind FROM op JOIN op AS next ON next.source = op.source AND next.item IS NULL
      WHERE op.seq = ? AND next.seq > op.seq AND next.kind IN ('rename', 'delete') ORDER BY next.seq LIMIT 1`
    return this.#scope.database.find(sql, seq)
  }

  #undoRename(path: string, newPath: string): number | undefined {
    const folder = this.#findLive(newPath)
    if (!folder) return undefined
    if (this.#takenBelow(newPath, path) !== undefined) return Number(folder.id)
    this.renamePaths(newPath, path)
    return undefined
  }

  #undoCreate(path: string): void {
    const database = this.#scope.database
    const folder = this.#findLive(path)
    if (!folder) return
    const inbox = Number(database.find(`SELECT id FROM folder WHERE path = 'INBOX'`)?.id)
    for (const row of database.all('SELECT * FROM item WHERE folder = ?', Number(folder.id))) {
      this.#scope.show(row, typeof row.remote_folder === 'number' ? row.remote_folder : inbox)
    }
    database.run('UPDATE op SET destination = ? WHERE destination = ?', inbox, Number(folder.id))
    database.run(`UPDATE folder SET state = 'gone' WHERE id = ?`, Number(folder.id))
  }

  /** Has a folder renamed from the name that another client has given it meanwhile. */
  renameFrom(seq: number, path: string): void {
    this.#scope.database.run('UPDATE op SET path = ?, attempts = 0, error = NULL WHERE seq = ?', path, seq)
  }

  /** Another client has renamed a folder; those below it are told of by themselves. */
  renamedOnServer({ id, path }: { readonly id: number; readonly path: string }, newPath: string): void {
    this.#setPath(id, newPath)
    this.#scope.log({ folder: id, event: 'folder-renamed-on-server', detail: `${path} to ${newPath}` })
  }

  /** Gives a folder and all below it their new paths. */
  renamePaths(path: string, newPath: string): void {
    for (const { id, path: from } of [this.#find(path), ...this.#below(path)]) {
      this.#setPath(Number(id), `${newPath}${String(from).slice(path.length)}`)
    }
  }

  #setPath(id: number, path: string): void {
    // A folder that is gone may still have the name; it may still have mail to be removed on the server.
    const sql = `UPDATE folder SET path = ${SET_ASIDE} WHERE path = ? AND state = 'gone'`
    this.#scope.database.run(sql, path)
    this.#scope.yieldPath(path)
    this.#scope.database.run('UPDATE folder SET path = ? WHERE id = ?', path, id)
  }

  // What is still to be downloaded, or could not be, was seen by nobody: 0 is no UIDNEXT of any folder, which keeps it on
  // the server.
  #lastSeenUidNext({ id, uid_next }: Row): number | null {
    const unseen = `SELECT folder FROM dlq WHERE folder = ?1 UNION ALL SELECT folder FROM stage WHERE folder = ?1
      UNION ALL SELECT folder FROM ignored WHERE folder = ?1 AND item IS NULL LIMIT 1`
    if (this.#scope.database.find(unseen, Number(id))) return 0
    return typeof uid_next === 'number' ? uid_next : null
  }

  #queue(kind: 'create' | 'rename' | 'delete', path: string, newPath: string | null, seen?: SeenFolder): void {
    const database = this.#scope.database
    // What the server never heard of needs no telling.
    const isUnborn = database.run(`DELETE FROM op WHERE kind = 'create' AND path = ? AND attempts = 0`, path).changes
    if (isUnborn > 0 && kind === 'delete' && seen?.uidValidity === null) return
    const isNew = isUnborn > 0 && newPath !== null
    database.run(
      `INSERT INTO op(kind, state, path, new_path, uid_next_before, uid_validity_before, source)
         VALUES(?, 'ready', ?, ?, ?, ?, (SELECT id FROM folder WHERE path = ?))`,
      ...(isNew ? ['create', newPath, null] : [kind, path, newPath]),
      ...[seen?.uidNext ?? null, seen?.uidValidity ?? null, newPath ?? path],
    )
  }

  #findLive(path: string): Row | undefined {
    return this.#scope.database.find(`SELECT * FROM folder WHERE path = ? AND state <> 'gone'`, path)
  }

  /** A name in use that a folder, or one below it, would get. */
  #takenBelow(path: string, newPath: string): string | undefined {
    const moved = [this.#find(path), ...this.#below(path)].map(row => String(row.path))
    const names = moved.map(from => `${newPath}${from.slice(path.length)}`)
    return names.find(name => !moved.includes(name) && this.#findLive(name))
  }

  #find(path: string): Row {
    const row = this.#findLive(path)
    if (row && isCollection({ kind: row.kind })) {
      throw refused(`${JSON.stringify(path)} is no mail folder.`, 'Do it with the server’s own tools.')
    }
    if (row) return row
    throw new PosternError<StoreErrorCode>('STORE_NO_SUCH_FOLDER', `There is no folder ${JSON.stringify(path)}.`, {
      remedy: 'user',
      advice: 'See `postern folder list` for the names; a new folder of the server appears with the next sync.',
    })
  }

  #below(path: string): readonly Row[] {
    const rows = this.#scope.database.all(`SELECT id, path, delimiter FROM folder WHERE state <> 'gone'`)
    return rows.filter(row => isBelow(String(row.path), path, row.delimiter))
  }

  // What is moved out of it and not told yet is appended elsewhere, which needs all of it.
  #assertNoBodyLeft(id: number): void {
    const sql = `SELECT count(*) AS n FROM item WHERE remote_folder = ? AND folder <> remote_folder AND body_state = 'header'`
    const count = Number(this.#scope.database.find(sql, id)?.n)
    if (count === 0) return
    throw new PosternError<StoreErrorCode>(
      'STORE_HEADER_ONLY',
      `${count} messages were just moved out of the folder, and the server alone has their bodies.`,
      { remedy: 'user', advice: 'Run `postern sync`, which tells the server of the moves, then delete the folder.' },
    )
  }

  #assertFree(path: string): void {
    if (path === '' || /[\x00-\x1f\x7f]/.test(path) || path.length > 1000) {
      throw refused(`${JSON.stringify(path)} is no name for a folder.`, 'Use letters, digits, spaces and signs.')
    }
    const row = this.#scope.database.find(
      `SELECT 1 FROM folder WHERE (path = ? OR lower(path) = 'inbox' AND lower(?) = 'inbox') AND state <> 'gone'`,
      ...[path, path],
    )
    if (row) throw exists(path)
  }

  // RFC 4314 section 4; what has `c` or `d` of RFC 2086 is not told apart: the server decides.
  #assertRoomFor(path: string): void {
    const folders = this.#scope.database.all(`SELECT path, delimiter, rights FROM folder WHERE state <> 'gone'`)
    const above = folders.filter(row => isBelow(path, String(row.path), row.delimiter))
    const parent = above.sort((left, right) => String(right.path).length - String(left.path).length)[0]
    if (typeof parent?.rights !== 'string' || /[kc]/.test(parent.rights)) return
    throw refused(
      `The server lets you make no folder in ${JSON.stringify(parent.path)}.`,
      'Ask its owner for the right, or choose another place.',
    )
  }

  #assertOrdinary({ path, role, given_role, rights }: Row, what: string): void {
    if (typeof rights === 'string' && !/[xcd]/.test(rights)) {
      throw refused(
        `The server does not let ${JSON.stringify(path)} be ${what} by you.`,
        'Ask its owner for the right.',
      )
    }
    if (role === null || role === given_role) return // who has made it here may undo that
    throw refused(
      `${JSON.stringify(path)} is the account’s ${role} folder and cannot be ${what} here.`,
      'Do it with the server’s own tools if it must be.',
    )
  }
}

function isBelow(path: string, parent: string, delimiter: unknown): boolean {
  return typeof delimiter === 'string' && path.startsWith(`${parent}${delimiter}`)
}

function refused(message: string, advice: string): PosternError {
  return new PosternError<StoreErrorCode>('STORE_FOLDER_REFUSED', message, { remedy: 'user', advice })
}

function roleTaken(role: string, path: string): PosternError {
  return new PosternError<StoreErrorCode>(
    'STORE_FOLDER_ROLE_TAKEN',
    `${JSON.stringify(path)} is the account’s ${role} folder already.`,
    { remedy: 'user', advice: 'Use that one, or make a folder without a use.' },
  )
}

function exists(path: string): PosternError {
  return new PosternError<StoreErrorCode>('STORE_FOLDER_EXISTS', `There is a folder ${JSON.stringify(path)} already.`, {
    remedy: 'user',
    advice: 'Choose another name.',
  })
}

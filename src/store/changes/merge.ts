import type { Row } from '../database.ts'
import { DELETED, type MessageFlags } from '../flags.ts'
import { SET_ASIDE } from '../gone-folders.ts'
import type { TransactionScope } from '../transaction-scope.ts'
import type { Resolution } from './conflicts.ts'
import type { FolderChanges } from './folder-changes.ts'
import type { LocalChanges } from './local-changes.ts'
import type { ServerChanges } from './server-changes.ts'

const GIVEN_ROLES = `'drafts', 'sent', 'trash', 'junk', 'archive'` // what folders can be made for

/** A folder that is here, and its name in the account. */
export interface MergedFolder {
  readonly id: number
  readonly path: string
  /** Whether the account has no folder of the name. */
  readonly isNew: boolean
}

/** An item that the account has. */
export interface MergedItem {
  readonly item: number
  readonly folder: number
  readonly uid: number
  readonly flags: MessageFlags
  /** As the account says: by these it is recognised when it is moved there, or numbered anew. */
  readonly internalDateMs: number
  readonly emailId: string | undefined
  /** Whether it is there under the very UID that was known: what was known of its flags is true as well. */
  readonly isAsBefore: boolean
}

/** What has turned out of a store and an account. */
export interface MergedAccount {
  readonly items: readonly MergedItem[]
  readonly folders: readonly { readonly id: number; readonly uidValidity: number }[]
}

/** Joins what is here with an account that it may never have been synchronized with: nothing that is known of a server counts. */
export class MergeChanges {
  readonly #scope: TransactionScope
  readonly #server: ServerChanges
  readonly #local: LocalChanges
  readonly #folders: FolderChanges

  constructor(scope: TransactionScope, server: ServerChanges, local: LocalChanges, folders: FolderChanges) {
    this.#scope = scope
    this.#server = server
    this.#local = local
    this.#folders = folders
  }

  /** From now on nothing is pushed, and no UID is believed, until the account was compared. */
  begin(): void {
    this.#scope.database.run('UPDATE meta SET merging = coalesce(merging, ?)', this.#scope.now)
  }

  /**
   * Gives folders their names in the account, and has made there what it lacks. What a folder is for stays so where the account
   * has none for that: drafts are never uploaded.
   */
  takeFolders(folders: readonly MergedFolder[], accountRoles: readonly string[]): void {
    const { database } = this.#scope
    database.run('DELETE FROM op WHERE item IS NULL')
    database.run(
      `UPDATE folder SET given_role = role WHERE given_role IS NULL AND role IN(${GIVEN_ROLES})
         AND role NOT IN(SELECT value FROM json_each(?))`,
      JSON.stringify(accountRoles),
    )
    const renamed = folders.filter(({ id, path }) => this.#pathOf(id) !== path)
    // One may get the name that another one gives up.
    for (const { id } of renamed) database.run(`UPDATE folder SET path = path || ' (' || id || ')' WHERE id = ?`, id)
    for (const { id, path } of renamed) {
      database.run(`UPDATE folder SET path = ${SET_ASIDE} WHERE path = ? AND state = 'gone'`, path)
      this.#scope.yieldPath(path)
      database.run('UPDATE folder SET path = ? WHERE id = ?', path, id)
      this.#scope.log({ folder: id, event: 'folder-renamed', detail: path })
    }
    for (const { id } of folders.filter(({ isNew }) => isNew)) this.makeFolder(id)
  }

  /** Has a folder made in the account; until it is there, its mail waits. */
  makeFolder(id: number): void {
    const sql = `INSERT INTO op(kind, state, path, source) SELECT 'create', 'ready', path, id FROM folder WHERE id = ?`
    this.#scope.database.run(sql, id)
  }

  /** Takes over, in one step, what was found out; what the account does not have is uploaded. */
  take({ items, folders }: MergedAccount, resolution: Resolution): void {
    this.#forgetServer()
    for (const { id, uidValidity } of folders) {
      this.#scope.database.run('UPDATE folder SET uid_validity = ? WHERE id = ?', uidValidity, id)
    }
    const found = new Map(items.map(each => [each.item, each]))
    for (const { id } of this.#scope.database.all('SELECT id FROM item')) {
      const row = this.#scope.database.find('SELECT * FROM item WHERE id = ?', Number(id))
      if (row) this.#takeItem(row, found.get(Number(id)), resolution)
    }
  }

  #pathOf(id: number): unknown {
    return this.#scope.database.find('SELECT path FROM folder WHERE id = ?', id)?.path
  }

  #forgetServer(): void {
    const { database } = this.#scope
    database.run('DELETE FROM op WHERE item IS NOT NULL')
    for (const table of ['dlq', 'stage', 'ignored', 'expunge', 'quota'] as const) database.run(`DELETE FROM ${table}`)
    database.run(
      `UPDATE folder SET uid_validity = NULL, uid_next = NULL, cursor = NULL, last_full_at = NULL, let_go_before = NULL,
         consent = NULL, deletions = NULL, error = NULL, is_read_only = NULL, state = iif(state = 'paused', 'ok', state)
         WHERE kind IN('mail', 'file')`,
    )
    // All at once: a UID that is given below may still be another item's.
    database.run('UPDATE item SET uid = -1, email_id = NULL, is_blocked = 0 WHERE uid <> 0')
    database.run('UPDATE meta SET merging = NULL, distrust = NULL, quota_usage = NULL, quota_limit = NULL')
    database.run('UPDATE damaged SET attempts = 0')
  }

  #takeItem(row: Row, found: MergedItem | undefined, resolution: Resolution): void {
    if (found) this.#takeFacts(found)
    if (found?.isAsBefore) this.#goOn(row, found, resolution)
    else if (row.is_gone === 1 || (row.unlinked !== null && this.#isInGoneFolder(row))) {
      this.#scope.bury(row, row.is_gone === 1 ? 'local' : 'server')
    } else if (found) this.#meet(row, found, resolution)
    else this.#uploadLater(row)
  }

  #takeFacts({ item, internalDateMs, emailId }: MergedItem): void {
    const sql = 'UPDATE item SET internal_date = ?, email_id = ? WHERE id = ?'
    this.#scope.database.run(sql, internalDateMs, emailId ?? null, item)
  }

  /** It is where it was: changes made here are told as ever. */
  #goOn(row: Row, { uid, flags }: MergedItem, resolution: Resolution): void {
    if (row.unlinked !== null) this.#scope.showAgain(row)
    this.#scope.database.run('UPDATE item SET uid = ?, unlinked = NULL WHERE id = ?', uid, Number(row.id))
    this.#server.setFlags(row, flags, resolution)
  }

  /**
   * It is there as well. No common state is known: each side's flags are added to the other's. But for \\Deleted, which
   * would take the message there when another client expunges.
   */
  #meet(row: Row, { folder, uid, flags }: MergedItem, resolution: Resolution): void {
    const base = { server_bits: Number(row.local_bits) & DELETED, server_keywords: '' }
    this.#scope.database.run(
      `UPDATE item SET remote_folder = folder, server_bits = ?, server_keywords = '', gone_at = NULL,
         local_revision = local_revision + 1 WHERE id = ?`,
      ...[base.server_bits, Number(row.id)],
    )
    const local = { ...row, ...base, remote_folder: row.folder ?? null, uid: -1 }
    this.#server.bind(local, folder, { uid, flags }, resolution)
    this.#scope.log({ item: Number(row.id), folder, uid, event: 'bound' })
  }

  // Of what is a header alone nothing can be uploaded: it stays here.
  #uploadLater(row: Row): void {
    const [id, folder] = [Number(row.id), Number(row.folder)]
    if (row.unlinked !== null) this.#scope.showAgain(row)
    this.#scope.database.run(
      `UPDATE item SET remote_folder = NULL, uid = 0, server_bits = 0, server_keywords = '', unlinked = NULL, gone_at = NULL
         WHERE id = ?`,
      id,
    )
    if (row.body_state !== 'full') return
    this.#folders.revive(folder)
    this.#local.append(id, folder)
  }

  #isInGoneFolder({ folder }: Row): boolean {
    const sql = `SELECT 1 FROM folder WHERE id = ? AND state = 'gone'`
    return this.#scope.database.find(sql, Number(folder)) !== undefined
  }
}

import type { Database } from '../database.ts'
import type { PackLocation } from '../packs/pack-format.ts'
import { locationOf, numberOf, textOf } from '../row-values.ts'

/** An item, as far as it can be recognised in an account. */
export interface MergeableItem {
  readonly id: number
  /** Where the user sees it. */
  readonly folder: number
  /** Where a server was last known to have it. */
  readonly was: { readonly folder: number; readonly uidValidity: number; readonly uid: number } | undefined
  readonly messageId: string | undefined
  readonly size: number
  readonly location: PackLocation
  readonly part: 'header' | 'full'
  /** Deleted here, and no server knows. */
  readonly isGone: boolean
  /** In a folder that is never synchronized: Drafts. */
  readonly isExcluded: boolean
}

/** What a store and its server do not have in common; in messages, in changes of folders, and of entries. */
export interface Untold {
  readonly uploads: number
  /** Flags, moves and deletions. */
  readonly changes: number
  readonly folders: number
  /** Of calendars and address books: what was made, changed or deleted here. */
  readonly entries: number
  /** What was not downloaded yet. */
  readonly missing: number
  /** What is a header only: the server alone has its text. */
  readonly headers: number
}

/** Reads what is to be compared with an account that the profile was bound to. */
export class MergeQueries {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** Whether nothing that the store knows of a server is to be believed, until it was compared. */
  isDue(): boolean {
    const row = this.#database.find('SELECT * FROM meta') // earlier schemas have no such column
    return numberOf(row?.merging) !== undefined
  }

  /** Counts what a server is still to be told, and what is not here of it. */
  untold(): Untold {
    const count = (sql: string) => Number(this.#database.find(`SELECT count(*) AS n FROM ${sql}`)?.n)
    return {
      uploads: count(`op JOIN item ON item.id = op.item WHERE kind = 'append' AND is_gone = 0`),
      changes: count(
        `item WHERE uid > 0 AND unlinked IS NULL
           AND (server_bits <> local_bits OR server_keywords <> local_keywords OR is_gone OR remote_folder <> folder)`,
      ),
      folders: count('op WHERE item IS NULL'),
      entries: count('object WHERE is_gone OR local_revision <> synced_revision'),
      missing: count('dlq WHERE item IS NULL') + count('stage WHERE item IS NULL'),
      headers: count(`item WHERE body_state = 'header' AND is_gone = 0 AND unlinked IS NULL`),
    }
  }

  /** The items; not those of folders that are gone. */
  items(): MergeableItem[] {
    const sql = `SELECT item.*, folder.is_excluded, remote.uid_validity FROM item JOIN folder ON folder.id = item.folder
      LEFT JOIN folder AS remote ON remote.id = item.remote_folder WHERE folder.state <> 'gone' OR item.unlinked IS NULL`
    return this.#database.all(sql).map(row => {
      const [folder, uid, uidValidity] = [numberOf(row.remote_folder), Number(row.uid), numberOf(row.uid_validity)]
      const isBound = folder !== undefined && uidValidity !== undefined && uid > 0
      return {
        id: Number(row.id),
        folder: Number(row.folder),
        was: isBound ? { folder, uidValidity, uid } : undefined,
        messageId: textOf(row.message_id),
        size: Number(row.size),
        location: locationOf(row),
        part: row.body_state === 'header' ? 'header' : 'full',
        isGone: row.is_gone === 1,
        isExcluded: row.is_excluded === 1,
      }
    })
  }
}

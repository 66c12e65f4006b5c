import type { Database } from '../database.ts'
import { locationOf } from '../row-values.ts'
import type { BodyPart, StagedRow } from '../rows.ts'
import type { TransactionScope } from '../transaction-scope.ts'
import type { PackLocation } from './pack-format.ts'

/** Failures to fetch a damaged body again before it waits for a repair to be asked for anew. */
const MAX_REFETCHES = 3

/** An item whose body cannot be read, and how much of the message was here. */
export interface DamagedItem extends StagedRow {
  readonly bodyState: 'header' | 'full'
}

/** Items of a folder whose body cannot be read and that the server has: what is asked for again. */
export function damagedOnServer(database: Database, folder: number): DamagedItem[] {
  const sql = `SELECT item.* FROM damaged CROSS JOIN item ON item.id = damaged.id AND damaged.owner = 'item'
    WHERE item.remote_folder = ? AND item.uid > 0 AND item.unlinked IS NULL AND damaged.attempts < ? ORDER BY item.uid`
  return database.all(sql, folder, MAX_REFETCHES).map(row => ({
    id: Number(row.id),
    folder,
    uid: Number(row.uid),
    location: locationOf(row),
    bodyState: row.body_state === 'header' ? 'header' : 'full',
  }))
}

/** Keeps account of bodies that cannot be read. */
export class DamagedBodies {
  readonly #scope: TransactionScope

  constructor(scope: TransactionScope) {
    this.#scope = scope
  }

  /** Notes that an item's body cannot be read. */
  note(item: number, cause: string): void {
    const sql = `INSERT INTO damaged(owner, id, cause, since) VALUES('item', ?, ?, ?) ON CONFLICT DO NOTHING`
    const { changes } = this.#scope.database.run(sql, item, cause, this.#scope.now)
    if (changes > 0) this.#scope.log({ item, event: 'damaged', detail: cause })
  }

  /**
   * Gives an item the octets that the server has sent again, of as much of the message as was here. Nothing of it changes
   * for the user. What has come whole meanwhile stays.
   */
  replace(item: number, part: BodyPart, { pack, offset, length }: PackLocation, sha256: Buffer): void {
    const { database } = this.#scope
    const before = database.find(
      `SELECT sha256 FROM item WHERE id = ?1 AND body_state = ?2
         AND EXISTS(SELECT 1 FROM damaged WHERE owner = 'item' AND damaged.id = ?1)`,
      ...[item, part],
    )
    if (!before) return
    const sql = 'UPDATE item SET pack = ?, offset = ?, length = ?, sha256 = ? WHERE id = ?'
    database.run(sql, pack, offset, length, sha256, item)
    database.run(`DELETE FROM damaged WHERE owner = 'item' AND id = ?`, item)
    const isSame = before.sha256 instanceof Uint8Array && sha256.equals(before.sha256)
    const detail = isSame ? 'as it was' : 'the server sent other octets than before'
    this.#scope.log({ item, event: 'body-replaced', detail })
  }

  /** The server did not send the body; after some attempts it is not asked any more. */
  failed(item: number): void {
    this.#scope.database.run(`UPDATE damaged SET attempts = attempts + 1 WHERE owner = 'item' AND id = ?`, item)
  }
}

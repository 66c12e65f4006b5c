import type { Database } from '../database.ts'
import { FLAGGED } from '../flags.ts'
import type { PackLocation } from '../packs/pack-format.ts'
import { locationOf } from '../row-values.ts'
import type { DownloadPlace } from '../rows.ts'
import type { TransactionScope } from '../transaction-scope.ts'

/** Which messages are wanted whole; of the others the header is enough. */
export interface BodyLimits {
  /** Up to this size; negative for none at all. */
  readonly maxOctets: number
  /** Received at this time or later, unless flagged. In ms since the epoch. */
  readonly sinceMs: number
}

/** An item whose body may go, and where it lies. */
export interface ReleasableBody {
  readonly item: number
  readonly location: PackLocation
}

/** An item's header, stored anew without its body. */
export interface ReleasedBody extends ReleasableBody {
  readonly header: PackLocation
  readonly sha256: Buffer
}

const FITS = `size <= ?3 AND (internal_date >= ?4 OR bits & ${FLAGGED})`
const STUB_FITS = `remote_folder = ?1 AND uid > 0 AND body_state = 'header' AND unlinked IS NULL AND is_gone = 0
  AND size <= ?3 AND (internal_date >= ?4 OR local_bits & ${FLAGGED})
  AND NOT EXISTS(SELECT 1 FROM dlq WHERE dlq.item = item.id) AND NOT EXISTS(SELECT 1 FROM stage WHERE stage.item = item.id)
  AND NOT EXISTS(SELECT 1 FROM ignored WHERE ignored.item = item.id)`
const OF_FOLDER = 'folder = ?1 AND uid_validity = ?2'
// Only what the server has as it is here: no change of the user's depends on the body, and it can be had again.
const RELEASABLE = `remote_folder = folder AND remote_folder = ?1 AND uid > 0 AND body_state = 'full'
  AND internal_date < ?2 AND coalesce(wanted_at, 0) < ?2 AND (local_bits | server_bits) & ${FLAGGED} = 0
  AND server_bits = local_bits AND server_keywords = local_keywords AND is_gone = 0 AND unlinked IS NULL
  AND NOT EXISTS(SELECT 1 FROM op WHERE op.item = item.id)`

/** Tells whether something of a folder is queued, or here, otherwise than it is wanted. Cheap: most runs change nothing. */
export function isChoiceChanged(database: Database, place: DownloadPlace, limits: BodyLimits): boolean {
  const values = valuesOf(place, limits)
  const isOtherwise = `(item IS NULL AND want <> iif(${FITS}, 'full', 'header') OR item IS NOT NULL AND NOT (${FITS}))`
  const sql = `SELECT EXISTS(SELECT 1 FROM dlq WHERE ${OF_FOLDER} AND ${isOtherwise})
    OR EXISTS(SELECT 1 FROM item INDEXED BY item_header WHERE ${STUB_FITS}) AS changed`
  return database.find(sql, ...values)?.changed === 1
}

/** The next items, after one, whose bodies may be let go. */
export function findReleasable(
  database: Database,
  { folder, sinceMs, after }: { readonly folder: number; readonly sinceMs: number; readonly after: number },
  limit: number,
): ReleasableBody[] {
  const sql = `SELECT id, pack, offset, length FROM item WHERE ${RELEASABLE} AND id > ?3 ORDER BY id LIMIT ?4`
  const rows = database.all(sql, folder, sinceMs, after, limit)
  return rows.map(row => ({ item: Number(row.id), location: locationOf(row) }))
}

/** Bodies that come after their headers, and go before them. */
export class BodyChanges {
  readonly #scope: TransactionScope

  constructor(scope: TransactionScope) {
    this.#scope = scope
  }

  /** Gives an item, or what is kept of a deleted one, its whole body. False when there is none that lacks it. */
  complete(item: number, { pack, offset, length }: PackLocation, sha256: Buffer): boolean {
    const set = `SET body_state = 'full', size = ?, pack = ?, offset = ?, length = ?, sha256 = ?`
    const values = [length, pack, offset, length, sha256] as const
    const { database } = this.#scope
    const { changes } = database.run(`UPDATE item ${set} WHERE id = ? AND body_state = 'header'`, ...values, item)
    if (changes === 0) database.run(`UPDATE tomb ${set} WHERE item = ? AND body_state = 'header'`, ...values, item)
    this.#scope.forgetBody(item)
    database.run(`DELETE FROM damaged WHERE owner = 'item' AND id = ?`, item)
    if (changes > 0) this.#scope.log({ item, event: 'body-fetched' })
    return changes > 0
  }

  /** Notes that a person wants all of an item: it stays whole for as long as new mail does. */
  want(item: number): void {
    this.#scope.database.run('UPDATE item SET wanted_at = ? WHERE id = ?', this.#scope.now, item)
  }

  /** Makes the queue ask for what is wanted now: the settings, the date or a flag may have changed. */
  reconsider(place: DownloadPlace, limits: BodyLimits): void {
    const values = valuesOf(place, limits)
    const { database } = this.#scope
    const want = `iif(${FITS}, 'full', 'header')`
    database.run(`UPDATE dlq SET want = ${want} WHERE ${OF_FOLDER} AND item IS NULL AND want <> ${want}`, ...values)
    database.run(`DELETE FROM dlq WHERE ${OF_FOLDER} AND item IS NOT NULL AND NOT (${FITS})`, ...values)
    database.run(
      `INSERT INTO dlq(folder, uid_validity, uid, bits, keywords, size, internal_date, message_id, email_id,
         want, item, seen_at)
       SELECT remote_folder, ?2, uid, local_bits, '', size, internal_date, message_id, email_id,
         'full', id, ${this.#scope.now} FROM item INDEXED BY item_header WHERE ${STUB_FITS}
       ON CONFLICT DO NOTHING`,
      ...values,
    )
  }

  /** Lets bodies go: the header stays, the rest is dead space of its pack. What changed meanwhile keeps its body. */
  letGo(folder: number, sinceMs: number, released: readonly ReleasedBody[]): number {
    let count = 0
    for (const { item, location, header, sha256 } of released) {
      const { changes } = this.#scope.database.run(
        `UPDATE item SET body_state = 'header', pack = ?3, offset = ?4, length = ?5, sha256 = ?6
           WHERE id = ?7 AND pack = ?8 AND offset = ?9 AND ${RELEASABLE}`,
        ...[folder, sinceMs, header.pack, header.offset, header.length, sha256, item, location.pack, location.offset],
      )
      if (changes > 0) this.#scope.log({ item, folder, event: 'body-let-go' })
      count += changes
    }
    return count
  }

  /** Notes that nothing received before this time is left to be let go; undefined when nothing shall go. */
  setLetGo(folder: number, sinceMs: number | undefined): void {
    this.#scope.database.run('UPDATE folder SET let_go_before = ? WHERE id = ?', sinceMs ?? null, folder)
  }
}

// In the order of the numbers in the statements.
function valuesOf({ folder, uidValidity }: DownloadPlace, { maxOctets, sinceMs }: BodyLimits) {
  return [folder, uidValidity, maxOctets, sinceMs] as const
}

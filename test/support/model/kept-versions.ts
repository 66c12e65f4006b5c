import type { Database, Row } from '../../../src/store/database.ts'

const ITEMS = `SELECT id, remote_folder AS place, size, local_bits AS bits, local_keywords AS keywords, is_gone,
  remote_folder IS NOT NULL AND (folder <> remote_folder OR server_bits <> local_bits OR server_keywords <> local_keywords)
    AS isChanged FROM item`
const LEFT = `SELECT 'tomb' AS kept, deleted_by AS side, size, bits, keywords FROM tomb WHERE item = ?1
  UNION ALL SELECT 'conflict', side, size, bits, keywords FROM conflict WHERE item = ?1 AND side = 'local'
  UNION ALL SELECT 'merged', 'local', 0, 0, '' FROM ledger WHERE item = ?1 AND event = 'merged'`

/** Watches that no item leaves the store without a trace: invariant I4, stated again in the test's own words. */
export class KeptVersions {
  readonly #before: readonly Row[]

  /** Remembers what there is. */
  constructor(database: Database) {
    this.#before = database.all(ITEMS)
  }

  /** Finds versions that have been lost since. */
  problems(database: Database, accepted: ReadonlySet<number>): string[] {
    const now = new Set(database.all('SELECT id FROM item').map(({ id }) => id))
    const missing = this.#before
      .filter(({ id }) => !now.has(id))
      .map(before => ({ before, left: database.all(LEFT, Number(before.id)) }))
    const lost = missing.flatMap(({ before, left }) => {
      const what = judge(before, left)
      return what === undefined ? [] : [`item ${before.id} ${what}`]
    })
    return [...lost, ...this.#massLosses(missing, accepted)]
  }

  // Invariant I13: no more than the limit of deletions without consent.
  #massLosses(missing: readonly { before: Row; left: readonly Row[] }[], accepted: ReadonlySet<number>): string[] {
    const onServer = missing.filter(({ left }) => left.some(({ kept, side }) => kept === 'tomb' && side === 'server'))
    return [...Map.groupBy(onServer, ({ before }) => Number(before.place))]
      .filter(([place, gone]) => {
        const all = this.#before.filter(row => row.place === place).length
        return !accepted.has(place) && gone.length > Math.max(50, all / 2)
      })
      .map(([place, gone]) => `folder ${place} lost ${gone.length} messages without a word of the user's`)
  }
}

function judge(before: Row, left: readonly Row[]): string | undefined {
  if (left.some(({ kept }) => kept === 'merged')) return undefined // another item of the same message goes on, and is judged itself
  const same = left.filter(({ size }) => size === before.size)
  if (same.length === 0) return 'left nothing behind'
  const isDeletedHere = before.is_gone === 1 || same.some(({ kept, side }) => kept === 'tomb' && side === 'local')
  if (isDeletedHere || before.isChanged === 0) return undefined
  const isKept = same.some(
    row => row.kept === 'conflict' && row.bits === before.bits && row.keywords === before.keywords,
  )
  return isKept ? undefined : 'was changed here, and that version is lost'
}

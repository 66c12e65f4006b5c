import { isKeptVersion, itemsOf, KEPT_AS_ITEMS } from '../conflict-mailbox.ts'
import type { Database } from '../database.ts'
import type { PackLocation } from '../packs/pack-format.ts'
import { locationOf } from '../row-values.ts'

const SEEN = 'folder = ? AND local_uid BETWEEN ? AND ? AND is_gone = 0 AND unlinked IS NULL'
const COLUMNS = {
  id: 'id',
  uid: 'local_uid',
  bits: 'local_bits',
  keywords: 'local_keywords',
  internalDateMs: 'internal_date',
  // RFC 8514 section 4.3: where nobody knows, the internal date stands for it.
  savedDateMs: 'coalesce(saved_at, internal_date)',
  size: 'size',
  modseq: 'modseq',
  isWhole: `body_state = 'full'`,
  sha256: 'lower(hex(sha256))',
  pack: 'pack',
  offset: 'offset',
  length: 'length',
} as const

/** What of items is searched. */
export type SearchColumn = keyof typeof COLUMNS

/** Items of a folder with local UIDs from `first` to `last`. */
export interface ItemSpan {
  readonly folder: number
  readonly first: number
  readonly last: number
}

/** Items and what their octets are known by, in the same order: lower-case hexadecimal digits of their SHA-256. */
export interface ItemHashes {
  readonly ids: readonly number[]
  readonly hashes: readonly string[]
}

/** Reads what a search asks of items, whole columns at once. */
export class SearchRows {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  /** Runs work that sees the store as it is at one moment. Not inside a transaction. */
  snapshot<Result>(work: () => Result): Result {
    this.#database.exec('BEGIN')
    try {
      return work()
    } finally {
      this.#database.exec('COMMIT')
    }
  }

  /** Differs when anything in the store has changed. */
  state(): string {
    const version = this.#database.find('PRAGMA data_version')?.data_version
    return `${version} ${this.#database.find('SELECT total_changes() AS n')?.n}`
  }

  /** Lists all items with higher ids, what was received last first. */
  hashes(afterId: number): ItemHashes {
    // As JSON texts: a tenth of the time that rows take.
    const row = this.#database.find(
      `SELECT json_group_array(id) AS ids, json_group_array(hash) AS hashes FROM (
         SELECT id, lower(hex(sha256)) AS hash FROM item WHERE id > ? ORDER BY internal_date DESC, id DESC)`,
      afterId,
    )
    return { ids: JSON.parse(String(row?.ids)), hashes: JSON.parse(String(row?.hashes)) }
  }

  /** Where the octets of an item are; undefined when it is gone, or has others now. */
  findOctets(id: number, hash: string): PackLocation | undefined {
    const columns = 'SELECT pack, offset, length FROM'
    const row = isKeptVersion(id)
      ? this.#database.find(`${columns} ${KEPT_AS_ITEMS} WHERE local_uid = ? AND sha256 = unhex(?)`, -id, hash)
      : this.#database.find(`${columns} item WHERE id = ? AND sha256 = unhex(?)`, id, hash)
    return row && locationOf(row)
  }

  /** Reads a column of numbers, in the order of the local UIDs. */
  numbers(column: Exclude<SearchColumn, 'keywords' | 'sha256'>, span: ItemSpan): number[] {
    return this.#column(column, span) as number[] // declared so in the schema
  }

  /** Reads a column of texts, in the order of the local UIDs. */
  texts(column: 'keywords' | 'sha256', span: ItemSpan): string[] {
    return this.#column(column, span) as string[] // declared so in the schema
  }

  #column(column: SearchColumn, { folder, first, last }: ItemSpan): unknown[] {
    const sql = `SELECT json_group_array(value) AS values_ FROM (
      SELECT ${COLUMNS[column]} AS value FROM ${itemsOf(folder)} WHERE ${SEEN} ORDER BY local_uid)`
    return JSON.parse(String(this.#database.find(sql, folder, first, last)?.values_))
  }
}

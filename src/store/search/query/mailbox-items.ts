import type { ItemSpan, SearchColumn, SearchRows } from '../../queries/search-rows.ts'

type NumberColumn = Exclude<SearchColumn, 'keywords' | 'sha256'>

/** Places of items in {@link MailboxItems}, ascending. */
export type Places = Uint32Array

/** The items of a folder that are searched, by place: the order of their UIDs. Columns are read when they are first used. */
export class MailboxItems {
  readonly #rows: SearchRows
  readonly #span: ItemSpan
  /** Of each item, its place among all of the span; undefined when all of these are searched. */
  readonly #picked: readonly number[] | undefined
  readonly #numbers = new Map<SearchColumn, readonly number[]>()
  readonly #texts = new Map<SearchColumn, readonly string[]>()
  readonly uids: readonly number[]

  /** `wanted` ascends; those that are not there are left out. */
  constructor(rows: SearchRows, folder: number, wanted: Uint32Array) {
    this.#rows = rows
    this.#span = { folder, first: wanted[0] ?? 1, last: wanted.at(-1) ?? 0 }
    const there = rows.numbers('uid', this.#span)
    const picked = common(there, wanted)
    this.#picked = picked.length === there.length ? undefined : picked
    this.uids = this.#pick(there)
  }

  /** Whether all of a stretch of UIDs are searched. */
  get areAll(): boolean {
    return this.#picked === undefined
  }

  /** Which stretch: the same one as long as the store does not change. */
  get place(): string {
    const { folder, first, last } = this.#span
    return `${folder} ${first}-${last}`
  }

  get all(): Places {
    return Uint32Array.from(this.uids.keys())
  }

  /** The UIDs of places. */
  uidsOf(places: Iterable<number>): Uint32Array {
    return Uint32Array.from(places, place => this.uids[place] ?? 0)
  }

  numbers(column: NumberColumn): readonly number[] {
    const known = this.#numbers.get(column)
    if (known) return known
    const values = this.#pick(this.#rows.numbers(column, this.#span))
    this.#numbers.set(column, values)
    return values
  }

  texts(column: 'keywords' | 'sha256'): readonly string[] {
    const known = this.#texts.get(column)
    if (known) return known
    const values = this.#pick(this.#rows.texts(column, this.#span))
    this.#texts.set(column, values)
    return values
  }

  #pick<Value>(values: readonly Value[]): readonly Value[] {
    return this.#picked ? this.#picked.map(index => values[index] as Value) : values // indexes are of this array's span
  }
}

/** Finds the places of numbers that are wanted; both ascend. */
function common(there: readonly number[], wanted: Uint32Array): number[] {
  const found: number[] = []
  let at = 0
  for (const [place, uid] of there.entries()) {
    while (at < wanted.length && (wanted[at] ?? 0) < uid) at++
    if (wanted[at] === uid) found.push(place)
  }
  return found
}

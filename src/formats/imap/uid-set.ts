/** A set of UIDs as sorted, disjoint, inclusive ranges; its size in memory follows the number of ranges. */
export class UidSet {
  // Sorted, disjoint, inclusive ranges.
  readonly #ranges: [first: number, last: number][] = []

  /** Counts the UIDs. */
  get size(): number {
    return this.#ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0)
  }
}

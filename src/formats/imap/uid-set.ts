/** A set of UIDs as sorted, disjoint, inclusive ranges; its size in memory follows the number of ranges. */
export class UidSet {
  #ranges: [first: number, last: number][] = []
}

import { type ImapValue, numberOf } from './value.ts'

const MAX_RANGES = 1_000_000 // a hostile answer must not fill memory
const MAX_UID = 4_294_967_295 // RFC 9051 section 9: nz-number of 32 bits

/** Inclusive. */
export type UidRange = readonly [first: number, last: number]

/** An immutable set of UIDs as sorted, disjoint, inclusive ranges; its size in memory follows the number of ranges. */
export class UidSet {
  static readonly EMPTY = new UidSet([])
  readonly #ranges: readonly UidRange[]

  private constructor(ranges: readonly UidRange[]) {
    this.#ranges = ranges
  }

  /** Makes a set of UIDs in any order; doubles are fine. */
  static of(uids: Iterable<number>): UidSet {
    const sorted = Array.from(uids)
    if (sorted.some((uid, index) => uid < (sorted[index - 1] ?? 0))) sorted.sort((left, right) => left - right)
    const ranges: [number, number][] = []
    for (const uid of sorted) {
      const last = ranges.at(-1)
      if (last && uid <= last[1] + 1) last[1] = uid
      else ranges.push([uid, uid])
    }
    return new UidSet(ranges)
  }

  /** Makes a set of ranges in any order; they may touch or overlap. */
  static ofRanges(ranges: readonly UidRange[]): UidSet {
    const merged: [number, number][] = []
    for (const [first, last] of ranges.toSorted((a, b) => a[0] - b[0])) {
      const previous = merged.at(-1)
      if (previous && first <= previous[1] + 1) previous[1] = Math.max(previous[1], last)
      else merged.push([first, last])
    }
    return new UidSet(merged)
  }

  /** Reads a sequence-set without `*` (RFC 9051 section 9); undefined when it is none. */
  static parse(text: string): UidSet | undefined {
    if (text === '') return UidSet.EMPTY
    const parts = text.split(',')
    if (parts.length > MAX_RANGES) return undefined
    const ranges: UidRange[] = []
    for (const part of parts) {
      const [, left, right] = /^(\d{1,10})(?::(\d{1,10}))?$/.exec(part) ?? []
      if (left === undefined) return undefined
      const [a, b] = [Number(left), Number(right ?? left)]
      if (a < 1 || b < 1 || a > MAX_UID || b > MAX_UID) return undefined
      ranges.push([Math.min(a, b), Math.max(a, b)])
    }
    return UidSet.ofRanges(ranges)
  }

  /** Counts the UIDs. */
  get size(): number {
    return this.#ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0)
  }

  get ranges(): readonly UidRange[] {
    return this.#ranges
  }

  has(uid: number): boolean {
    let [low, high] = [0, this.#ranges.length - 1]
    while (low <= high) {
      const middle = (low + high) >> 1
      const [first, last] = this.#ranges[middle] ?? [0, 0]
      if (uid < first) high = middle - 1
      else if (uid > last) low = middle + 1
      else return true
    }
    return false
  }

  /** Splits into sets whose text is at most about `octets` long, for servers that limit the command line. */
  *split(octets: number): Iterable<UidSet> {
    let part: UidRange[] = []
    let length = 0
    for (const range of this.#ranges) {
      part.push(range)
      length += rangeText(range).length + 1
      if (length < octets) continue
      yield new UidSet(part)
      part = []
      length = 0
    }
    if (part.length > 0) yield new UidSet(part)
  }

  /** The sequence-set; empty for the empty set, which IMAP cannot say. */
  toString(): string {
    return this.#ranges.map(rangeText).join(',')
  }
}

function rangeText([first, last]: UidRange): string {
  return first === last ? String(first) : `${first}:${last}`
}

/** Reads a UID or a UIDVALIDITY; undefined for what can be none: 0 (our own word for "no UID") and over 32 bits. */
export function uidOf(value: ImapValue | undefined): number | undefined {
  const number = numberOf(value)
  return number !== undefined && number >= 1 && number <= MAX_UID ? number : undefined
}

/** Lists the UIDs of a set in the order in which it names them (COPYUID, RFC 4315); undefined when it is no set, or is over the limit. */
export function uidsInOrder(text: string, limit: number): readonly number[] | undefined {
  const uids: number[] = []
  for (const range of text.split(',')) {
    const [, from, to] = /^(\d{1,10})(?::(\d{1,10}))?$/.exec(range) ?? []
    if (from === undefined) return undefined
    const [first, last] = [Number(from), Number(to ?? from)]
    if (Math.min(first, last) < 1 || Math.max(first, last) > MAX_UID) return undefined
    if (uids.length + Math.abs(last - first) >= limit) return undefined
    const step = first <= last ? 1 : -1
    for (let uid = first; uid !== last + step; uid += step) uids.push(uid)
  }
  return uids
}

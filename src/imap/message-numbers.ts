/** Message numbers or UIDs, inclusive; Infinity stands for `*`. In any order, and either end first. */
export type NumberRange = readonly [from: number, to: number]

/** What a client is told when messages come and go: first those that are gone, from the last one on, then the new count. */
export interface NumberChanges {
  /** Message numbers, descending: none of them shifts one that is told after it (RFC 9051 section 7.5.1). */
  readonly expunged: readonly number[]
  /** How many messages there are, when there are more. */
  readonly exists: number | undefined
}

/**
 * The messages of an open mailbox as one client knows them: message number n is the n-th UID. What the client was not told
 * yet is not in here (RFC 9051 section 2.3.1.2).
 */
export class MessageNumbers {
  #uids: Uint32Array
  #nextIndex = 0

  /** `uids` are ascending. */
  constructor(uids: Uint32Array) {
    this.#uids = uids
  }

  get count(): number {
    return this.#uids.length
  }

  /** The UID of a message number; undefined when there is no such message. */
  uidAt(number: number): number | undefined {
    return this.#uids[number - 1]
  }

  /** The message number of a UID; undefined when the client knows no such message. */
  numberOf(uid: number): number | undefined {
    // Who asks for one mostly asks for the next one then.
    const index = this.#uids[this.#nextIndex] === uid ? this.#nextIndex : this.#firstFrom(uid)
    if (this.#uids[index] !== uid) return undefined
    this.#nextIndex = index + 1
    return this.#nextIndex
  }

  /** The UIDs that a set of UIDs names, ascending; those that are not there are left out (RFC 9051 section 6.4.9). */
  uidsIn(ranges: readonly NumberRange[]): Uint32Array {
    const last = this.#uids.at(-1) ?? 0
    // `*` is the last one, whatever stands on the other side of the colon.
    const bounds = ranges.map(range => ordered(range, last))
    return this.#collect(bounds.map(([from, to]) => [this.#firstFrom(from), this.#firstFrom(to + 1)]))
  }

  /** The UIDs that a set of message numbers names, ascending; undefined when it names one that is not there. */
  uidsAt(ranges: readonly NumberRange[]): Uint32Array | undefined {
    const bounds = ranges.map(range => ordered(range, this.count))
    if (bounds.some(([from, to]) => from < 1 || to > this.count)) return undefined
    return this.#collect(bounds.map(([from, to]) => [from - 1, to]))
  }

  /**
   * Takes over what has come and gone.
   *
   * @param vanished UIDs in any order; unknown ones are ignored
   * @param arrived UIDs, ascending, each above all that are known
   */
  apply(vanished: Iterable<number>, arrived: readonly number[]): NumberChanges {
    const indexes = new Set<number>()
    for (const uid of vanished) {
      const number = this.numberOf(uid)
      if (number !== undefined) indexes.add(number - 1)
    }
    const stayed = indexes.size === 0 ? this.#uids : this.#uids.filter((_, index) => !indexes.has(index))
    const fresh = arrived.filter(uid => uid > (this.#uids.at(-1) ?? 0))
    this.#uids = fresh.length === 0 ? stayed : joined(stayed, fresh)
    const expunged = Array.from(indexes, index => index + 1).sort((left, right) => right - left)
    return { expunged, exists: fresh.length > 0 ? this.count : undefined }
  }

  #collect(spans: readonly (readonly [begin: number, end: number])[]): Uint32Array {
    const merged: [number, number][] = []
    for (const [begin, end] of spans.toSorted((left, right) => left[0] - right[0])) {
      const previous = merged.at(-1)
      if (previous && begin <= previous[1]) previous[1] = Math.max(previous[1], end)
      else merged.push([begin, end])
    }
    return joined(...merged.map(([begin, end]) => this.#uids.subarray(begin, end)))
  }

  /** The index of the first UID that is not below `uid`. */
  #firstFrom(uid: number): number {
    let [low, high] = [0, this.#uids.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#uids[middle] ?? 0) < uid) low = middle + 1
      else high = middle
    }
    return low
  }
}

function ordered([from, to]: NumberRange, last: number): [number, number] {
  const [a, b] = [from === Infinity ? last : from, to === Infinity ? last : to]
  return a <= b ? [a, b] : [b, a]
}

function joined(...parts: readonly ArrayLike<number>[]): Uint32Array {
  const all = new Uint32Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

import type { KnownMessage } from '../rows.ts'

/** Messages that one table knows, as columns. Flags without keywords are a number, else bits and keywords as text. */
export interface KnownColumns {
  readonly where: KnownMessage['where']
  /** Ascending. */
  readonly uids: readonly number[]
  readonly flags: readonly (number | string)[]
}

/**
 * What the store knows of the UIDs of a folder, which may have a million: two columns, and one object for all messages
 * that look the same, instead of an object for each.
 */
export class KnownMessages {
  readonly #uids: readonly number[]
  readonly #messages: readonly KnownMessage[]
  #next = 0

  private constructor(uids: readonly number[], messages: readonly KnownMessage[]) {
    this.#uids = uids
    this.#messages = messages
  }

  /** Joins what several tables know; of a UID that is in two of them, the later table's word counts. */
  static join(tables: readonly KnownColumns[]): KnownMessages {
    const filled = tables.filter(({ uids }) => uids.length > 0).map(table => ({ ...table, messages: intern(table) }))
    const [only] = filled
    if (!only) return new KnownMessages([], [])
    if (filled.length === 1) return new KnownMessages(only.uids, only.messages)
    const joined = new Map<number, KnownMessage>()
    for (const { uids, messages } of filled) {
      for (const [index, message] of messages.entries()) joined.set(uids[index] ?? 0, message)
    }
    const sorted = [...joined.keys()].sort((left, right) => left - right)
    return new KnownMessages(
      sorted,
      sorted.flatMap(uid => joined.get(uid) ?? []),
    )
  }

  /** The UIDs, ascending. */
  keys(): readonly number[] {
    return this.#uids
  }

  get(uid: number): KnownMessage | undefined {
    // Servers list a folder in ascending order: mostly it is the one after the last.
    const index = this.#uids[this.#next] === uid ? this.#next : this.#search(uid)
    if (index === -1) return undefined
    this.#next = index + 1
    return this.#messages[index]
  }

  #search(uid: number): number {
    let [low, high] = [0, this.#uids.length - 1]
    while (low <= high) {
      const middle = (low + high) >> 1
      const found = this.#uids[middle] ?? 0
      if (found === uid) return middle
      if (found < uid) low = middle + 1
      else high = middle - 1
    }
    return -1
  }
}

function intern({ where, flags }: KnownColumns): readonly KnownMessage[] {
  const known = new Map<number | string, KnownMessage>()
  return flags.map(value => {
    const found = known.get(value)
    if (found) return found
    const message = { where, flags: flagsOf(value) }
    known.set(value, message)
    return message
  })
}

function flagsOf(value: number | string): KnownMessage['flags'] {
  if (typeof value === 'number') return { bits: value, keywords: '' }
  const space = value.indexOf(' ')
  return { bits: Number(value.slice(0, space)), keywords: value.slice(space + 1) }
}

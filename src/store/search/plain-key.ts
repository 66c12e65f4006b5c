import type { SearchKey } from '../../formats/imap/command/arguments/search-key.ts'
import { type UidRange, UidSet } from '../../formats/imap/uid-set.ts'

type Leaf = Exclude<SearchKey, { readonly kind: 'and' | 'or' | 'not' | 'numbers' | 'uids' }>

/** A search key of plain values, which cross the border of a thread. */
export type PlainKey =
  | Leaf
  | { readonly kind: 'and'; readonly keys: readonly PlainKey[] }
  | { readonly kind: 'or'; readonly left: PlainKey; readonly right: PlainKey }
  | { readonly kind: 'not'; readonly key: PlainKey }
  /** Ascending, disjoint. */
  | { readonly kind: 'uids'; readonly ranges: readonly UidRange[] }

/** Makes plain values of a key, whose message numbers and `$` are UIDs already. */
export function plainKey(key: SearchKey): PlainKey {
  switch (key.kind) {
    case 'and':
      return { kind: 'and', keys: key.keys.map(plainKey) }
    case 'or':
      return { kind: 'or', left: plainKey(key.left), right: plainKey(key.right) }
    case 'not':
      return { kind: 'not', key: plainKey(key.key) }
    case 'numbers':
    case 'uids':
      return { kind: 'uids', ranges: key.messages.kind === 'numbers' ? key.messages.numbers.ranges : [] }
    default:
      return key
  }
}

/** Makes the key again that {@link plainKey} was given. */
export function searchKeyOf(key: PlainKey): SearchKey {
  switch (key.kind) {
    case 'and':
      return { kind: 'and', keys: key.keys.map(searchKeyOf) }
    case 'or':
      return { kind: 'or', left: searchKeyOf(key.left), right: searchKeyOf(key.right) }
    case 'not':
      return { kind: 'not', key: searchKeyOf(key.key) }
    case 'uids': {
      const numbers = UidSet.ofRanges(key.ranges)
      return { kind: 'uids', messages: { kind: 'numbers', numbers, fromOrLast: undefined } }
    }
    default:
      return key
  }
}

import { type UidRange, UidSet } from '../../uid-set.ts'
import type { CommandReader } from '../command-reader.ts'

/** A sequence-set (RFC 9051 section 9): of message numbers or UIDs, or `$`, the result of a SEARCH (section 6.4.4.1). */
export type SequenceSet =
  | { readonly kind: 'saved' }
  | {
      readonly kind: 'numbers'
      readonly numbers: UidSet
      /** The smallest n of all `n:*`, Infinity for a `*` alone; undefined without a `*`. */
      readonly fromOrLast: number | undefined
    }

const SET = /[\d*][\d*:,]*/y
const STAR = /^(?:\*(?::\*)?|(\d{1,10}):\*|\*:(\d{1,10}))$/
const MAX_NUMBER = 4_294_967_295

/** Reads a sequence-set. */
export function readSequenceSet(reader: CommandReader): SequenceSet {
  if (reader.skip('$')) return { kind: 'saved' }
  const set = findSequenceSet(reader.match(SET) ?? '')
  return set ?? reader.fail('a set of messages is malformed')
}

/** Reads a set of UIDs without `*` and `$`. */
export function readKnownUids(reader: CommandReader): UidSet {
  const set = readSequenceSet(reader)
  if (set.kind === 'saved' || set.fromOrLast !== undefined) return reader.fail('a set of UIDs is malformed')
  return set.numbers
}

function findSequenceSet(text: string): SequenceSet | undefined {
  const parts = text.split(',')
  let fromOrLast: number | undefined
  for (const part of parts.filter(part => part.includes('*'))) {
    const match = STAR.exec(part)
    if (!match) return undefined
    const digits = match[1] ?? match[2]
    const from = digits === undefined ? Number.POSITIVE_INFINITY : Number(digits)
    if (from < 1 || (digits !== undefined && from > MAX_NUMBER)) return undefined
    fromOrLast = Math.min(fromOrLast ?? Number.POSITIVE_INFINITY, from)
  }
  const plain = parts.filter(part => !part.includes('*')).join(',')
  if (plain === '' && (fromOrLast === undefined || parts.includes(''))) return undefined
  const numbers = UidSet.parse(plain)
  return numbers && { kind: 'numbers', numbers, fromOrLast }
}

/**
 * Tells which numbers a set means in a mailbox whose last message has the number or UID `last`, 0 if it is empty. What is
 * beyond `last` is named as well where the client named it without `*`.
 */
export function resolveSequenceSet(set: SequenceSet & { readonly kind: 'numbers' }, last: number): UidSet {
  if (set.fromOrLast === undefined || last === 0) return set.numbers
  const ofStar: UidRange = [Math.min(set.fromOrLast, last), last]
  return UidSet.ofRanges([...set.numbers.ranges, ofStar])
}

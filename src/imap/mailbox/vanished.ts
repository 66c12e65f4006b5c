import { type UidRange, UidSet } from '../../formats/imap/uid-set.ts'
import type { OpenMailbox } from './open-mailbox.ts'

const MAX_LINE_OCTETS = 8000 // RFC 7162 section 4: what clients must be able to read

/** Writes VANISHED responses, as many as the length of a line asks for; none for no UIDs (RFC 7162 section 3.2.10). */
export function* vanishedResponses(uids: UidSet, isEarlier: boolean): Iterable<string> {
  for (const part of uids.split(MAX_LINE_OCTETS)) yield `* VANISHED ${isEarlier ? '(EARLIER) ' : ''}${part}\r\n`
}

/** What is asked about messages that are gone. */
export interface GoneQuestion {
  /** Those that the store remembers; undefined when it does not remember that far back. */
  readonly vanished: readonly number[] | undefined
  /** Undefined for all. */
  readonly among: UidSet | undefined
}

/**
 * Tells which UIDs are gone that have no number any more; all that are not there when nobody remembers (RFC 7162 section
 * 3.2.5.1).
 */
export function goneUids({ numbers, allUids, uidNext }: OpenMailbox, { vanished, among }: GoneQuestion): UidSet {
  if (vanished) {
    return UidSet.of(vanished.filter(uid => numbers.numberOf(uid) === undefined && (among?.has(uid) ?? true)))
  }
  const gaps = gapsBetween(allUids, uidNext)
  return UidSet.ofRanges(among ? intersection(gaps, among.ranges) : gaps)
}

function gapsBetween(present: Uint32Array, uidNext: number): UidRange[] {
  const gaps: UidRange[] = []
  let from = 1
  for (const uid of [...present, uidNext]) {
    if (uid > from) gaps.push([from, uid - 1])
    from = Math.max(from, uid + 1)
  }
  return gaps
}

/** Both are ascending and disjoint. */
function intersection(left: readonly UidRange[], right: readonly UidRange[]): UidRange[] {
  const both: UidRange[] = []
  let [i, j] = [0, 0]
  for (let [a, b] = [left[i], right[j]]; a && b; [a, b] = [left[i], right[j]]) {
    const [first, last] = [Math.max(a[0], b[0]), Math.min(a[1], b[1])]
    if (first <= last) both.push([first, last])
    if (a[1] < b[1]) i++
    else j++
  }
  return both
}

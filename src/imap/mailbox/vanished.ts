import { type UidRange, UidSet } from '../../formats/imap/uid-set.ts'

const MAX_LINE_OCTETS = 8000 // RFC 7162 section 4: what clients must be able to read

/** Writes VANISHED responses, as many as the length of a line asks for; none for no UIDs (RFC 7162 section 3.2.10). */
export function* vanishedResponses(uids: UidSet, isEarlier: boolean): Iterable<string> {
  for (const part of uids.split(MAX_LINE_OCTETS)) yield `* VANISHED ${isEarlier ? '(EARLIER) ' : ''}${part}\r\n`
}

/** What is known about messages that are gone. */
export interface GoneFacts {
  /** Those that the store remembers; undefined when it does not remember that far back. */
  readonly vanished: readonly number[] | undefined
  /** Those that the client knows to be there, ascending. */
  readonly present: Uint32Array
  readonly uidNext: number
  /** What the client asks about. */
  readonly among: UidSet | undefined
}

/** Tells which UIDs are gone; all that are not there when nobody remembers (RFC 7162 section 3.2.5.1). */
export function goneUids({ vanished, present, uidNext, among }: GoneFacts): UidSet {
  if (vanished) {
    const isPresent = new Set(present)
    return UidSet.of(vanished.filter(uid => !isPresent.has(uid) && (among?.has(uid) ?? true)))
  }
  const gaps = gapsBetween(present, uidNext)
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

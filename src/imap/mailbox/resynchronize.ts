import type { QresyncParameters } from '../../formats/imap/command/arguments/select.ts'
import { UidSet } from '../../formats/imap/uid-set.ts'
import type { ImapAccount } from '../backend.ts'
import type { Wire } from '../wire.ts'
import { modseqNumber } from './condstore.ts'
import { flagsResponse } from './flags-response.ts'
import type { OpenMailbox } from './open-mailbox.ts'
import { goneUids, vanishedResponses } from './vanished.ts'

/** Tells a client what has changed since it was last here (RFC 7162 section 3.2.5). */
export async function* resynchronize(
  account: ImapAccount,
  open: OpenMailbox,
  known: QresyncParameters,
): AsyncGenerator<Wire> {
  const changes = await account.changes(open.id, modseqNumber(known.modseq))
  if (!changes) return // the next look for news finds that the mailbox is gone
  const among = changes.vanished ? known.knownUids : afterMatch(open, known)
  yield* vanishedResponses(goneUids(open, { vanished: changes.vanished, among }), true)
  for (const { uid, flags, modseq } of changes.changed) {
    const number = open.numbers.numberOf(uid)
    if (number === undefined || known.knownUids?.has(uid) === false) continue
    yield flagsResponse(number, { uid, flags, modseq })
  }
}

/** Where the store has forgotten what vanished: up to a number that still has the UID it had, nothing has (section 3.2.5.2). */
function afterMatch(open: OpenMailbox, { knownUids, match }: QresyncParameters): UidSet | undefined {
  const last = match && lastMatch(open, match)
  if (last === undefined) return knownUids
  const after = UidSet.ofRanges(last + 1 < open.uidNext ? [[last + 1, open.uidNext - 1]] : [])
  if (!knownUids) return after
  const ranges = knownUids.ranges.filter(([, to]) => to > last)
  return UidSet.ofRanges(ranges.map(([from, to]) => [Math.max(from, last + 1), to]))
}

function lastMatch(open: OpenMailbox, { numbers, uids }: NonNullable<QresyncParameters['match']>): number | undefined {
  let last: number | undefined
  const pairs = each(uids)
  for (const number of each(numbers)) {
    const { value: uid } = pairs.next()
    if (number > open.numbers.count || uid === undefined) break
    if (open.numbers.uidAt(number) === uid) last = uid
  }
  return last
}

function* each({ ranges }: UidSet): Generator<number, undefined> {
  for (const [first, last] of ranges) for (let number = first; number <= last; number++) yield number
  return undefined
}

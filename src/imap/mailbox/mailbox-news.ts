import { UidSet } from '../../formats/imap/uid-set.ts'
import { equalFlags, type MessageFlags } from '../../store/flags.ts'
import type { MailboxChanges, MessageNews } from '../../store/queries/mailbox-views.ts'
import type { ImapAccount } from '../backend.ts'
import type { Selected } from '../session-state.ts'
import type { Wire } from '../wire.ts'
import { flagsResponse } from './flags-response.ts'
import type { OpenMailbox } from './open-mailbox.ts'
import { vanishedResponses } from './vanished.ts'

/** The open mailbox is there no longer. IMAP has no word for that but BYE (RFC 2180 section 3.3). */
export class MailboxGone extends Error {}

/** How news may be told. */
export interface NewsOptions {
  /** Not while message numbers of a command are in use (RFC 9051 section 7.5.1). */
  readonly canExpunge: boolean
  /** Whether flags are told with UIDs, as the answers of a UID command are. */
  readonly isUid?: boolean
  /** Flags that the client has set itself and wants to hear nothing of, if they have become these. */
  readonly expected?: ReadonlyMap<number, MessageFlags>
}

/**
 * Tells a client what has changed in its mailbox since it was last told. Gives what was found, new messages included.
 *
 * @throws {MailboxGone}
 */
export async function* tellNews(
  { account, dialect, open }: Selected,
  { canExpunge, isUid = false, expected }: NewsOptions,
): AsyncGenerator<Wire, readonly MessageNews[]> {
  open.isStale = false
  const changes = await account.changes(open.id, open.toldModseq)
  // With other UIDs it is another mailbox.
  if (!changes || changes.uidValidity !== open.uidValidity) throw new MailboxGone()
  const { vanished, arrived, uidNext } = await comingsAndGoings(account, open, changes)
  open.toldModseq = changes.highestModseq
  open.uidNext = uidNext
  const gone = [...open.heldBack, ...vanished]
  open.heldBack = canExpunge ? [] : gone
  const known = changes.changed.filter(({ uid }) => open.numbers.numberOf(uid) !== undefined)
  const { expunged, exists } = open.numbers.apply(canExpunge ? gone : [], arrived)
  if (canExpunge && dialect.isQresync) yield* vanishedResponses(UidSet.of(gone), false)
  else for (const number of expunged) yield `* ${number} EXPUNGE\r\n`
  if (exists !== undefined) yield `* ${exists} EXISTS\r\n`
  for (const { uid, flags, modseq } of known) {
    const number = open.numbers.numberOf(uid)
    const told = expected?.get(uid)
    const isExpected = told !== undefined && equalFlags(told, flags)
    if (number === undefined || (isExpected && !dialect.isCondstore)) continue
    yield flagsResponse(number, {
      uid: isUid || dialect.isCondstore ? uid : undefined, // RFC 7162 section 3.2.4
      flags: isExpected ? undefined : flags,
      modseq: dialect.isCondstore ? modseq : undefined,
    })
  }
  return changes.changed
}

/** Where the store has forgotten what vanished, what is there is compared with what the client knows. */
async function comingsAndGoings(
  account: ImapAccount,
  open: OpenMailbox,
  { changed, vanished, uidNext }: MailboxChanges,
) {
  const last = open.lastUid
  if (vanished) {
    const gone = vanished.filter(uid => open.numbers.numberOf(uid) !== undefined)
    return { vanished: gone, arrived: changed.map(({ uid }) => uid).filter(uid => uid > last), uidNext }
  }
  const snapshot = await account.snapshot(open.id)
  if (!snapshot) throw new MailboxGone()
  const present = new Set(snapshot.uids)
  const gone = [...open.allUids].filter(uid => !present.has(uid))
  return { vanished: gone, arrived: [...snapshot.uids].filter(uid => uid > last), uidNext: snapshot.uidNext }
}

import { UidSet } from '../../formats/imap/uid-set.ts'
import { equalFlags, type MessageFlags } from '../../store/flags.ts'
import type { MailboxChanges, MessageNews } from '../../store/queries/mailbox-views.ts'
import { type ImapAccount, ImapRefusal } from '../backend.ts'
import { fetchResponses } from '../fetch/fetch-responses.ts'
import type { SelectedEvents } from '../notify/selected-events.ts'
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
  /** What is told though the client has said by NOTIFY that it wants less: it has asked for it by a command. */
  readonly answer?: NewsAnswer
  /** False where news of other mailboxes would stand among answers that look the same, or before what they come after. */
  readonly hasOthers?: boolean
}

/** All news, messages that are gone, or the flags of some messages. */
export type NewsAnswer = 'all' | 'expunges' | ReadonlySet<number>

/** What of the news is told. */
interface Extent {
  readonly hasArrivals: boolean
  readonly hasExpunges: boolean
  /** Of all messages, or of some. */
  readonly flags: 'all' | 'none' | ReadonlySet<number>
}

/**
 * Tells a client what has changed in its mailbox since it was last told. What it does not want to hear now (RFC 5465) is told
 * when it wants it. Gives what was found, new messages included.
 *
 * @throws {MailboxGone}
 */
export async function* tellNews(
  selected: Selected,
  options: NewsOptions,
): AsyncGenerator<Wire, readonly MessageNews[]> {
  const { account, dialect, open, events } = selected
  const { hasArrivals, hasExpunges, flags } = extentOf(events.selected, options)
  open.isStale = false
  const changes = await account.changes(open.id, flags === 'none' ? open.countedModseq : open.toldModseq)
  // With other UIDs it is another mailbox.
  if (!changes || changes.uidValidity !== open.uidValidity) throw new MailboxGone()
  const { vanished, arrived, uidNext } = await comingsAndGoings(account, open, changes)
  if (hasArrivals) {
    open.countedModseq = changes.highestModseq
    open.uidNext = uidNext
  }
  if (hasArrivals && flags === 'all') open.toldModseq = changes.highestModseq
  const gone = [...new Set([...open.heldBack, ...vanished])]
  if (hasExpunges) open.heldBack = []
  else if (hasArrivals) open.heldBack = gone
  const known = changes.changed.filter(({ uid }) => open.numbers.numberOf(uid) !== undefined)
  const { expunged, exists } = open.numbers.apply(hasExpunges ? gone : [], hasArrivals ? arrived : [])
  if (hasExpunges && dialect.isQresync) yield* vanishedResponses(UidSet.of(gone), false)
  else for (const number of expunged) yield `* ${number} EXPUNGE\r\n`
  if (exists !== undefined) yield `* ${exists} EXISTS\r\n`
  for (const news of known) {
    if (flags === 'all' || (flags !== 'none' && flags.has(news.uid))) yield* flagNews(selected, news, options)
  }
  if (exists !== undefined) yield* itemNews(selected, arrived)
  return changes.changed
}

/** The client has put messages into its open mailbox itself: it is told that they are there, and no more. */
export function expectOwn({ open, events }: Selected, uids: readonly number[]): void {
  open.isStale = true
  if (events.selected.items.length > 0) for (const uid of uids) open.ownUids.add(uid)
}

function extentOf({ extent }: SelectedEvents, { canExpunge, answer }: NewsOptions): Extent {
  if (extent === 'all' || answer === 'all') return { hasArrivals: true, hasExpunges: canExpunge, flags: 'all' }
  const isCounted = extent === 'numbers'
  const hasExpunges = canExpunge && (isCounted || answer === 'expunges')
  return { hasArrivals: isCounted, hasExpunges, flags: typeof answer === 'object' ? answer : 'none' }
}

function* flagNews({ dialect, open, events }: Selected, { uid, flags, modseq }: MessageNews, options: NewsOptions) {
  const number = open.numbers.numberOf(uid)
  const told = options.expected?.get(uid)
  const isExpected = told !== undefined && equalFlags(told, flags)
  if (number === undefined || (isExpected && !dialect.isCondstore)) return
  const hasUid = options.isUid || dialect.isCondstore || events.isOn // RFC 7162 section 3.2.4, RFC 5465 section 5.1
  yield flagsResponse(number, {
    uid: hasUid ? uid : undefined,
    flags: isExpected ? undefined : flags,
    modseq: dialect.isCondstore ? modseq : undefined,
  })
}

/** Tells of new messages what NOTIFY asks for. None becomes \\Seen by that, and one that cannot be read is not told. */
async function* itemNews({ account, dialect, open, events }: Selected, arrived: readonly number[]) {
  const { items } = events.selected
  const uids = Uint32Array.from(arrived).filter(uid => !open.ownUids.has(uid)) // RFC 5465 section 5.2
  open.ownUids.clear()
  if (items.length === 0) return
  try {
    yield* fetchResponses(account, {
      ...{ mailbox: open.id, uids, items, numbers: open.numbers, isUid: false },
      ...{ isCondstore: dialect.isCondstore, isUtf8: dialect.isUtf8, isReadOnly: true },
    })
  } catch (error) {
    if (!(error instanceof ImapRefusal)) throw error
  }
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

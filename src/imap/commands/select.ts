import type { QresyncParameters } from '../../formats/imap/command/arguments/select.ts'
import { flagList } from '../../formats/imap/response-encoder.ts'
import { UidSet } from '../../formats/imap/uid-set.ts'
import { unpackFlags } from '../../store/flags.ts'
import type { MailboxSnapshot } from '../../store/queries/mailbox-views.ts'
import { type ImapAccount, ImapRefusal, type Mailbox } from '../backend.ts'
import { OpenMailbox } from '../open-mailbox.ts'
import { bad, ok } from '../reply.ts'
import type { ImapSession } from '../session.ts'
import { accountOf, handler, SIGNED_IN } from './handler.ts'

const SYSTEM_FLAGS = ['\\Answered', '\\Flagged', '\\Deleted', '\\Seen', '\\Draft']

/** SELECT and EXAMINE; a mailbox that was open is closed, whatever comes of it (RFC 9051 section 6.3.2). */
export const select = handler<'select'>(SIGNED_IN, async function* (request) {
  const { session, command } = request
  if (command.qresync && !session.enabled.has('QRESYNC')) return bad('QRESYNC is not enabled')
  if (command.isCondstore) session.enabled.add('CONDSTORE')
  if (session.state.kind === 'selected') {
    session.leave()
    yield '* OK [CLOSED] the other mailbox is closed\r\n'
  }
  const account = accountOf(request)
  const mailbox = await session.find(command.mailbox)
  if (!mailbox.isSelectable) throw new ImapRefusal('NONEXISTENT', 'this mailbox only holds other mailboxes')
  const snapshot = await account.snapshot(mailbox.id)
  if (!snapshot) throw new ImapRefusal('NONEXISTENT', 'there is no such mailbox')
  const open = new OpenMailbox(mailbox, snapshot, command.isReadOnly || mailbox.isReadOnly)
  open.isStale = true // it may have changed while it was read
  yield describe(session, open, snapshot)
  if (command.qresync) yield await resynchronize(account, open, command.qresync)
  session.select(open)
  return ok('open', open.isReadOnly ? 'READ-ONLY' : 'READ-WRITE')
})

function describe(session: ImapSession, { mailbox, isReadOnly }: OpenMailbox, snapshot: MailboxSnapshot): string {
  const { uids, firstUnseen, uidValidity, uidNext, highestModseq } = snapshot
  const isOld = !session.enabled.has('IMAP4REV2')
  const unseen = firstUnseen === undefined ? 0 : uids.indexOf(firstUnseen) + 1
  const permanent = isReadOnly ? [] : [...SYSTEM_FLAGS, '\\*']
  const lines = [
    `${uids.length} EXISTS`,
    ...(isOld ? ['0 RECENT'] : []),
    `FLAGS ${flagList(SYSTEM_FLAGS)}`,
    `OK [PERMANENTFLAGS ${flagList(permanent)}] may be stored`,
    ...(isOld && unseen > 0 ? [`OK [UNSEEN ${unseen}] first unread message`] : []),
    `OK [UIDVALIDITY ${uidValidity}] UIDs hold`,
    `OK [UIDNEXT ${uidNext}] next UID`,
    `OK [HIGHESTMODSEQ ${highestModseq}] highest mod-sequence`,
    `OK [MAILBOXID (${mailboxId(mailbox)})] its name for ever`,
  ]
  return lines.map(line => `* ${line}\r\n`).join('')
}

/** The MAILBOXID (RFC 8474). */
export function mailboxId({ id }: Pick<Mailbox, 'id'>): string {
  return `F${id}`
}

// RFC 7162 section 3.2.5: what has changed since the client was here.
async function resynchronize(account: ImapAccount, open: OpenMailbox, known: QresyncParameters): Promise<string> {
  if (known.uidValidity !== open.uidValidity) return ''
  const changes = await account.changes(open.mailbox.id, Number(known.modseq))
  if (!changes) return ''
  const { numbers } = open
  const vanished = changes.vanished ?? missing(known.knownUids, open)
  const wanted = vanished.filter(uid => known.knownUids === undefined || known.knownUids.has(uid))
  const lines = wanted.length > 0 ? [`* VANISHED (EARLIER) ${UidSet.of(wanted)}\r\n`] : []
  for (const { uid, flags, modseq } of changes.changed) {
    const number = numbers.numberOf(uid)
    const isWanted = known.knownUids === undefined || known.knownUids.has(uid)
    if (number !== undefined && isWanted)
      lines.push(`* ${number} FETCH (UID ${uid} FLAGS ${flagList(unpackFlags(flags))} MODSEQ (${modseq}))\r\n`)
  }
  return lines.join('')
}

const MAX_GUESSED = 1_000_000

// The store does not remember that far back: every number that is not there may have been a message.
function missing(knownUids: UidSet | undefined, { numbers }: OpenMailbox): number[] {
  const last = numbers.uidAt(numbers.count) ?? 0
  const ranges = knownUids?.ranges ?? [[1, last]]
  const found: number[] = []
  for (const [first, end] of ranges) {
    for (let uid = first; uid <= end && found.length < MAX_GUESSED; uid++) {
      if (numbers.numberOf(uid) === undefined) found.push(uid)
    }
  }
  return found
}

import type { SelectCommand } from '../../../formats/imap/command/arguments/select.ts'
import type { MailboxSnapshot } from '../../../store/queries/mailbox-views.ts'
import { ImapRefusal } from '../../backend.ts'
import { bad, ok, refusal } from '../../completion.ts'
import { enableCondstore } from '../../mailbox/condstore.ts'
import { getSelectable, mailboxIdOf } from '../../mailbox/find-mailbox.ts'
import { listResponse } from '../../mailbox/list-response.ts'
import { mailboxTree } from '../../mailbox/mailbox-tree.ts'
import { OpenMailbox } from '../../mailbox/open-mailbox.ts'
import { resynchronize } from '../../mailbox/resynchronize.ts'
import { type Authenticated, type Selected, withoutMailbox } from '../../session-state.ts'
import type { Wire } from '../../wire.ts'
import type { Answer, Turn } from '../handler.ts'

const SYSTEM_FLAGS = '\\Answered \\Flagged \\Deleted \\Seen \\Draft'
const KEYWORDS = '$Forwarded $MDNSent $Junk $NotJunk' // those that most programs know; any other may come as well

/** SELECT and EXAMINE (RFC 9051 sections 6.3.2 and 6.3.3). One that fails leaves no mailbox open. */
export async function* select(command: SelectCommand, { state }: Turn<Authenticated | Selected>): Answer {
  if (command.qresync && !state.dialect.isQresync) return bad('QRESYNC was not enabled')
  if (state.kind === 'selected') yield '* OK [CLOSED] the previous mailbox is closed\r\n'
  const closed = withoutMailbox(state)
  try {
    const next = yield* openMailbox(command, closed)
    const code = next.open.isReadOnly ? 'READ-ONLY' : 'READ-WRITE'
    return { ...ok('the mailbox is open', code), next }
  } catch (error) {
    if (error instanceof ImapRefusal) return { ...refusal(error), next: closed }
    throw error
  }
}

async function* openMailbox(command: SelectCommand, user: Authenticated): AsyncGenerator<Wire, Selected> {
  const { account } = user
  const mailbox = await getSelectable(account, command.mailbox)
  const snapshot = await account.snapshot(mailbox.id)
  if (!snapshot) throw new ImapRefusal('NONEXISTENT', 'there is no such mailbox')
  if (command.isCondstore) yield* enableCondstore(user)
  const open = new OpenMailbox(mailbox, snapshot, command.isReadOnly || mailbox.isReadOnly)
  const selected: Selected = { ...user, kind: 'selected', open }
  yield* describe(selected, snapshot)
  if (command.qresync?.uidValidity === snapshot.uidValidity) {
    yield* resynchronize(account, open, command.qresync)
  }
  return selected
}

async function* describe({ account, dialect, open }: Selected, snapshot: MailboxSnapshot): AsyncGenerator<Wire> {
  yield `* ${open.numbers.count} EXISTS\r\n`
  if (!dialect.isRev2) yield '* 0 RECENT\r\n' // IMAP4rev1 wants it; \Recent is never set
  yield `* FLAGS (${SYSTEM_FLAGS} ${KEYWORDS})\r\n`
  const permanent = open.isReadOnly ? '' : `${SYSTEM_FLAGS} ${KEYWORDS} \\*`
  yield `* OK [PERMANENTFLAGS (${permanent})] these are kept\r\n`
  const unseen = snapshot.firstUnseen === undefined ? undefined : open.numbers.numberOf(snapshot.firstUnseen)
  if (unseen !== undefined && !dialect.isRev2) yield `* OK [UNSEEN ${unseen}] the first unseen message\r\n`
  yield `* OK [UIDVALIDITY ${snapshot.uidValidity}] UIDs stay valid\r\n`
  yield `* OK [UIDNEXT ${snapshot.uidNext}] the next UID\r\n`
  yield `* OK [HIGHESTMODSEQ ${snapshot.highestModseq}] the latest change\r\n`
  yield `* OK [MAILBOXID (${mailboxIdOf(open.id)})] the mailbox itself\r\n`
  if (!dialect.isRev2) return
  const node = mailboxTree(await account.mailboxes()).find(({ mailbox }) => mailbox?.id === open.id)
  if (node) yield listResponse(node, { isUtf8: dialect.isUtf8, hasSubscribed: false })
}

import type { StatusItem } from '../../formats/imap/command/arguments/list.ts'
import { mailboxString } from '../../formats/imap/response-encoder.ts'
import type { MailboxCounters } from '../../store/queries/mailbox-views.ts'
import { ImapRefusal, type Mailbox } from '../backend.ts'
import { APPEND_LIMIT } from '../capabilities.ts'
import { ok } from '../reply.ts'
import type { ImapSession } from '../session.ts'
import { accountOf, handler, SIGNED_IN } from './handler.ts'
import { mailboxId } from './select.ts'

/** STATUS. */
export const status = handler<'status'>(SIGNED_IN, async function* (request) {
  const { session, command } = request
  const mailbox = await session.find(command.mailbox)
  const counters = mailbox.isSelectable ? await accountOf(request).counters(mailbox.id) : undefined
  if (!counters) throw new ImapRefusal('NONEXISTENT', 'this mailbox only holds other mailboxes')
  if (command.items.includes('HIGHESTMODSEQ')) session.enabled.add('CONDSTORE')
  yield statusLine(session, mailbox, counters, command.items)
  return ok('done')
})

/** Writes a STATUS response. */
export function statusLine(
  session: ImapSession,
  mailbox: Mailbox,
  counters: MailboxCounters,
  items: readonly StatusItem[],
): string {
  const values = items.map(item => `${item} ${VALUES[item](counters, mailbox)}`)
  return `* STATUS ${mailboxString(mailbox.path, session.isUtf8)} (${values.join(' ')})\r\n`
}

const VALUES: Readonly<Record<StatusItem, (counters: MailboxCounters, mailbox: Mailbox) => string | number>> = {
  MESSAGES: ({ messages }) => messages,
  RECENT: () => 0,
  UIDNEXT: ({ uidNext }) => uidNext,
  UIDVALIDITY: ({ uidValidity }) => uidValidity,
  UNSEEN: ({ unseen }) => unseen,
  DELETED: ({ deleted }) => deleted,
  'DELETED-STORAGE': () => 0, // freed 30 days after the expunge, not by it
  SIZE: ({ size }) => size,
  HIGHESTMODSEQ: ({ highestModseq }) => highestModseq,
  MAILBOXID: (_counters, mailbox) => `(${mailboxId(mailbox)})`,
  APPENDLIMIT: () => APPEND_LIMIT,
}

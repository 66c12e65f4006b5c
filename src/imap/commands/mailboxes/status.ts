import type { StatusCommand, StatusItem } from '../../../formats/imap/command/arguments/list.ts'
import { mailboxString } from '../../../formats/imap/response-encoder.ts'
import type { MailboxCounters } from '../../../store/queries/mailbox-views.ts'
import { type ImapAccount, ImapRefusal, type Mailbox } from '../../backend.ts'
import { ok } from '../../completion.ts'
import { enableCondstore } from '../../mailbox/condstore.ts'
import { getSelectable, mailboxIdOf } from '../../mailbox/find-mailbox.ts'
import type { Authenticated, Selected } from '../../session-state.ts'
import type { Answer, Turn } from '../handler.ts'

/** STATUS (RFC 9051 section 6.3.11). */
export async function* status(command: StatusCommand, turn: Turn<Authenticated | Selected>): Answer {
  const mailbox = await getSelectable(turn.state.account, command.mailbox)
  if (command.items.includes('HIGHESTMODSEQ')) yield* enableCondstore(turn.state)
  const response = await statusResponse(mailbox, command.items, turn)
  if (response === undefined) throw new ImapRefusal('NONEXISTENT', 'there is no such mailbox')
  yield response
  return ok('that is its status')
}

/** Writes a STATUS response; undefined when the mailbox has gone meanwhile. */
export async function statusResponse(
  mailbox: Mailbox,
  items: readonly StatusItem[],
  { state, services }: Pick<Turn<Authenticated | Selected>, 'state' | 'services'>,
): Promise<string | undefined> {
  const counters = await state.account.counters(mailbox.id)
  if (!counters) return undefined
  const deletedOctets = items.includes('DELETED-STORAGE') ? await deletedStorage(state.account, mailbox.id) : 0
  const facts = { mailbox, counters, deletedOctets, appendLimitOctets: services.appendLimitOctets }
  const values = items.map(item => `${item} ${itemValue(item, facts)}`)
  return `* STATUS ${mailboxString(mailbox.path, state.dialect.isUtf8)} (${values.join(' ')})\r\n`
}

interface StatusFacts {
  readonly mailbox: Mailbox
  readonly counters: MailboxCounters
  readonly deletedOctets: number
  readonly appendLimitOctets: number
}

function itemValue(item: StatusItem, { mailbox, counters, deletedOctets, appendLimitOctets }: StatusFacts) {
  switch (item) {
    case 'MESSAGES':
      return counters.messages
    case 'RECENT':
      return 0 // \Recent is never set
    case 'UIDNEXT':
      return counters.uidNext
    case 'UIDVALIDITY':
      return counters.uidValidity
    case 'UNSEEN':
      return counters.unseen
    case 'DELETED':
      return counters.deleted
    case 'DELETED-STORAGE':
      return deletedOctets
    case 'SIZE':
      return counters.size
    case 'HIGHESTMODSEQ':
      return counters.highestModseq
    case 'MAILBOXID':
      return `(${mailboxIdOf(mailbox.id)})`
    case 'APPENDLIMIT':
      return appendLimitOctets
  }
}

/** What EXPUNGE would free, in octets (RFC 9208 section 4.1.4). */
async function deletedStorage(account: ImapAccount, mailbox: number): Promise<number> {
  const uids = (await account.snapshot(mailbox))?.uids ?? new Uint32Array()
  const deleted = await account.search({ mailbox, uids }, { kind: 'flag', flag: '\\Deleted' })
  let octets = 0
  const which = { mailbox, uids: deleted, facts: ['size'] } as const
  for await (const page of account.messages(which)) for (const { size } of page) octets += size
  return octets
}

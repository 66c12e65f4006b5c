import type { MailboxCommand } from '../../../formats/imap/command/arguments/mailbox-commands.ts'
import { no, ok } from '../../completion.ts'
import { getMailbox } from '../../mailbox/find-mailbox.ts'
import { type Authenticated, type Selected, withoutMailbox } from '../../session-state.ts'
import type { Answer, Turn } from '../handler.ts'

/** DELETE (RFC 9051 section 6.3.5). The client's own open mailbox is closed with it. */
export async function* deleteMailbox(command: MailboxCommand, { state }: Turn<Authenticated | Selected>): Answer {
  if (command.mailbox === 'INBOX') return no('INBOX stays', 'CANNOT')
  const { id } = await getMailbox(state.account, command.mailbox)
  await state.account.deleteMailbox(id)
  state.events.listing.deleted(command.mailbox)
  if (state.kind !== 'selected' || state.open.id !== id) return ok('the mailbox is gone')
  yield '* OK [CLOSED] this mailbox was open\r\n'
  return { ...ok('the mailbox is gone'), next: withoutMailbox(state) }
}

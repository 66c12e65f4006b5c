import type { MailboxCommand } from '../../../formats/imap/command/arguments/mailbox-commands.ts'
import { type Completion, ok } from '../../completion.ts'
import { findMailbox, getMailbox } from '../../mailbox/find-mailbox.ts'
import type { Authenticated, Selected } from '../../session-state.ts'
import type { Turn } from '../handler.ts'

/** SUBSCRIBE (RFC 9051 section 6.3.7). */
export async function subscribe(
  command: MailboxCommand,
  { state }: Turn<Authenticated | Selected>,
): Promise<Completion> {
  const { id } = await getMailbox(state.account, command.mailbox)
  await state.account.subscribe(id, true)
  state.events.listing.subscribed(command.mailbox, true)
  return ok('subscribed')
}

/** UNSUBSCRIBE (RFC 9051 section 6.3.8). What is not there is not subscribed: clients ask after DELETE. */
export async function unsubscribe(
  command: MailboxCommand,
  { state }: Turn<Authenticated | Selected>,
): Promise<Completion> {
  const mailbox = await findMailbox(state.account, command.mailbox)
  if (mailbox) {
    await state.account.subscribe(mailbox.id, false)
    state.events.listing.subscribed(mailbox.path, false)
  }
  return ok('not subscribed')
}

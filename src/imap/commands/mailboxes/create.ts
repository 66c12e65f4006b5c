import type { CreateCommand } from '../../../formats/imap/command/arguments/mailbox-commands.ts'
import { bad, type Completion, no, ok } from '../../completion.ts'
import { findMailbox, mailboxIdOf } from '../../mailbox/find-mailbox.ts'
import { delimiterOf } from '../../mailbox/mailbox-tree.ts'
import type { Authenticated, Selected } from '../../session-state.ts'
import type { Turn } from '../handler.ts'

/** CREATE (RFC 9051 section 6.3.4). A special use cannot be asked for (RFC 6154 section 3): the server gives it. */
export async function create(
  { mailbox, specialUse }: CreateCommand,
  { state }: Turn<Authenticated | Selected>,
): Promise<Completion> {
  if (specialUse.length > 0) return no('a special use cannot be chosen', 'USEATTR')
  const delimiter = delimiterOf(await state.account.mailboxes())
  // A delimiter at the end says that mailboxes below will follow: nothing that we need to know.
  const path = delimiter && mailbox.endsWith(delimiter) ? mailbox.slice(0, -delimiter.length) : mailbox
  if (path === '') return bad('the name is empty')
  if (await findMailbox(state.account, path)) return no('there is such a mailbox already', 'ALREADYEXISTS')
  const id = await state.account.createMailbox(path)
  return ok('the mailbox is there', `MAILBOXID (${mailboxIdOf(id)})`)
}

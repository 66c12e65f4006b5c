import type { CreateCommand } from '../../../formats/imap/command/arguments/mailbox-commands.ts'
import { type Completion, no, ok } from '../../completion.ts'
import { mailboxIdOf } from '../../mailbox/find-mailbox.ts'
import { newPath } from '../../mailbox/new-path.ts'
import type { Authenticated, Selected } from '../../session-state.ts'
import type { Turn } from '../handler.ts'

/** CREATE (RFC 9051 section 6.3.4). A special use cannot be asked for (RFC 6154 section 3): the server gives it. */
export async function create(
  { mailbox, specialUse }: CreateCommand,
  { state }: Turn<Authenticated | Selected>,
): Promise<Completion> {
  if (specialUse.length > 0) return no('a special use cannot be chosen', 'USEATTR')
  const { path } = await newPath(state.account, mailbox)
  const id = await state.account.createMailbox(path)
  return ok('the mailbox is there', `MAILBOXID (${mailboxIdOf(id)})`)
}

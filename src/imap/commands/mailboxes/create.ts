import type { CreateCommand } from '../../../formats/imap/command/arguments/mailbox-commands.ts'
import type { MailboxUse } from '../../backend.ts'
import { type Completion, no, ok } from '../../completion.ts'
import { mailboxIdOf } from '../../mailbox/find-mailbox.ts'
import { newPath } from '../../mailbox/new-path.ts'
import type { Authenticated, Selected } from '../../session-state.ts'
import type { Turn } from '../handler.ts'

const USES: ReadonlyMap<string, MailboxUse> = new Map([
  ['\\drafts', 'drafts'],
  ['\\sent', 'sent'],
  ['\\trash', 'trash'],
  ['\\junk', 'junk'],
  ['\\archive', 'archive'],
])

/** CREATE (RFC 9051 section 6.3.4), for a special use where the client asks for one (RFC 6154 section 3). */
export async function create(
  { mailbox, specialUse }: CreateCommand,
  { state }: Turn<Authenticated | Selected>,
): Promise<Completion> {
  const [asked, ...others] = specialUse
  const use = asked === undefined ? undefined : USES.get(asked.toLowerCase())
  if (others.length > 0) return no('a mailbox can have one use only', 'USEATTR')
  if (asked !== undefined && !use) return no('a mailbox cannot be made for this use', 'USEATTR')
  const { path, delimiter } = await newPath(state.account, mailbox)
  const id = await state.account.createMailbox(path, use)
  state.events.listing.created({ id, path, delimiter })
  return ok('the mailbox is there', `MAILBOXID (${mailboxIdOf(id)})`)
}

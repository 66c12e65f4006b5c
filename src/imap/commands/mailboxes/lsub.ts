import type { LsubCommand } from '../../../formats/imap/command/arguments/list.ts'
import { mailboxString } from '../../../formats/imap/response-encoder.ts'
import { serverNstring } from '../../../formats/imap/server-string.ts'
import { ok } from '../../completion.ts'
import { MailboxPattern } from '../../mailbox/mailbox-pattern.ts'
import { mailboxTree, namesAbove } from '../../mailbox/mailbox-tree.ts'
import type { Authenticated, Selected } from '../../session-state.ts'
import type { Answer, Turn } from '../handler.ts'

/**
 * LSUB of IMAP4rev1 (RFC 3501 section 6.3.9). Where a pattern with `%` stops above a subscribed mailbox that it does not
 * match, the name there is told as one that cannot be selected.
 */
export async function* lsub(command: LsubCommand, { state }: Turn<Authenticated | Selected>): Answer {
  const pattern = new MailboxPattern(command.reference + command.pattern)
  const mailboxes = await state.account.mailboxes()
  const untold = mailboxes.filter(
    ({ path, delimiter, isSubscribed }) => isSubscribed && !pattern.matches(path, delimiter),
  )
  const stops = command.pattern.includes('%') ? namesAbove(untold) : new Set()
  for (const { path, delimiter, mailbox } of mailboxTree(mailboxes)) {
    const isSubscribed = mailbox?.isSubscribed === true
    if ((!isSubscribed && !stops.has(path)) || !pattern.matches(path, delimiter)) continue
    const attributes = isSubscribed ? '' : '\\Noselect'
    yield `* LSUB (${attributes}) ${serverNstring(delimiter)} ${mailboxString(path, state.dialect.isUtf8)}\r\n`
  }
  return ok('those are subscribed')
}

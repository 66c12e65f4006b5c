import type { ListCommand } from '../../../formats/imap/command/arguments/list.ts'
import { serverNstring } from '../../../formats/imap/server-string.ts'
import { no, ok } from '../../completion.ts'
import { enableCondstore } from '../../mailbox/condstore.ts'
import { type ListForm, listResponse } from '../../mailbox/list-response.ts'
import { MailboxPattern } from '../../mailbox/mailbox-pattern.ts'
import { delimiterOf, type MailboxNode, mailboxTree, specialUseOf } from '../../mailbox/mailbox-tree.ts'
import type { Authenticated, Selected } from '../../session-state.ts'
import type { Answer, Turn } from '../handler.ts'
import { statusResponse } from './status.ts'

const MAX_PATTERNS = 100 // each is tried on every mailbox

/** LIST (RFC 9051 section 6.3.9), with the extensions of RFC 5258, RFC 5819 and RFC 6154. */
export async function* list(command: ListCommand, { state, services }: Turn<Authenticated | Selected>): Answer {
  if (command.patterns.length > MAX_PATTERNS) return no('there are too many patterns', 'LIMIT')
  const mailboxes = await state.account.mailboxes()
  if (!command.isExtended && command.patterns[0] === '') {
    yield `* LIST (\\Noselect) ${serverNstring(delimiterOf(mailboxes))} ""\r\n`
    return ok('that is the delimiter')
  }
  if (command.status.includes('HIGHESTMODSEQ')) yield* enableCondstore(state)
  const patterns = command.patterns.map(pattern => new MailboxPattern(command.reference + pattern))
  for (const node of mailboxTree(mailboxes)) {
    if (!patterns.some(pattern => pattern.matches(node.path, node.delimiter))) continue
    const childInfo = childInfoOf(node, command)
    if (!isChosen(node, command) && childInfo.length === 0) continue
    yield listResponse(node, formOf(command, state.dialect.isUtf8, childInfo))
    if (command.status.length > 0 && node.mailbox?.isSelectable) {
      yield (await statusResponse(node.mailbox, command.status, { state, services })) ?? ''
    }
  }
  return ok('those are the mailboxes')
}

function formOf({ select, returns }: ListCommand, isUtf8: boolean, childInfo: readonly string[]): ListForm {
  return { isUtf8, hasSubscribed: select.has('SUBSCRIBED') || returns.has('SUBSCRIBED'), childInfo }
}

function isChosen({ mailbox }: MailboxNode, { select }: ListCommand): boolean {
  if (select.has('SUBSCRIBED') && !mailbox?.isSubscribed) return false
  return !select.has('SPECIAL-USE') || (mailbox !== undefined && specialUseOf(mailbox) !== undefined)
}

function childInfoOf(node: MailboxNode, { select }: ListCommand): string[] {
  if (!select.has('RECURSIVEMATCH')) return []
  return [
    ...(select.has('SUBSCRIBED') && node.hasSubscribedBelow ? ['SUBSCRIBED'] : []),
    ...(select.has('SPECIAL-USE') && node.hasSpecialBelow ? ['SPECIAL-USE'] : []),
  ]
}

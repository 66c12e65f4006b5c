import type { ListCommand } from '../../../formats/imap/command/arguments/list.ts'
import { serverNstring } from '../../../formats/imap/server-string.ts'
import { ImapRefusal, type Mailbox } from '../../backend.ts'
import { no, ok } from '../../completion.ts'
import { enableCondstore } from '../../mailbox/condstore.ts'
import { type ListForm, listResponse } from '../../mailbox/list-response.ts'
import { MailboxPattern } from '../../mailbox/mailbox-pattern.ts'
import { delimiterOf, mailboxTree, namesAbove, specialUseOf } from '../../mailbox/mailbox-tree.ts'
import type { Authenticated, Selected } from '../../session-state.ts'
import type { Answer, Turn } from '../handler.ts'
import { statusResponse } from './status.ts'

const MAX_PATTERNS = 100 // each is tried on every mailbox
const BASE_OPTIONS = ['SUBSCRIBED', 'SPECIAL-USE'] as const // RFC 5258 section 3.1

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
  const isNamed = ({ path, delimiter }: Pick<Mailbox, 'path' | 'delimiter'>) =>
    patterns.some(pattern => pattern.matches(path, delimiter))
  // A mailbox that is told itself is no reason to tell of those above it (RFC 5258 section 3.5).
  const above = namesAbove(mailboxes.filter(mailbox => isChosen(mailbox, command) && !isNamed(mailbox)))
  for (const node of mailboxTree(mailboxes)) {
    if (!isNamed(node)) continue
    const childInfo = above.has(node.path) ? childInfoOf(command) : []
    const isItself = isChosen(node.mailbox, command)
    if (!isItself && childInfo.length === 0) continue
    yield listResponse(node, formOf(command, state.dialect.isUtf8, childInfo))
    // What is told for its children only has no STATUS (RFC 5819 section 3).
    if (isItself && node.mailbox?.isSelectable) yield await statusOrNothing(node.mailbox, command, { state, services })
  }
  return ok('those are the mailboxes')
}

function formOf({ select, returns }: ListCommand, isUtf8: boolean, childInfo: readonly string[]): ListForm {
  return { isUtf8, hasSubscribed: select.has('SUBSCRIBED') || returns.has('SUBSCRIBED'), childInfo }
}

// A STATUS that cannot be had now is left out, and LIST succeeds (RFC 5819 section 2).
async function statusOrNothing(
  mailbox: Mailbox,
  { status }: ListCommand,
  turn: Pick<Turn<Authenticated | Selected>, 'state' | 'services'>,
): Promise<string> {
  try {
    return status.length > 0 ? ((await statusResponse(mailbox, status, turn)) ?? '') : ''
  } catch (error) {
    if (error instanceof ImapRefusal) return ''
    throw error
  }
}

function isChosen(mailbox: Mailbox | undefined, { select }: ListCommand): boolean {
  if (select.has('SUBSCRIBED') && !mailbox?.isSubscribed) return false
  return !select.has('SPECIAL-USE') || (mailbox !== undefined && specialUseOf(mailbox) !== undefined)
}

function childInfoOf({ select }: ListCommand): string[] {
  return select.has('RECURSIVEMATCH') ? BASE_OPTIONS.filter(option => select.has(option)) : []
}

import { mailboxString } from '../../formats/imap/response-encoder.ts'
import { serverNstring } from '../../formats/imap/server-string.ts'
import { type MailboxNode, specialUseOf } from './mailbox-tree.ts'

/** How a LIST response is to be written. */
export interface ListForm {
  readonly isUtf8: boolean
  /** Whether it says which mailboxes are subscribed. */
  readonly hasSubscribed: boolean
  /** What is true of mailboxes below (RFC 5258 section 3.5): names of selection options. */
  readonly childInfo?: readonly string[]
  /** What the mailbox was called before (RFC 5465 section 5.4). */
  readonly oldName?: string | undefined
}

/** Writes a LIST response (RFC 9051 section 7.3.1). */
export function listResponse(node: MailboxNode, { isUtf8, hasSubscribed, childInfo = [], oldName }: ListForm): string {
  const { mailbox } = node
  const special = mailbox && specialUseOf(mailbox)
  const attributes = [
    ...(mailbox ? [] : ['\\NonExistent']),
    ...(mailbox?.isSelectable ? [] : ['\\Noselect']), // IMAP4rev1 does not know \NonExistent
    node.hasChildren ? '\\HasChildren' : '\\HasNoChildren',
    ...(hasSubscribed && mailbox?.isSubscribed ? ['\\Subscribed'] : []),
    ...(special ? [special] : []),
  ]
  const items = [
    ...(childInfo.length > 0 ? [`"CHILDINFO" (${childInfo.map(name => `"${name}"`).join(' ')})`] : []),
    ...(oldName === undefined ? [] : [`"OLDNAME" (${mailboxString(oldName, isUtf8)})`]),
  ]
  const extended = items.length > 0 ? ` (${items.join(' ')})` : ''
  const name = mailboxString(node.path, isUtf8)
  return `* LIST (${attributes.join(' ')}) ${serverNstring(node.delimiter)} ${name}${extended}\r\n`
}

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
}

/** Writes a LIST response (RFC 9051 section 7.3.1). */
export function listResponse(node: MailboxNode, { isUtf8, hasSubscribed, childInfo = [] }: ListForm): string {
  const { mailbox } = node
  const special = mailbox && specialUseOf(mailbox)
  const attributes = [
    ...(mailbox ? [] : ['\\NonExistent']),
    ...(mailbox?.isSelectable ? [] : ['\\Noselect']), // IMAP4rev1 does not know \NonExistent
    node.hasChildren ? '\\HasChildren' : '\\HasNoChildren',
    ...(hasSubscribed && mailbox?.isSubscribed ? ['\\Subscribed'] : []),
    ...(special ? [special] : []),
  ]
  const extended = childInfo.length > 0 ? ` ("CHILDINFO" (${childInfo.map(name => `"${name}"`).join(' ')}))` : ''
  const name = mailboxString(node.path, isUtf8)
  return `* LIST (${attributes.join(' ')}) ${serverNstring(node.delimiter)} ${name}${extended}\r\n`
}

import { decodeMailboxName } from '../../../formats/imap/mailbox-name.ts'
import type { ImapValue } from '../../../formats/imap/value.ts'

/** Reads a mailbox name of a response; undefined for what is none. */
export function mailboxOf(value: ImapValue | undefined): string | undefined {
  if (value?.kind === 'string') return decodeMailboxName(value.octets)
  return value?.kind === 'atom' ? decodeMailboxName(Buffer.from(value.text, 'latin1')) : undefined
}

import { type ImapAccount, ImapRefusal, type Mailbox } from '../backend.ts'

/** Finds a mailbox by its name; undefined when there is none. */
export async function findMailbox(account: ImapAccount, path: string): Promise<Mailbox | undefined> {
  return (await account.mailboxes()).find(mailbox => mailbox.path === path)
}

/**
 * Gets a mailbox that holds messages.
 *
 * @throws {ImapRefusal} NONEXISTENT, or CANNOT when it holds none
 */
export async function getSelectable(account: ImapAccount, path: string): Promise<Mailbox> {
  const mailbox = await getMailbox(account, path)
  if (!mailbox.isSelectable) throw new ImapRefusal('CANNOT', 'this mailbox holds no messages')
  return mailbox
}

/**
 * Gets a mailbox that messages are to be put into.
 *
 * @throws {ImapRefusal} TRYCREATE when there is none (RFC 9051 section 7.1), CANNOT, NOPERM
 */
export async function getTarget(account: ImapAccount, path: string): Promise<Mailbox> {
  const mailbox = await findMailbox(account, path)
  if (!mailbox) throw new ImapRefusal('TRYCREATE', 'there is no such mailbox')
  if (!mailbox.isSelectable) throw new ImapRefusal('CANNOT', 'this mailbox holds no messages')
  if (mailbox.isReadOnly) throw new ImapRefusal('NOPERM', mailbox.readOnlyReason ?? 'this mailbox takes no changes')
  return mailbox
}

/**
 * Gets a mailbox by its name.
 *
 * @throws {ImapRefusal} NONEXISTENT
 */
export async function getMailbox(account: ImapAccount, path: string): Promise<Mailbox> {
  const mailbox = await findMailbox(account, path)
  if (!mailbox) throw new ImapRefusal('NONEXISTENT', 'there is no such mailbox')
  return mailbox
}

/** The MAILBOXID of a mailbox: a digit should not come first (RFC 8474 section 7). */
export function mailboxIdOf(mailbox: number): string {
  return `F${mailbox}`
}

import { type ImapAccount, ImapRefusal } from '../backend.ts'
import { findMailbox } from './find-mailbox.ts'
import { delimiterOf } from './mailbox-tree.ts'

/** A name that is free, and the delimiter of its levels. */
export interface NewPath {
  readonly path: string
  readonly delimiter: string | undefined
}

/**
 * Makes of what a client calls a new mailbox the name that it gets.
 *
 * @throws {ImapRefusal} CANNOT, ALREADYEXISTS
 */
export async function newPath(account: ImapAccount, name: string): Promise<NewPath> {
  const delimiter = delimiterOf(await account.mailboxes())
  // A delimiter at the end says that mailboxes below will follow: nothing that we need to know.
  const path = delimiter && name.endsWith(delimiter) ? name.slice(0, -delimiter.length) : name
  const levels = delimiter ? path.split(delimiter) : [path]
  if (levels.includes('')) throw new ImapRefusal('CANNOT', 'a level of the name is empty')
  // No LIST could ask for such a name alone (RFC 9051 section 5.1).
  if (/[*%]/.test(path)) throw new ImapRefusal('CANNOT', 'the name has a wildcard in it')
  if (/^inbox$/i.test(path) || (await findMailbox(account, path))) {
    throw new ImapRefusal('ALREADYEXISTS', 'there is such a mailbox already')
  }
  return { path, delimiter }
}

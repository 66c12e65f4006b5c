import type { RenameCommand } from '../../../formats/imap/command/arguments/mailbox-commands.ts'
import { type Completion, no, ok } from '../../completion.ts'
import { getMailbox } from '../../mailbox/find-mailbox.ts'
import { newPath } from '../../mailbox/new-path.ts'
import type { Authenticated, Selected } from '../../session-state.ts'
import type { Turn } from '../handler.ts'

/** RENAME (RFC 9051 section 6.3.6). Of INBOX, it moves the messages and leaves INBOX empty. */
export async function rename(
  { from, to }: RenameCommand,
  { state }: Turn<Authenticated | Selected>,
): Promise<Completion> {
  const { account } = state
  const { id } = await getMailbox(account, from)
  const { path, delimiter } = await newPath(account, to)
  if (delimiter && path.startsWith(from + delimiter)) return no('a mailbox cannot be below itself', 'CANNOT')
  if (from !== 'INBOX') {
    await account.renameMailbox(id, path)
    state.events.listing.renamed(from, path)
    return ok('renamed')
  }
  const target = await account.createMailbox(path)
  state.events.listing.created({ id: target, path, delimiter })
  const snapshot = await account.snapshot(id)
  if (snapshot && snapshot.uids.length > 0) await account.move({ mailbox: id, uids: snapshot.uids }, target)
  return ok('the messages of INBOX were moved there')
}

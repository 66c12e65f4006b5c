import { UidSet } from '../../formats/imap/uid-set.ts'
import { type CopiedUids, ImapRefusal, type Mailbox } from '../backend.ts'
import { bad, no, ok } from '../reply.ts'
import type { ImapSession } from '../session.ts'
import { handler, SELECTED, selectedOf } from './handler.ts'

/** COPY and UID COPY. */
export const copy = handler<'copy'>(SELECTED, async request => {
  const { account, open } = selectedOf(request)
  const uids = open.resolve(request.command.messages, request.command.isUid)
  if (!uids) return bad('there is no such message')
  const target = await findTarget(request.session, request.command.mailbox)
  const copied = await account.copy({ mailbox: open.mailbox.id, uids }, target.id)
  if (target.id === open.mailbox.id) open.isStale = true
  return ok('copied', copyUid(copied))
})

/** MOVE and UID MOVE (RFC 6851): the new UIDs are told before the expunges. */
export const move = handler<'move'>(SELECTED, async function* (request) {
  const { account, open } = selectedOf(request)
  if (open.isReadOnly) return no('the mailbox is open for reading only', 'NOPERM')
  const uids = open.resolve(request.command.messages, request.command.isUid)
  if (!uids) return bad('there is no such message')
  const target = await findTarget(request.session, request.command.mailbox)
  const moved = await account.move({ mailbox: open.mailbox.id, uids }, target.id)
  open.isStale = true
  const code = copyUid(moved)
  if (code !== undefined) yield `* OK [${code}] moved\r\n`
  return ok('moved')
})

async function findTarget(session: ImapSession, path: string): Promise<Mailbox> {
  try {
    return await session.find(path)
  } catch (error) {
    if (error instanceof ImapRefusal) throw new ImapRefusal('TRYCREATE', 'there is no such mailbox')
    throw error
  }
}

// Pairs in the order of the sources; the new UIDs rise with them (RFC 9051 section 7.1, COPYUID).
function copyUid({ uidValidity, from, to }: CopiedUids): string | undefined {
  return from.length === 0 ? undefined : `COPYUID ${uidValidity} ${UidSet.of(from)} ${UidSet.of(to)}`
}

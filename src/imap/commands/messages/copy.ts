import type { CopyCommand } from '../../../formats/imap/command/arguments/mailbox-commands.ts'
import { UidSet } from '../../../formats/imap/uid-set.ts'
import type { CopiedUids } from '../../backend.ts'
import { type Completion, ok } from '../../completion.ts'
import { getTarget } from '../../mailbox/find-mailbox.ts'
import { expectOwn, tellNews } from '../../mailbox/mailbox-news.ts'
import { readOnlyRefusal } from '../../mailbox/read-only.ts'
import type { Selected } from '../../session-state.ts'
import type { Answer, Turn } from '../handler.ts'

/** COPY and UID COPY (RFC 9051 section 6.4.7). */
export async function copy(command: CopyCommand, { state }: Turn<Selected>): Promise<Completion> {
  const { account, open } = state
  const uids = open.uidsOf(command.messages, command.isUid)
  const target = await getTarget(account, command.mailbox)
  if (uids.length === 0) return ok('nothing to copy')
  const copied = await account.copy({ mailbox: open.id, uids }, target.id)
  if (target.id === open.id) expectOwn(state, copied.to)
  return ok('copied', copyUid(copied))
}

/** MOVE and UID MOVE (RFC 9051 section 6.4.8): where messages are now is told before they go here. */
export async function* move(command: CopyCommand, { state }: Turn<Selected>): Answer {
  const { account, dialect, open } = state
  if (open.isReadOnly) return readOnlyRefusal(open)
  const uids = open.uidsOf(command.messages, command.isUid)
  const target = await getTarget(account, command.mailbox)
  if (uids.length === 0) return ok('nothing to move')
  const code = copyUid(await account.move({ mailbox: open.id, uids }, target.id))
  if (code !== '') yield `* OK [${code}] moved there\r\n`
  yield* tellNews(state, { canExpunge: true, isUid: command.isUid, answer: 'expunges' })
  return ok('moved', dialect.isQresync ? `HIGHESTMODSEQ ${open.toldModseq}` : '') // as EXPUNGE does
}

/** Both lists are ascending, so that sets keep their order (RFC 4315 section 3). */
function copyUid({ uidValidity, from, to }: CopiedUids): string {
  return from.length === 0 ? '' : `COPYUID ${uidValidity} ${UidSet.of(from)} ${UidSet.of(to)}`
}

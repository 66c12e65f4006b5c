import type { ExpungeCommand } from '../../../formats/imap/command/arguments/mailbox-commands.ts'
import { ok } from '../../completion.ts'
import { tellNews } from '../../mailbox/mailbox-news.ts'
import { readOnlyRefusal } from '../../mailbox/read-only.ts'
import type { Selected } from '../../session-state.ts'
import type { Answer, Turn } from '../handler.ts'

/** EXPUNGE and UID EXPUNGE (RFC 9051 sections 6.4.3 and 6.4.9). */
export async function* expunge({ uids: set }: ExpungeCommand, { state }: Turn<Selected>): Answer {
  const { account, dialect, open } = state
  if (open.isReadOnly) return readOnlyRefusal(open)
  await account.expunge({ mailbox: open.id, uids: set ? open.uidsOf(set, true) : open.allUids })
  yield* tellNews(state, { canExpunge: true, isUid: set !== undefined, answer: 'expunges' })
  // RFC 7162 section 3.2.7: the client that has read this needs to ask for no VANISHED before it.
  return ok('expunged', dialect.isQresync ? `HIGHESTMODSEQ ${open.toldModseq}` : '')
}

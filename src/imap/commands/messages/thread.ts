import type { ThreadCommand } from '../../../formats/imap/command/arguments/search.ts'
import type { Thread } from '../../backend.ts'
import { bad, ok } from '../../completion.ts'
import { enableCondstore } from '../../mailbox/condstore.ts'
import type { Selected } from '../../session-state.ts'
import type { Answer, Turn } from '../handler.ts'
import { uidSearchKey, usesModseq } from './uid-search-key.ts'

/** THREAD and UID THREAD (RFC 5256 section 3). */
export async function* thread(command: ThreadCommand, { state }: Turn<Selected>): Answer {
  const { account, open } = state
  if (command.algorithm !== 'REFERENCES') return bad('this algorithm is not offered')
  const key = uidSearchKey(command.key, open)
  if (usesModseq(command.key)) yield* enableCondstore(state)
  const threads = await account.threads({ mailbox: open.id, uids: open.allUids }, key)
  const text = threadsText(threads, uids => open.named(uids, command.isUid).join(' '))
  yield `* THREAD${text === '' ? '' : ` ${text}`}\r\n`
  return ok('threaded')
}

/** Not recursive: a thread of hostile mail may branch deeper than the stack is. */
function threadsText(threads: readonly Thread[], namesOf: (uids: readonly number[]) => string): string {
  const text: string[] = []
  const pending: (Thread | string)[] = threads.toReversed()
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (typeof next === 'string') {
      text.push(next)
      continue
    }
    const names = namesOf(next.uids)
    text.push('(', names, names !== '' && next.branches.length > 0 ? ' ' : '')
    pending.push(')', ...next.branches.toReversed())
  }
  return text.join('')
}

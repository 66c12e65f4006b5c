import { type Completion, ok } from '../../completion.ts'
import { type Selected, withoutMailbox } from '../../session-state.ts'
import type { Turn } from '../handler.ts'

/** CLOSE (RFC 9051 section 6.4.1): removes what is \Deleted, in silence, unless the mailbox is open read-only. */
export async function close(command: unknown, turn: Turn<Selected>): Promise<Completion> {
  const { account, open } = turn.state
  if (!open.isReadOnly) await account.expunge({ mailbox: open.id, uids: open.allUids })
  return unselect(command, turn)
}

/** UNSELECT (RFC 9051 section 6.4.2). */
export function unselect(_command: unknown, { state }: Turn<Selected>): Completion {
  return { ...ok('the mailbox is closed'), next: withoutMailbox(state) }
}

import { serverNstring } from '../../../formats/imap/server-string.ts'
import { ok } from '../../completion.ts'
import { delimiterOf } from '../../mailbox/mailbox-tree.ts'
import type { Authenticated, Selected } from '../../session-state.ts'
import type { Answer, Turn } from '../handler.ts'

/** NAMESPACE (RFC 9051 section 6.3.10): all mailboxes are the user's own. */
export async function* namespace(_command: unknown, { state }: Turn<Authenticated | Selected>): Answer {
  const delimiter = delimiterOf(await state.account.mailboxes())
  yield `* NAMESPACE (("" ${serverNstring(delimiter)})) NIL NIL\r\n`
  return ok('those are the namespaces')
}

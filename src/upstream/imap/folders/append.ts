import { formatDateTime } from '../../../formats/imap/date-time.ts'
import { type CommandPart, isAtom } from '../../../formats/imap/encoder.ts'
import { mailboxArgument } from '../../../formats/imap/mailbox-name.ts'
import type { ResponseCode } from '../../../formats/imap/response.ts'
import { uidsInOrder } from '../../../formats/imap/uid-set.ts'
import { numberOf, textOf } from '../../../formats/imap/value.ts'
import type { RemoteAppend, RemoteUid } from '../../../sync/remote.ts'
import type { ImapConnection } from '../connection/connection.ts'

/**
 * Appends messages, streamed, in one command: several are all taken or none (MULTIAPPEND, RFC 3502). The promises of
 * several calls may be pending at the same time: their commands follow each other without waiting for answers.
 *
 * @throws {PosternError} UPSTREAM_REFUSED with the response as `cause` (TRYCREATE, OVERQUOTA, …)
 */
export async function appendMessages(
  connection: ImapConnection,
  path: string,
  messages: readonly RemoteAppend[],
): Promise<readonly (RemoteUid | undefined)[]> {
  const { code } = await connection.command(['APPEND ', mailboxArgument(path), ...messages.flatMap(messageParts)])
  const given = code?.name === 'APPENDUID' ? givenUids(code, messages.length) : undefined
  return given ?? messages.map(() => undefined)
}

function messageParts({ flags, internalDateMs, octets, chunks }: RemoteAppend): CommandPart[] {
  const words = flags.filter(isFlag).join(' ')
  return [` (${words}) "${formatDateTime(internalDateMs)}" `, { stream: { octets, chunks } }]
}

// In the order of the messages (RFC 4315 section 3). A set of another size proves nothing.
function givenUids({ args }: ResponseCode, count: number): readonly RemoteUid[] | undefined {
  const uidValidity = numberOf(args[0])
  const uids = uidsInOrder(textOf(args[1]) ?? '', count)
  if (!uidValidity || uids?.length !== count) return undefined
  return uids.map(uid => ({ uidValidity, uid }))
}

/** Tells whether a flag can stand in a command; one that cannot is kept here alone. */
export function isFlag(flag: string): boolean {
  return isAtom(flag.startsWith('\\') ? flag.slice(1) : flag)
}

import { formatDateTime } from '../../formats/imap/date-time.ts'
import { astring, isAtom } from '../../formats/imap/encoder.ts'
import { encodeMailboxName } from '../../formats/imap/mailbox-name.ts'
import { numberOf } from '../../formats/imap/value.ts'
import type { RemoteAppend, RemoteUid } from '../../sync/remote.ts'
import type { ImapConnection } from './connection.ts'

/**
 * Appends a message, streamed. The promises of several calls may be pending at the same time: their commands follow each
 * other without waiting for answers.
 *
 * @throws {PosternError} UPSTREAM_REFUSED with the response as `cause` (TRYCREATE, OVERQUOTA, …)
 */
export async function appendMessage(
  connection: ImapConnection,
  path: string,
  { flags, internalDateMs, octets, chunks }: RemoteAppend,
): Promise<RemoteUid | undefined> {
  const { code } = await connection.command([
    'APPEND ',
    astring(encodeMailboxName(path)),
    ` (${flags.filter(isFlag).join(' ')}) "${formatDateTime(internalDateMs)}" `,
    { stream: { octets, chunks } },
  ])
  if (code?.name !== 'APPENDUID') return undefined
  const [uidValidity, uid] = code.args.map(numberOf)
  return uidValidity && uid ? { uidValidity, uid } : undefined
}

/** Tells whether a flag can stand in a command; one that cannot is kept here alone. */
export function isFlag(flag: string): boolean {
  return isAtom(flag.startsWith('\\') ? flag.slice(1) : flag)
}

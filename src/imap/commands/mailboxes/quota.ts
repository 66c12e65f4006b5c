import type { GetQuotaCommand, MailboxCommand } from '../../../formats/imap/command/arguments/mailbox-commands.ts'
import { mailboxString } from '../../../formats/imap/response-encoder.ts'
import type { StorageQuota } from '../../../store/rows.ts'
import { no, ok } from '../../completion.ts'
import { getMailbox } from '../../mailbox/find-mailbox.ts'
import type { Authenticated, Selected } from '../../session-state.ts'
import type { Answer, Turn } from '../handler.ts'

const UNIT_OCTETS = 1024 // RFC 9208 section 5.1

/** GETQUOTA (RFC 9208 section 4.2). There is one quota root, the empty one, or none. */
export async function* getQuota({ root }: GetQuotaCommand, { state }: Turn<Authenticated | Selected>): Answer {
  const quota = root === '' ? await state.account.quota() : undefined
  if (!quota) return no('there is no such quota root', 'NONEXISTENT')
  yield quotaResponse(quota)
  return ok('that is the quota')
}

/** GETQUOTAROOT (RFC 9208 section 4.3). */
export async function* getQuotaRoot(command: MailboxCommand, { state }: Turn<Authenticated | Selected>): Answer {
  const { path } = await getMailbox(state.account, command.mailbox)
  const quota = await state.account.quota()
  yield `* QUOTAROOT ${mailboxString(path, state.dialect.isUtf8)}${quota ? ' ""' : ''}\r\n`
  if (quota) yield quotaResponse(quota)
  return ok('that is the quota')
}

function quotaResponse({ usage, limit }: StorageQuota): string {
  return `* QUOTA "" (STORAGE ${Math.ceil(usage / UNIT_OCTETS)} ${Math.floor(limit / UNIT_OCTETS)})\r\n`
}

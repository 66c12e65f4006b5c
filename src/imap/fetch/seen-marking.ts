import { unpackFlags } from '../../store/flags.ts'
import type { FactsOf, ImapAccount } from '../backend.ts'
import { type FetchedMessage, readRows } from './fetched-message.ts'

const SEEN = '\\Seen'

/** A message that has become \\Seen, or was, as it is now. */
export interface MarkedMessage extends FetchedMessage {
  /** Whether the client must be told its flags. */
  readonly hasNewFlags?: boolean
}

/** Makes messages \\Seen, in one change, and gives them as they are then: `facts` of them. Those that are gone are left out. */
export async function markSeen(
  account: ImapAccount,
  { mailbox, facts }: Omit<FactsOf, 'uids'>,
  messages: readonly FetchedMessage[],
): Promise<readonly MarkedMessage[]> {
  const unseen = new Set(messages.filter(isUnseen).map(({ uid }) => uid))
  const uids = Uint32Array.from(unseen)
  if (uids.length > 0) {
    await account.storeFlags({ mailbox, uids }, { action: 'add', flags: [SEEN], unchangedSince: undefined })
  }
  const rows = uids.length > 0 ? await readRows(account, { mailbox, uids, facts }) : undefined
  return messages
    .map(message => ({ ...message, hasNewFlags: unseen.has(message.uid) }))
    .map(message => (message.hasNewFlags ? { ...message, row: rows?.get(message.uid) } : message))
    .filter(({ row }) => row !== undefined)
}

function isUnseen({ row }: FetchedMessage): boolean {
  return row !== undefined && !unpackFlags(row.flags).includes(SEEN)
}

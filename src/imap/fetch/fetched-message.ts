import type { FactsOf, ImapAccount, MessageDetails, MessageRow, MessagesOf } from '../backend.ts'
import type { FetchNeeds } from './fetch-needs.ts'

const BARE_PAGE_MESSAGES = 4096

/** What is known of a message that is fetched. */
export interface FetchedMessage {
  readonly uid: number
  /** Undefined when no item needs it. */
  readonly row: MessageRow | undefined
  /** Undefined when no item needs it, or for a lazy preview of a message that is not here, or damaged. */
  readonly details: MessageDetails | undefined
}

/** Reads what items need, page by page, ascending; messages that are gone are left out. */
export function fetchedMessages(
  account: ImapAccount,
  which: MessagesOf,
  needs: FetchNeeds,
): AsyncIterable<readonly FetchedMessage[]> {
  if (needs.details.length > 0) return pagesOfDetails(account, which, needs)
  return needs.facts.length > 0 ? pagesOfRows(account, which, needs) : pagesOfUids(which)
}

/** Reads rows, by UID. */
export async function readRows(account: ImapAccount, which: FactsOf): Promise<ReadonlyMap<number, MessageRow>> {
  return byUid(account.messages(which))
}

// Structures are large and rows are small: the pages are those of the structures, which their owner has measured.
async function* pagesOfDetails(account: ImapAccount, { mailbox, uids }: MessagesOf, needs: FetchNeeds) {
  const { facts } = needs
  for await (const page of account.details({ mailbox, uids, depth: needs.depth, kinds: needs.details })) {
    const rows = facts.length > 0 ? await readRows(account, { mailbox, uids: uidsOf(page), facts }) : undefined
    yield page
      .map(details => ({ uid: details.uid, row: rows?.get(details.uid), details }))
      .filter(({ row }) => row !== undefined || rows === undefined)
  }
}

async function* pagesOfRows(account: ImapAccount, { mailbox, uids }: MessagesOf, needs: FetchNeeds) {
  for await (const page of account.messages({ mailbox, uids, facts: needs.facts })) {
    const details = needs.preview === 'none' ? undefined : await readPreviews(account, mailbox, page)
    yield page.map(row => ({ uid: row.uid, row, details: details?.get(row.uid) }))
  }
}

async function* pagesOfUids({ uids }: MessagesOf) {
  for (let at = 0; at < uids.length; at += BARE_PAGE_MESSAGES) {
    const page = uids.subarray(at, at + BARE_PAGE_MESSAGES)
    yield Array.from(page, uid => ({ uid, row: undefined, details: undefined }))
  }
}

// A lazy preview is not worth a way to the server (RFC 8970 section 3.1).
async function readPreviews(account: ImapAccount, mailbox: number, rows: readonly MessageRow[]) {
  const uids = uidsOf(rows.filter(row => row.isWhole))
  const found = await byUid(account.details({ mailbox, uids, depth: 'whole', kinds: ['preview'] }))
  for (const { uid, refusal } of found.values()) if (refusal) found.delete(uid)
  return found
}

function uidsOf(messages: readonly { readonly uid: number }[]): Uint32Array {
  return Uint32Array.from(messages, ({ uid }) => uid)
}

async function byUid<T extends { readonly uid: number }>(pages: AsyncIterable<readonly T[]>): Promise<Map<number, T>> {
  const found = new Map<number, T>()
  for await (const page of pages) for (const one of page) found.set(one.uid, one)
  return found
}

import { modseqOf } from '../../../formats/imap/modseq.ts'
import { type ImapValue, itemsOf, numberOf, textOf } from '../../../formats/imap/value.ts'
import type { DataResponse } from '../connection/running-commands.ts'
import { mailboxOf } from './mailbox-value.ts'

/** What a STATUS response says; of a counter that it does not have, nothing. */
export interface StatusResponse {
  readonly path: string
  readonly uidValidity: number | undefined
  readonly uidNext: number | undefined
  readonly messages: number | undefined
  readonly highestModseq: bigint | undefined
  /** By the names of the items, in capitals. */
  readonly items: ReadonlyMap<string, ImapValue>
}

/** Reads a STATUS response (RFC 9051 section 7.3.4); undefined without a mailbox name. */
export function parseStatus({ values }: DataResponse): StatusResponse | undefined {
  const path = mailboxOf(values[0])
  if (path === undefined) return undefined
  const pairs = itemsOf(values[1]) ?? []
  const items = new Map<string, ImapValue>()
  for (let index = 0; index + 1 < pairs.length; index += 2) {
    const value = pairs[index + 1]
    if (value) items.set(textOf(pairs[index])?.toUpperCase() ?? '', value)
  }
  const modseq = textOf(items.get('HIGHESTMODSEQ'))
  return {
    path,
    uidValidity: numberOf(items.get('UIDVALIDITY')),
    uidNext: numberOf(items.get('UIDNEXT')),
    messages: numberOf(items.get('MESSAGES')),
    highestModseq: modseq === undefined ? undefined : modseqOf(modseq),
    items,
  }
}

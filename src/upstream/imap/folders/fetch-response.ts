import { parseDateTime } from '../../../formats/imap/date-time.ts'
import { uidOf } from '../../../formats/imap/uid-set.ts'
import { type ImapValue, itemsOf, numberOf, textOf } from '../../../formats/imap/value.ts'
import type { DataResponse } from '../connection/running-commands.ts'

const MAX_SIZE = 4_294_967_295 // RFC 3501 section 9: 32 bits; sums of what a lying server says must stay exact
const RECENT = '\\recent' // a session's own flag, nothing of the message's

/** What one FETCH response says, as far as Postern asks. */
export interface FetchResponse {
  readonly uid: number | undefined
  readonly flags: readonly string[] | undefined
  readonly size: number | undefined
  readonly internalDateMs: number | undefined
  readonly emailId: string | undefined
  readonly modseq: bigint | undefined
  /** BODY[]: the octets, `streamed` when a sink took them, NIL, or undefined when absent. */
  readonly body: ImapValue | undefined
  /** BODY[]<0>: its first octets. */
  readonly head: Buffer | undefined
  /** BODY[HEADER.FIELDS (…)]. */
  readonly header: Buffer | undefined
}

/** Reads the pairs of a FETCH response; items that it does not know are skipped. */
export function parseFetch(response: DataResponse): FetchResponse {
  const items = itemsOf(response.values[0]) ?? []
  const found = new Map<string, ImapValue>()
  for (let index = 0; index + 1 < items.length; index += 2) {
    const [name, value] = [items[index], items[index + 1]]
    if (name?.kind === 'atom' && value) found.set(sectionName(name.text.toUpperCase()), value)
  }
  const date = textOf(found.get('INTERNALDATE'))
  const modseq = textOf(itemsOf(found.get('MODSEQ'))?.[0])
  const [header, head] = [found.get('BODY[HEADER'), found.get('BODY[]<0>')]
  return {
    uid: uidOf(found.get('UID')),
    flags: itemsOf(found.get('FLAGS'))
      ?.map(flag => textOf(flag) ?? '')
      .filter(flag => flag !== '' && flag.toLowerCase() !== RECENT),
    size: sizeOf(found.get('RFC822.SIZE')),
    internalDateMs: date === undefined ? undefined : parseDateTime(date),
    emailId: textOf(itemsOf(found.get('EMAILID'))?.[0]),
    modseq: modseq !== undefined && /^\d{1,20}$/.test(modseq) ? BigInt(modseq) : undefined,
    body: found.get('BODY[]'),
    head: head?.kind === 'string' ? head.octets : undefined,
    header: header?.kind === 'string' ? header.octets : undefined,
  }
}

function sizeOf(value: ImapValue | undefined): number | undefined {
  const size = numberOf(value)
  return size === undefined ? undefined : Math.min(size, MAX_SIZE)
}

// Servers may spell the field list of a section as they like.
function sectionName(name: string): string {
  return name.startsWith('BODY[HEADER') ? 'BODY[HEADER' : name
}

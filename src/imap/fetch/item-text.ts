import type { FetchItem, PlainFetchItem } from '../../formats/imap/command/arguments/fetch.ts'
import { formatDateTime } from '../../formats/imap/date-time.ts'
import { textString } from '../../formats/imap/response-encoder.ts'
import { bodyStructureOctets } from '../../formats/imap/structure/body-structure.ts'
import type { DetailKind, ItemDetails } from '../../store/search/item-details.ts'
import type { MessageRow } from '../backend.ts'
import { flagsText } from '../mailbox/flags-text.ts'
import type { FetchedMessage } from './fetched-message.ts'

/** A data item that is told without octets of the message. */
export type TextItem = Extract<FetchItem, { readonly kind: 'plain' | 'preview' }>

type Writer = (message: FetchedMessage) => string | number

const WRITERS: Readonly<Record<PlainFetchItem, Writer>> = {
  UID: ({ uid }) => uid,
  FLAGS: message => flagsText(rowOf(message).flags),
  INTERNALDATE: message => dateText(rowOf(message).internalDateMs),
  SAVEDATE: message => dateText(rowOf(message).savedDateMs),
  'RFC822.SIZE': message => rowOf(message).size,
  MODSEQ: message => `(${rowOf(message).modseq})`,
  EMAILID: message => `(${rowOf(message).emailId})`,
  THREADID: () => 'NIL', // RFC 8474 section 5.2: we tell no threads
  ENVELOPE: message => detailOf(message, 'envelope'),
  BODY: message => bodyStructureOctets(detailOf(message, 'structure').root, 'BODY'),
  BODYSTRUCTURE: message => detailOf(message, 'bodyStructure'),
}

/** What is asked for, and how. */
interface Question {
  readonly items: readonly FetchItem[]
  /** UID FETCH, whose responses always have the UID (RFC 9051 section 6.4.9). */
  readonly isUid: boolean
  /** Whether flags are told with their mod-sequence (RFC 7162 section 3.2). */
  readonly isCondstore: boolean
}

/** Finds what is told before the octets: what was asked for, each item once, and what belongs to it. */
export function textItems({ items, isUid, isCondstore }: Question, hasNewFlags: boolean): readonly TextItem[] {
  const asked = items.filter(item => item.kind === 'plain').map(({ name }) => name)
  const names = new Set<PlainFetchItem>([...(isUid ? (['UID'] as const) : []), ...asked])
  if (hasNewFlags) names.add('FLAGS')
  if (isCondstore && names.has('FLAGS')) names.add('MODSEQ')
  const preview = items.find(item => item.kind === 'preview')
  return [...Array.from(names, name => ({ kind: 'plain', name }) as const), ...(preview ? [preview] : [])]
}

/** Writes a data item: its name and its value, one character for each octet. */
export function itemText(message: FetchedMessage, item: TextItem, isUtf8: boolean): string {
  if (item.kind === 'plain') return `${item.name} ${WRITERS[item.name](message)}`
  return `PREVIEW ${previewText(message.details, isUtf8)}`
}

// NIL says that it may be asked for again (RFC 8970 section 3.1).
function previewText(details: ItemDetails | undefined, isUtf8: boolean): string {
  return details?.preview === undefined ? 'NIL' : textString(details.preview, isUtf8)
}

function dateText(ms: number | undefined): string {
  return ms === undefined ? 'NIL' : `"${formatDateTime(ms)}"`
}

function rowOf({ row }: FetchedMessage): MessageRow {
  if (!row) throw new Error('an item needs the row of a message, which was not read')
  return row
}

function detailOf<Kind extends DetailKind>({ details }: FetchedMessage, kind: Kind): NonNullable<ItemDetails[Kind]> {
  const detail = details?.[kind]
  if (detail === undefined) throw new Error(`an item needs the ${kind} of a message, which was not read`)
  return detail as NonNullable<ItemDetails[Kind]> // null is none of its values
}

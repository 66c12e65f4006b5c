import type { FetchItem, PlainFetchItem } from '../../formats/imap/command/arguments/fetch.ts'
import { formatDateTime } from '../../formats/imap/date-time.ts'
import { flagList, textString } from '../../formats/imap/response-encoder.ts'
import { bodyStructureText } from '../../formats/imap/structure/body-structure.ts'
import { envelopeOctets } from '../../formats/imap/structure/envelope-text.ts'
import type { MessageStructure } from '../../formats/mail/structure/part.ts'
import { unpackFlags } from '../../store/flags.ts'
import type { MessageDetails, MessageRow } from '../backend.ts'
import type { FetchedMessage } from './fetched-message.ts'

/** A data item that is told without octets of the message. */
export type TextItem = Extract<FetchItem, { readonly kind: 'plain' | 'preview' }>

type Writer = (message: FetchedMessage) => string | number

const WRITERS: Readonly<Record<PlainFetchItem, Writer>> = {
  UID: ({ uid }) => uid,
  FLAGS: message => flagList(unpackFlags(rowOf(message).flags)),
  INTERNALDATE: message => dateText(rowOf(message).internalDateMs),
  SAVEDATE: message => dateText(rowOf(message).savedDateMs),
  'RFC822.SIZE': message => rowOf(message).size,
  MODSEQ: message => `(${rowOf(message).modseq})`,
  EMAILID: message => `(${rowOf(message).emailId})`,
  THREADID: () => 'NIL', // RFC 8474 section 5.2: we tell no threads
  ENVELOPE: message => envelopeOctets(structureOf(message).envelope),
  BODY: message => bodyStructureText(structureOf(message).root, 'BODY').toString('latin1'),
  BODYSTRUCTURE: message => bodyStructureText(structureOf(message).root, 'BODYSTRUCTURE').toString('latin1'),
}

/** Writes a data item: its name and its value, one character for each octet. */
export function itemText(message: FetchedMessage, item: TextItem, isUtf8: boolean): string {
  if (item.kind === 'plain') return `${item.name} ${WRITERS[item.name](message)}`
  return `PREVIEW ${previewText(message.details, isUtf8)}`
}

// NIL says that it may be asked for again (RFC 8970 section 3.1).
function previewText(details: MessageDetails | undefined, isUtf8: boolean): string {
  return details?.preview === undefined ? 'NIL' : textString(details.preview, isUtf8)
}

function dateText(ms: number | undefined): string {
  return ms === undefined ? 'NIL' : `"${formatDateTime(ms)}"`
}

function rowOf({ row }: FetchedMessage): MessageRow {
  if (!row) throw new Error('an item needs the row of a message, which was not read')
  return row
}

function structureOf({ details }: FetchedMessage): MessageStructure {
  if (!details) throw new Error('an item needs the structure of a message, which was not read')
  return details.structure
}

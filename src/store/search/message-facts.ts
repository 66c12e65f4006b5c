import { parseEnvelope } from '../../formats/mail/structure/envelope.ts'
import { collectFields } from '../../formats/mail/structure/header-fields.ts'
import type { Envelope, EnvelopeAddress, OctetString } from '../../formats/mail/structure/part.ts'
import { baseSubject } from '../../formats/mail/text/base-subject.ts'
import { foldText } from '../../formats/mail/text/folded-text.ts'
import { headerText } from '../../formats/mail/text/header-text.ts'
import { parseSentDate } from '../../formats/mail/text/sent-date.ts'

const MAX_UNITS = 300 // of a text that is only compared with others
const MAX_REFERENCES = 100 // the first, which began the conversation, and the last
const FIELDS: ReadonlySet<string> = new Set(['references', 'in-reply-to', 'message-id'])
const MESSAGE_ID = /<[^<>]{1,998}>/g // RFC 5322 section 3.6.4; 998 is the longest line

/** What SORT compares of a message (RFC 5256, RFC 5957); texts are folded. Plain values that JSON keeps. */
export interface MessageFacts {
  /** The base subject. */
  readonly subject: string
  readonly isReply: boolean
  /** Null when there is no Date field that can be read; in ms since the epoch. */
  readonly sentMs: number | null
  /** The day that the field says, as 00:00 UTC. */
  readonly sentDayMs: number | null
  /** The mailbox, without its host, of the first address. */
  readonly from: string
  readonly to: string
  readonly cc: string
  /** The name of the first address, or the address. */
  readonly displayFrom: string
  readonly displayTo: string
}

/** How a message belongs to others (RFC 5256 section 3). Plain values that JSON keeps. */
export interface MessageLinks {
  readonly messageId: string | null
  /** What it answers: the first begins the conversation, the last is its parent. */
  readonly references: readonly string[]
}

/** Reads the facts from the octets of a header. */
export function readMessageFacts(header: Buffer): MessageFacts {
  const envelope = parseEnvelope(header)
  const { subject, isReply } = baseSubject(headerText(envelope.subject ?? ''))
  const sent = parseSentDate(envelope.date ?? '')
  return {
    ...{ subject: compared(subject), isReply, sentMs: sent?.ms ?? null, sentDayMs: sent?.dayMs ?? null },
    ...addressFacts(envelope),
  }
}

/** Reads the links from the octets of a header. */
export function readMessageLinks(header: Buffer): MessageLinks {
  const fields = collectFields(header, FIELDS)
  const ids = (name: string) => (fields.get(name) ?? []).flatMap(messageIds)
  const references = ids('references')
  return {
    messageId: ids('message-id')[0] ?? null,
    // Of In-Reply-To the first one, and only without References.
    references: references.length > 0 ? bounded(references) : ids('in-reply-to').slice(0, 1),
  }
}

function addressFacts({ from, to, cc }: Envelope) {
  return {
    from: mailboxOf(from?.[0]),
    to: mailboxOf(to?.[0]),
    cc: mailboxOf(cc?.[0]),
    displayFrom: displayOf(from?.[0]),
    displayTo: displayOf(to?.[0]),
  }
}

// RFC 5256 section 3: what IMAP calls addr-mailbox, which of a group is its name.
function mailboxOf(address: EnvelopeAddress | undefined): string {
  return compared(headerText(address?.[2] ?? ''))
}

// RFC 5957 section 3.
function displayOf(address: EnvelopeAddress | undefined): string {
  const [name, , mailbox, host] = address ?? []
  const isGroup = host === null
  return compared(headerText(name || (isGroup ? mailbox : [mailbox, host].filter(part => part).join('@')) || ''))
}

function compared(text: string): string {
  return foldText(text).slice(0, MAX_UNITS).trim()
}

function messageIds(text: OctetString): string[] {
  return [...text.matchAll(MESSAGE_ID)].map(([id]) => id.replace(/["\s\\]/g, '')) // quoted or not is the same id
}

function bounded(references: readonly string[]): readonly string[] {
  if (references.length <= MAX_REFERENCES) return references
  return [...references.slice(0, 1), ...references.slice(1 - MAX_REFERENCES)]
}

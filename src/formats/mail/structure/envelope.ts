import { parseAddresses } from './addresses.ts'
import { collectFields } from './header-fields.ts'
import type { Envelope, EnvelopeAddress, OctetString } from './part.ts'

const TEXTS = { date: 'date', subject: 'subject', inReplyTo: 'in-reply-to', messageId: 'message-id' } as const
const LISTS = {
  from: 'from',
  sender: 'sender',
  replyTo: 'reply-to',
  to: 'to',
  cc: 'cc',
  bcc: 'bcc',
} as const
const WANTED: ReadonlySet<string> = new Set([...Object.values(TEXTS), ...Object.values(LISTS)])

/**
 * Reads what ENVELOPE shows (RFC 9051 section 7.5.2) from the octets of a header, with or without its blank line. Of a text
 * that stands there twice the first one counts; address lists are joined.
 */
export function parseEnvelope(header: Buffer): Envelope {
  const fields = collectFields(header, WANTED)
  return { ...textsOf(fields), ...listsOf(fields) }
}

function textsOf(fields: ReadonlyMap<string, readonly OctetString[]>): Envelope {
  const texts = Object.entries(TEXTS).map(([key, name]) => [key, fields.get(name)?.[0]])
  return Object.fromEntries(texts.filter(([, text]) => text !== undefined))
}

function listsOf(fields: ReadonlyMap<string, readonly OctetString[]>): Envelope {
  const lists = Object.entries(LISTS)
    .map(([key, name]) => [key, (fields.get(name) ?? []).flatMap(parseAddresses)] as const)
    .filter(([, addresses]) => addresses.length > 0)
  const envelope: Envelope = Object.fromEntries(lists)
  const { sender, replyTo, ...others } = envelope
  return {
    ...others,
    ...(sender && !isSame(sender, envelope.from) ? { sender } : {}),
    ...(replyTo && !isSame(replyTo, envelope.from) ? { replyTo } : {}),
  }
}

function isSame(left: readonly EnvelopeAddress[], right: readonly EnvelopeAddress[] | undefined): boolean {
  return JSON.stringify(left) === JSON.stringify(right)
}

import type { Envelope, EnvelopeAddress } from '../../mail/structure/part.ts'
import { serverNstring } from '../server-string.ts'

/** Writes what stands behind `ENVELOPE` in a FETCH response (RFC 9051 section 7.5.2). */
export function envelopeText(envelope: Envelope): Buffer {
  return Buffer.from(envelopeOctets(envelope), 'latin1')
}

/** Writes an envelope as {@link envelopeText} does, one character for each octet. */
export function envelopeOctets(envelope: Envelope): string {
  const { date, subject, from, sender = from, replyTo = from, to, cc, bcc, inReplyTo, messageId } = envelope
  const lists = [from, sender, replyTo, to, cc, bcc].map(addressList)
  const texts = [date, subject, inReplyTo, messageId].map(serverNstring)
  return `(${[...texts.slice(0, 2), ...lists, ...texts.slice(2)].join(' ')})`
}

function addressList(addresses: readonly EnvelopeAddress[] | undefined): string {
  if (!addresses || addresses.length === 0) return 'NIL'
  return `(${addresses.map(address => `(${address.map(serverNstring).join(' ')})`).join('')})`
}

import { randomBytes } from 'node:crypto'
import type { DeliveryState, Envelope } from './queue.ts'

const MAX_HEADER_OCTETS = 65_536
const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** What a report is made of. */
export interface ReportOptions {
  readonly envelope: Envelope
  readonly failed: DeliveryState['failed']
  /** The beginning of the message, dots doubled. */
  readonly head: Buffer
  readonly now: number
}

/** Writes a delivery status notification (RFC 3464) for recipients that could not be reached. */
export function makeReport({ envelope, failed, head, now }: ReportOptions): Buffer {
  const boundary = `=_postern_${randomBytes(12).toString('hex')}`
  const date = rfc5322Date(now)
  const header = [
    'From: Postern <postmaster@localhost>',
    `To: <${harmless(envelope.sender)}>`,
    'Subject: Undelivered mail returned to sender',
    `Date: ${date}`,
    `Message-ID: <${randomBytes(16).toString('hex')}@postern.localhost>`,
    'MIME-Version: 1.0',
    'Auto-Submitted: auto-replied',
    `Content-Type: multipart/report; report-type=delivery-status; boundary="${boundary}"`,
  ]
  const parts = [
    ['Content-Type: text/plain; charset=us-ascii', '', ...explanation(failed)],
    ['Content-Type: message/delivery-status', '', ...statusFields(envelope, failed, date)],
    ['Content-Type: text/rfc822-headers', '', ...originalHeader(head)],
  ]
  const lines = [...header, '', ...parts.flatMap(part => [`--${boundary}`, ...part, '']), `--${boundary}--`, '']
  return Buffer.from(lines.join('\r\n'), 'latin1')
}

function explanation(failed: ReportOptions['failed']): string[] {
  return [
    'Your message could not be delivered to:',
    '',
    ...failed.flatMap(({ address, reply }) => [`  ${harmless(address)}`, `    ${harmless(reply)}`]),
    '',
    'Postern has given up on these recipients. The beginning of your message is attached.',
  ]
}

function statusFields(
  { acceptedAtMs, options, recipients }: Envelope,
  failed: ReportOptions['failed'],
  date: string,
): string[] {
  return [
    ...valuesOf('ENVID', options.dsn).map(value => `Original-Envelope-Id: ${harmless(fromXtext(value))}`),
    'Reporting-MTA: dns; localhost',
    `Arrival-Date: ${rfc5322Date(acceptedAtMs)}`,
    ...failed.flatMap(({ address, reply }) => [
      '',
      ...originalRecipient(address, recipients),
      `Final-Recipient: ${typed(address)}`,
      'Action: failed',
      `Status: ${/\b[45]\d\d ([45]\.\d{1,3}\.\d{1,3})\b/.exec(reply)?.[1] ?? '5.0.0'}`,
      `Diagnostic-Code: smtp; ${harmless(reply)}`,
      `Last-Attempt-Date: ${date}`,
    ]),
  ]
}

// As the client named it in ORCPT: `rfc822;` and the address in xtext.
function originalRecipient(address: string, recipients: Envelope['recipients']): string[] {
  const dsn = recipients.find(recipient => recipient.address === address)?.dsn ?? []
  return valuesOf('ORCPT', dsn).map(value => {
    const [, type = '', original = ''] = /^([^;]*);(.*)$/s.exec(value) ?? []
    return `Original-Recipient: ${harmless(type)}; ${harmless(fromXtext(original))}`
  })
}

function valuesOf(name: string, dsn: readonly string[]): string[] {
  return dsn.filter(parameter => parameter.startsWith(`${name}=`)).map(parameter => parameter.slice(name.length + 1))
}

// RFC 3461 section 4
function fromXtext(text: string): string {
  return text.replace(/\+([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

// RFC 6533 section 3: an address beyond ASCII has a type of its own, which writes characters as \x{HEX}.
function typed(address: string): string {
  if (/^[\x20-\x7e]*$/.test(address)) return `rfc822; ${address}`
  const escaped = Array.from(address, character =>
    /[\x21-\x2a\x2c-\x3c\x3e-\x5b\x5d-\x7e]/.test(character)
      ? character
      : `\\x{${(character.codePointAt(0) ?? 0).toString(16).toUpperCase()}}`,
  )
  return `utf-8; ${escaped.join('')}`
}

function originalHeader(head: Buffer): string[] {
  const text = head.subarray(0, MAX_HEADER_OCTETS).toString('latin1')
  const end = text.indexOf('\r\n\r\n')
  return (end === -1 ? text : text.slice(0, end)).replace(/^\.\./gm, '.').split('\r\n')
}

function harmless(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?')
}

function rfc5322Date(ms: number): string {
  const date = new Date(ms)
  const two = (number: number) => String(number).padStart(2, '0')
  const day = `${DAYS[date.getUTCDay()]}, ${two(date.getUTCDate())} ${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}`
  return `${day} ${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())} +0000`
}

import { hash } from 'node:crypto'
import { type Field, writeFields, writeText } from './header-fields.ts'

const BASE64_LINE = /.{1,76}/g // RFC 2045 section 6.8
const QUOTED_LINE_CHARS = 76 // RFC 2045 section 6.7

/** A body with the fields that describe it. */
export interface MimePart {
  readonly fields: readonly Field[]
  readonly body: Buffer
}

/** How octets are carried. */
export type TransferEncoding = '7bit' | '8bit' | 'quoted-printable' | 'base64'

/** What a text is. */
export interface TextOptions {
  readonly subtype?: string
  /** What the part says of itself; the octets come as they are given. */
  readonly charset?: string
  readonly encoding?: TransferEncoding
  /** Such as `; format=flowed`. */
  readonly parameters?: string
}

/** Makes a text part; a text that is given as a string is UTF-8. Line ends become CRLF. */
export function textPart(text: string | Buffer, options: TextOptions = {}): MimePart {
  const octets = typeof text === 'string' ? Buffer.from(withCrlf(text)) : text
  const { subtype = 'plain', parameters = '' } = options
  const { charset = isSevenBit(octets) ? 'us-ascii' : 'utf-8', encoding = isSevenBit(octets) ? '7bit' : '8bit' } =
    options
  return {
    fields: [
      ['Content-Type', `text/${subtype}; charset=${charset}${parameters}`],
      ['Content-Transfer-Encoding', encoding],
    ],
    body: encodeBody(octets, encoding),
  }
}

/** A file, or a picture of a page. */
export interface FileOptions {
  readonly type: string
  readonly name: string
  readonly octets: Buffer
  /** Without angle brackets; with one it is shown in the page that names it. */
  readonly contentId?: string
}

/** Makes a part of a file, in base64. */
export function filePart({ type, name, octets, contentId }: FileOptions): MimePart {
  const disposition = contentId === undefined ? 'attachment' : 'inline'
  return {
    fields: [
      ['Content-Type', `${type};\r\n name="${writeText(name)}"`],
      ['Content-Transfer-Encoding', 'base64'],
      ['Content-Disposition', `${disposition};\r\n ${fileName(name)}`],
      ...(contentId === undefined ? [] : [['Content-ID', `<${contentId}>`] as const]),
    ],
    body: encodeBody(octets, 'base64'),
  }
}

/** Makes a multipart; its boundary follows from what is in it. */
export function multipart(subtype: string, parts: readonly MimePart[], parameters = ''): MimePart {
  const bodies = parts.map(partOctets)
  const boundary = `=_${hash('sha256', Buffer.concat(bodies)).slice(0, 24)}`
  const pieces = bodies.flatMap(body => [Buffer.from(`--${boundary}\r\n`), body, Buffer.from('\r\n')])
  return {
    fields: [['Content-Type', `multipart/${subtype};\r\n boundary="${boundary}"${parameters}`]],
    body: Buffer.concat([...pieces, Buffer.from(`--${boundary}--\r\n`)]),
  }
}

/** Makes a part of a whole message. */
export function messagePart(octets: Buffer): MimePart {
  return { fields: [['Content-Type', 'message/rfc822']], body: octets }
}

/** Writes a part: its fields, a blank line, its body. */
export function partOctets({ fields, body }: MimePart): Buffer {
  return Buffer.concat([Buffer.from(`${writeFields(fields)}\r\n`, 'latin1'), body])
}

/** Writes a message of which the part is all. */
export function messageOctets(fields: readonly Field[], part: MimePart): Buffer {
  return partOctets({ fields: [...fields, ['MIME-Version', '1.0'], ...part.fields], body: part.body })
}

/** Encodes octets for their way through old servers. */
export function encodeBody(octets: Buffer, encoding: TransferEncoding): Buffer {
  if (encoding === 'quoted-printable') return Buffer.from(quotedPrintable(octets), 'latin1')
  if (encoding !== 'base64') return octets
  const lines = octets.toString('base64').match(BASE64_LINE) ?? []
  return Buffer.from(`${lines.join('\r\n')}\r\n`, 'latin1')
}

/** Gives every line CRLF at its end. */
export function withCrlf(text: string): string {
  return text.replace(/\r?\n/g, '\r\n')
}

function isSevenBit(octets: Buffer): boolean {
  return octets.every(octet => octet < 0x80)
}

function fileName(name: string): string {
  return /^[\x20-\x7e]*$/.test(name) ? `filename="${name}"` : `filename*=utf-8''${encodeURIComponent(name)}`
}

function quotedPrintable(octets: Buffer): string {
  return octets
    .toString('latin1')
    .split('\r\n')
    .map(line => softBroken(line.replace(/[^\x20-\x3c\x3e-\x7e]| $/g, quotedOctet)))
    .join('\r\n')
}

function quotedOctet(octet: string): string {
  return `=${octet.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
}

function softBroken(line: string): string {
  const pieces: string[] = []
  let rest = line
  while (rest.length > QUOTED_LINE_CHARS) {
    const end = QUOTED_LINE_CHARS - 1
    const start = rest.lastIndexOf('=', end - 1) // never cut `=C3`
    const cut = start > end - 3 ? start : end
    pieces.push(`${rest.slice(0, cut)}=`)
    rest = rest.slice(cut)
  }
  return [...pieces, rest].join('\r\n')
}

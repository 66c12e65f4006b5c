import { encodeText, type OldCharset } from './charset-encoder.ts'

const LINE_CHARS = 78 // RFC 5322 section 2.1.1
const WORD_OCTETS = 45 // of an encoded word, which has 75 characters at most (RFC 2047 section 2)

/** A field of a header; a value with line ends is folded already. */
export type Field = readonly [name: string, value: string]

/** Somebody with an address. */
export interface Mailbox {
  readonly name: string
  readonly address: string
}

/** Writes the lines of a header, without the blank line. Octets that are not ASCII are Latin-1 here. */
export function writeFields(fields: readonly Field[]): string {
  return fields.map(([name, value]) => `${fold(`${name}: ${value}`)}\r\n`).join('')
}

/** Writes addresses, for From and To. */
export function writeAddresses(mailboxes: readonly Mailbox[]): string {
  return mailboxes.map(({ name, address }) => (name === '' ? address : `${phrase(name)} <${address}>`)).join(', ')
}

/** Writes a text for Subject and its like: in encoded words where it is not ASCII. */
export function writeText(text: string): string {
  return isAscii(text) ? text : encodedWords(text)
}

/** Writes a text in encoded words (RFC 2047), one below the other. */
export function encodedWords(text: string, charset: OldCharset | 'utf-8' = 'utf-8', encoding: 'B' | 'Q' = 'B'): string {
  const encode = (part: string) => (charset === 'utf-8' ? Buffer.from(part) : encodeText(part, charset))
  return inPieces(text, part => (encoding === 'B' ? encode(part).length : quoted(encode(part)).length * 0.75))
    .map(part => (encoding === 'B' ? encode(part).toString('base64') : quoted(encode(part))))
    .map(word => `=?${charset}?${encoding}?${word}?=`)
    .join('\r\n ')
}

/** Writes a date (RFC 5322 section 3.3) in a zone such as `+0200`. */
export function writeDate(ms: number, zone = '+0000'): string {
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(3))
  const local = new Date(ms + (zone.startsWith('-') ? -minutes : minutes) * 60_000)
  return local.toUTCString().replace('GMT', zone)
}

function phrase(name: string): string {
  if (!isAscii(name)) return encodedWords(name)
  return /^[\w !#$%&'*+/=?^`{|}~-]+$/.test(name) ? name : `"${name.replace(/["\\]/g, '\\$&')}"`
}

function isAscii(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text)
}

function quoted(octets: Buffer): string {
  return [...octets]
    .map(octet => (/[A-Za-z0-9]/.test(String.fromCharCode(octet)) ? String.fromCharCode(octet) : `=${hex(octet)}`))
    .join('')
}

function hex(octet: number): string {
  return octet.toString(16).toUpperCase().padStart(2, '0')
}

/** Cuts a text between characters, so that each piece fits into a word. */
function inPieces(text: string, size: (part: string) => number): string[] {
  const pieces: string[] = []
  let piece = ''
  for (const character of text) {
    if (piece !== '' && size(piece + character) > WORD_OCTETS) {
      pieces.push(piece)
      piece = ''
    }
    piece += character
  }
  return [...pieces, piece]
}

function fold(field: string): string {
  if (field.includes('\r\n') || field.length <= LINE_CHARS) return field
  const lines: string[] = []
  let line = ''
  for (const word of field.split(' ')) {
    if (line.trim() !== '' && lines.length + line.length > 0 && line.length + 1 + word.length > LINE_CHARS) {
      lines.push(line)
      line = ''
    }
    line += line === '' && lines.length === 0 ? word : ` ${word}`
  }
  return [...lines, line].join('\r\n')
}

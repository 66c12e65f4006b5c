import type { CommandPart } from './encoder.ts'
import { astring } from './encoder.ts'

// Octets of names that modified UTF-7 does not make are shown as characters of the private use area, one by one: every
// name of a server has one path here, and goes back to it as the same octets.
const ESCAPE_BASE = 0xf700
const ESCAPED = /[\uf700-\uf7ff]/

/** Reads a mailbox name of the wire: modified UTF-7 (RFC 3501 section 5.1.3), octet by octet where it is none. */
export function decodeMailboxName(wire: Buffer): string {
  const text = wire.toString('latin1')
  if (/^inbox$/i.test(text)) return 'INBOX'
  const decoded = text.replace(/&([A-Za-z0-9+,]*)-/g, (whole, base64: string) => {
    if (base64 === '') return '&'
    const octets = Buffer.from(base64.replaceAll(',', '/'), 'base64')
    if (octets.length === 0 || octets.length % 2 !== 0) return whole
    return octets.swap16().toString('utf16le')
  })
  // Controls would spoil every list that is shown, half a character every text that is stored.
  const isFit = decoded.isWellFormed() && !/[\x00-\x1f\x7f-\x9f]/.test(decoded) && !ESCAPED.test(decoded)
  return isFit && encodeMailboxName(decoded) === text ? decoded : escaped(text)
}

/** Writes a mailbox name in modified UTF-7; each character of the result is an octet. */
export function encodeMailboxName(name: string): string {
  return name
    .replaceAll('&', '&-')
    .replace(/[^\x20-\x7e\uf700-\uf7ff]+/g, run => {
      const octets = Buffer.from(run, 'utf16le').swap16()
      return `&${octets.toString('base64').replaceAll('/', ',').replace(/=+$/, '')}-`
    })
    .replace(/[\uf700-\uf7ff]/g, character => String.fromCharCode(character.charCodeAt(0) - ESCAPE_BASE))
}

/** Writes a mailbox name as an argument of a command. */
export function mailboxArgument(name: string): CommandPart {
  const wire = encodeMailboxName(name)
  return /^[\x20-\x7e]*$/.test(wire) ? astring(wire) : { literal: Buffer.from(wire, 'latin1') }
}

function escaped(text: string): string {
  return text.replace(/[^\x20-\x25\x27-\x7e]/g, octet => String.fromCharCode(ESCAPE_BASE + octet.charCodeAt(0)))
}

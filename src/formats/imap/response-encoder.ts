import { isAtom } from './encoder.ts'
import { encodeMailboxName } from './mailbox-name.ts'

// Texts of this file are wire texts: each character is an octet, to be written as latin1.

const QUOTABLE = /^[\x20-\x7e]*$/
const MAX_QUOTED_OCTETS = 1024

/** Announces a literal of so many octets, which must follow; `isBinary` for literal8 (RFC 3516), which may hold NUL. */
export function literalHead(octets: number, isBinary = false): string {
  return `${isBinary ? '~' : ''}{${octets}}\r\n`
}

/**
 * Writes a string: quoted where that is possible, else a literal. A NUL, which no literal may have, becomes the octet
 * 0x80; {@link literal8} keeps it.
 */
export function imapString(octets: Buffer): string {
  const text = octets.toString('latin1')
  if (text.length <= MAX_QUOTED_OCTETS && QUOTABLE.test(text)) return quoted(text)
  return literalHead(text.length) + text.replaceAll('\0', '\x80')
}

/** Writes the octets of BINARY: a literal8 when there is a NUL, else a string. */
export function literal8(octets: Buffer): string {
  return octets.includes(0) ? literalHead(octets.length, true) + octets.toString('latin1') : imapString(octets)
}

/** Writes a string, or NIL. */
export function nstring(octets: Buffer | undefined): string {
  return octets ? imapString(octets) : 'NIL'
}

/** Writes a text in UTF-8 as a string; with `isUtf8` (RFC 6855 section 3) quoted strings may have 8 bits. */
export function textString(text: string, isUtf8 = false): string {
  const octets = Buffer.from(text)
  const isQuotable =
    isUtf8 && octets.length <= MAX_QUOTED_OCTETS && text.isWellFormed() && !/[\x00-\x1f\x7f]/.test(text)
  return isQuotable ? quoted(octets.toString('latin1')) : imapString(octets)
}

/** Writes a text as an astring: an atom where that is possible. NIL is none. */
export function astringText(text: string): string {
  return isAtom(text) && !/^nil$/i.test(text) ? text : textString(text)
}

/** Writes a mailbox name as a string: in UTF-8 with `isUtf8`, else in modified UTF-7. */
export function mailboxString(name: string, isUtf8: boolean): string {
  return isUtf8 ? textString(name, true) : imapString(Buffer.from(encodeMailboxName(name), 'latin1'))
}

/** Writes flags in parentheses. What can be no flag is left out, since one such would spoil the whole answer. */
export function flagList(flags: Iterable<string>): string {
  return `(${[...flags].filter(isFlag).join(' ')})`
}

function isFlag(flag: string): boolean {
  return flag === '\\*' || isAtom(flag.startsWith('\\') ? flag.slice(1) : flag)
}

function quoted(text: string): string {
  return `"${text.replace(/[\\"]/g, '\\$&')}"`
}

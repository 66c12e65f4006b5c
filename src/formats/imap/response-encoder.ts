import { isAtom } from './encoder.ts'
import { encodeMailboxName } from './mailbox-name.ts'
import { serverString } from './server-string.ts'

// Texts of this file are wire texts: each character is an octet, to be written as latin1.

const MAX_QUOTED_OCTETS = 1024

/** Announces a literal of so many octets, which must follow; `isBinary` for literal8 (RFC 3516), which may hold NUL. */
export function literalHead(octets: number, isBinary = false): string {
  return `${isBinary ? '~' : ''}{${octets}}\r\n`
}

/** Writes octets of BINARY: a literal8 when there is a NUL among them, else a string. */
export function literal8(octets: Buffer): string {
  const text = octets.toString('latin1')
  return octets.includes(0) ? literalHead(octets.length, true) + text : serverString(text)
}

/** Writes a text in UTF-8 as a string; with `isUtf8` (RFC 6855 section 3) quoted strings may have 8 bits. */
export function textString(text: string, isUtf8 = false): string {
  const octets = Buffer.from(text).toString('latin1')
  const isQuotable = octets.length <= MAX_QUOTED_OCTETS && !/[\r\n\0]/.test(octets)
  return isUtf8 && isQuotable ? `"${octets.replace(/[\\"]/g, '\\$&')}"` : serverString(octets)
}

/** Writes a text as an astring: an atom where that is possible. NIL is none. */
export function astringText(text: string): string {
  return isAtom(text) && !/^nil$/i.test(text) ? text : textString(text)
}

/** Writes a mailbox name as a string: in UTF-8 with `isUtf8`, else in modified UTF-7. */
export function mailboxString(name: string, isUtf8: boolean): string {
  return isUtf8 ? textString(name, true) : serverString(encodeMailboxName(name))
}

/** Writes flags in parentheses. What can be no flag is left out, since one such would spoil the whole answer. */
export function flagList(flags: Iterable<string>): string {
  return `(${[...flags].filter(isFlag).join(' ')})`
}

function isFlag(flag: string): boolean {
  return flag === '\\*' || isAtom(flag.startsWith('\\') ? flag.slice(1) : flag)
}

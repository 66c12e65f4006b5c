const MAX_QUOTED_OCTETS = 1024
const QUOTABLE = /^[\x01-\x09\x0b\x0c\x0e-\x7f]*$/

/**
 * Writes octets, one character each, as a string of a response: quoted where that is possible, else a literal (RFC 9051
 * section 4.3). NUL, which neither may have, becomes 0x80 (see {@link withoutNuls}).
 */
export function serverString(octets: string): string {
  if (QUOTABLE.test(octets) && octets.length <= MAX_QUOTED_OCTETS) return `"${octets.replace(/[\\"]/g, '\\$&')}"`
  return `{${octets.length}}\r\n${octets.replaceAll('\0', '\x80')}`
}

/** Writes octets as {@link serverString} does; what is absent is NIL. */
export function serverNstring(octets: string | null | undefined): string {
  return octets === null || octets === undefined ? 'NIL' : serverString(octets)
}

/** Replaces NUL by 0x80, so that sizes stay: a literal has none (RFC 9051 section 9, CHAR8). */
export function withoutNuls(octets: Buffer): Buffer {
  return octets.includes(0) ? Buffer.from(octets.map(octet => octet || 0x80)) : octets
}

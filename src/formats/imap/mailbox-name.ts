/** Reads a mailbox name of the wire: modified UTF-7 (RFC 3501 section 5.1.3); what is not valid stays as it is. */
export function decodeMailboxName(wire: Buffer): string {
  const text = wire.toString('utf8')
  const decoded = text.replace(/&([A-Za-z0-9+,]*)-/g, (whole, base64: string) => {
    if (base64 === '') return '&'
    const octets = Buffer.from(base64.replaceAll(',', '/'), 'base64')
    if (octets.length === 0 || octets.length % 2 !== 0) return whole
    return octets.swap16().toString('utf16le')
  })
  return /^inbox$/i.test(decoded) ? 'INBOX' : decoded
}

/** Writes a mailbox name in modified UTF-7. */
export function encodeMailboxName(name: string): string {
  return name.replaceAll('&', '&-').replace(/[^\x20-\x7e]+/g, run => {
    const octets = Buffer.from(run, 'utf16le').swap16()
    return `&${octets.toString('base64').replaceAll('/', ',').replace(/=+$/, '')}-`
  })
}

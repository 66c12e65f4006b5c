const MAX_QUOTED_OCTETS = 1024 // RFC 5804 section 4: quoted
const UNQUOTABLE = /[^\x20-\x7e]/ // Cyrus takes no other octets in quotes

/** What stands in a command: a word as it is, or the octets of a string. */
export type CommandWord = string | Buffer

/** A string as a command has it: in UTF-8. */
export function text(value: string): Buffer {
  return Buffer.from(value, 'utf8')
}

/** Writes a line: short strings of ASCII in quotes, others as literals that the server need not agree to (RFC 5804 section 4). */
export function commandLine(words: readonly CommandWord[]): Buffer {
  const written = words.flatMap((word, index) => [
    ...(index === 0 ? [] : [Buffer.from(' ')]),
    ...(typeof word === 'string' ? [Buffer.from(word, 'ascii')] : stringOctets(word)),
  ])
  return Buffer.concat([...written, Buffer.from('\r\n')])
}

function stringOctets(octets: Buffer): readonly Buffer[] {
  const latin1 = octets.length <= MAX_QUOTED_OCTETS ? octets.toString('latin1') : undefined
  if (latin1 === undefined || UNQUOTABLE.test(latin1)) return [Buffer.from(`{${octets.length}+}\r\n`), octets]
  return [Buffer.from(`"${latin1.replace(/["\\]/g, '\\$&')}"`, 'latin1')]
}

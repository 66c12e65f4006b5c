/** A charset that old mail has, for which Node has a decoder only. */
export type OldCharset = 'windows-1252' | 'koi8-r' | 'iso-2022-jp' | 'gb18030'

const ESC_JIS = Buffer.from('\x1b$B', 'latin1') // RFC 1468
const ESC_ASCII = Buffer.from('\x1b(B', 'latin1')
const tables = new Map<string, ReadonlyMap<string, Buffer>>()

/**
 * Encodes a text in an old charset, by the platform's own decoder read backwards. In gb18030 only what has two octets.
 *
 * @throws {Error} for a character that the charset does not have: the samples are wrong
 */
export function encodeText(text: string, charset: OldCharset): Buffer {
  if (charset === 'iso-2022-jp') return encodeIso2022Jp(text)
  const table = tableOf(charset, charset === 'gb18030')
  return Buffer.concat([...text].map(character => octetsOf(character, table)))
}

function encodeIso2022Jp(text: string): Buffer {
  const table = tableOf('euc-jp', true)
  const pieces: Buffer[] = []
  let isJis = false
  for (const character of text) {
    const octets = octetsOf(character, table)
    if (isJis !== octets.length > 1) pieces.push(isJis ? ESC_ASCII : ESC_JIS)
    isJis = octets.length > 1
    pieces.push(isJis ? (octets.map(octet => octet & 0x7f) as Buffer) : octets)
  }
  return Buffer.concat(isJis ? [...pieces, ESC_ASCII] : pieces)
}

function octetsOf(character: string, table: ReadonlyMap<string, Buffer>): Buffer {
  const octets = character < '\x80' ? Buffer.from(character) : table.get(character)
  if (!octets) throw new Error(`the charset does not have ${JSON.stringify(character)}`)
  return octets
}

function tableOf(charset: string, isDouble: boolean): ReadonlyMap<string, Buffer> {
  const known = tables.get(charset)
  if (known) return known
  const decoder = new TextDecoder(charset)
  const table = new Map<string, Buffer>()
  for (const octets of isDouble ? pairs() : singles()) {
    const text = decoder.decode(octets)
    if ([...text].length === 1 && text !== '\ufffd' && !table.has(text)) table.set(text, octets)
  }
  tables.set(charset, table)
  return table
}

function* singles(): Generator<Buffer> {
  for (let octet = 0x80; octet <= 0xff; octet++) yield Buffer.of(octet)
}

function* pairs(): Generator<Buffer> {
  for (let first = 0x81; first <= 0xfe; first++) {
    for (let second = 0xa1; second <= 0xfe; second++) yield Buffer.of(first, second)
  }
}

const BLOCK_OCTETS = 512 // POSIX.1-1988, ustar interchange format
const NAME_OCTETS = 100
const MAX_OCTAL_SIZE = 8 ** 11 - 1 // beyond it GNU's base-256, which every tar of today reads
const CHECKSUM_AT = 148

/** One member of an archive. */
export interface TarEntry {
  readonly name: string
  readonly octets: number
}

/** The size of headers, and what members are filled up to. */
export const TAR_BLOCK_OCTETS = BLOCK_OCTETS

/** Writes the header of a member. */
export function encodeTarHeader({ name, octets }: TarEntry, timeMs: number): Buffer {
  const header = Buffer.alloc(BLOCK_OCTETS)
  if (Buffer.byteLength(name) > NAME_OCTETS) throw new Error(`the name ${name} is too long for a tar archive`)
  header.write(name, 0)
  header.write('0000600\0', 100)
  header.write('0000000\0', 108)
  header.write('0000000\0', 116)
  if (octets <= MAX_OCTAL_SIZE) header.write(`${octets.toString(8).padStart(11, '0')}\0`, 124)
  else {
    header.writeUInt8(0x80, 124)
    header.writeBigUInt64BE(BigInt(octets), 128)
  }
  header.write(
    `${Math.trunc(timeMs / 1000)
      .toString(8)
      .padStart(11, '0')}\0`,
    136,
  )
  header.write('0', 156) // a plain file
  header.write('ustar\x0000', 257)
  header.write(`${checksum(header).toString(8).padStart(6, '0')}\0 `, CHECKSUM_AT)
  return header
}

/** Reads the header of a plain file; `end` for the zeros after the last, undefined when it is something else. */
export function decodeTarHeader(header: Buffer): TarEntry | 'end' | undefined {
  if (header.every(octet => octet === 0)) return 'end'
  const written = Number.parseInt(header.toString('latin1', CHECKSUM_AT, CHECKSUM_AT + 6), 8)
  const type = header.toString('latin1', 156, 157)
  if (written !== checksum(header) || (type !== '0' && type !== '\0')) return undefined
  const isBase256 = header.readUInt8(124) === 0x80
  const octets = isBase256
    ? Number(header.readBigUInt64BE(128))
    : Number.parseInt(header.toString('latin1', 124, 136), 8)
  const name = header.toString('utf8', 0, NAME_OCTETS).split('\0', 1)[0] ?? ''
  return Number.isSafeInteger(octets) && octets >= 0 ? { name, octets } : undefined
}

/** How many octets follow a member of this size. */
export function paddingOf(octets: number): number {
  return (BLOCK_OCTETS - (octets % BLOCK_OCTETS)) % BLOCK_OCTETS
}

// The checksum's own place counts as spaces.
function checksum(header: Buffer): number {
  let sum = 8 * 0x20
  for (const [index, octet] of header.entries()) {
    if (index < CHECKSUM_AT || index >= CHECKSUM_AT + 8) sum += octet
  }
  return sum
}

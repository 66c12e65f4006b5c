import { join } from 'node:path'

// A record of a pack: magic (4), CRC-32 of the octets (4), length (8), time in ms (8), all big-endian, then the octets.
const MAGIC = 0x50535452 // "PSTR"
/** The folder of packs inside a profile's folder. */
export const PACKS_DIR = 'packs'
/** Octets of the header before each body. */
export const RECORD_HEADER_OCTETS = 24
/** A pack that has reached this is closed and the next one begun. */
export const MAX_PACK_OCTETS = 256 * 1_048_576

/** Where a body lies: `offset` is that of its first octet, behind the record's header. */
export interface PackLocation {
  readonly pack: number
  readonly offset: number
  readonly length: number
}

/** What the header of a record says. */
export interface RecordHeader {
  readonly crc32: number
  readonly length: number
  readonly timeMs: number
}

/** Writes the header of a record. */
export function encodeRecordHeader({ crc32, length, timeMs }: RecordHeader): Buffer {
  const header = Buffer.alloc(RECORD_HEADER_OCTETS)
  header.writeUInt32BE(MAGIC, 0)
  header.writeUInt32BE(crc32, 4)
  header.writeBigUInt64BE(BigInt(length), 8)
  header.writeBigUInt64BE(BigInt(Math.max(0, Math.trunc(timeMs))), 16)
  return header
}

/** Reads the header of a record; undefined when it is none. */
export function decodeRecordHeader(header: Buffer): RecordHeader | undefined {
  if (header.length < RECORD_HEADER_OCTETS || header.readUInt32BE(0) !== MAGIC) return undefined
  return {
    crc32: header.readUInt32BE(4),
    length: Number(header.readBigUInt64BE(8)),
    timeMs: Number(header.readBigUInt64BE(16)),
  }
}

/** Names the file of a pack. */
export function packFile(packsDir: string, pack: number): string {
  return join(packsDir, `${String(pack).padStart(6, '0')}.pack`)
}

/** Reads a pack's number from its file name; undefined for other files. */
export function packOfFile(name: string): number | undefined {
  const number = /^(\d{6,})\.pack$/.exec(name)?.[1]
  return number === undefined ? undefined : Number(number)
}

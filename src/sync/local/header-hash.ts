import { hash } from 'node:crypto'
import type { PackLocation } from '../../store/packs/pack-format.ts'
import type { StoreReader } from '../../store/reader.ts'

const HEAD_OCTETS = 262_144
const BLANK_LINE = Buffer.from('\r\n\r\n')

/** SHA-256 of a message's header with its blank line, as BODY[HEADER] gives it: recognises what has no Message-ID. */
export function headerHash(head: Buffer): Buffer {
  const end = head.indexOf(BLANK_LINE)
  return hash('sha256', end === -1 ? head : head.subarray(0, end + BLANK_LINE.length), 'buffer')
}

/** The same of a stored body. */
export function headerHashOf(read: StoreReader, location: PackLocation): Buffer {
  return headerHash(read.head(location, HEAD_OCTETS))
}

/** Reads the header of a stored body, its blank line included; undefined when it has no end, or a very late one. */
export function headerOf(read: StoreReader, location: PackLocation): Buffer | undefined {
  const head = read.head(location, HEAD_OCTETS)
  const end = head.indexOf(BLANK_LINE)
  return end === -1 ? undefined : head.subarray(0, end + BLANK_LINE.length)
}

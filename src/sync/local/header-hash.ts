import { hash } from 'node:crypto'
import { HeaderEnd } from '../../formats/mail/structure/header-end.ts'
import type { PackLocation } from '../../store/packs/pack-format.ts'
import type { StoreReader } from '../../store/reader.ts'

const HEAD_OCTETS = 262_144

/** SHA-256 of a message's header with its blank line, as BODY[HEADER] gives it: recognises what has no Message-ID. */
export function headerHash(head: Buffer): Buffer {
  return hash('sha256', head.subarray(0, new HeaderEnd().push(head)), 'buffer')
}

/** The same of a stored body. */
export function headerHashOf(read: StoreReader, location: PackLocation): Buffer {
  return headerHash(read.head(location, HEAD_OCTETS))
}

/** Reads the header of a stored body, its blank line included; undefined when it has no end, or a very late one. */
export function headerOf(read: StoreReader, location: PackLocation): Buffer | undefined {
  const head = read.head(location, HEAD_OCTETS)
  const end = new HeaderEnd().push(head)
  return end === undefined ? undefined : head.subarray(0, end)
}

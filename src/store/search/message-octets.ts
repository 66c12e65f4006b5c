import { crc32 } from 'node:zlib'
import { HeaderEnd } from '../../formats/mail/structure/header-end.ts'
import { parseMimeTree } from '../../formats/mail/structure/mime-tree.ts'
import type { MessageStructure, OctetRange } from '../../formats/mail/structure/part.ts'
import type { PackLocation } from '../packs/pack-format.ts'
import type { StoreReader } from '../reader.ts'
import type { HeaderMark } from './documents.ts'

/** Octets that are small enough for many messages of them to be held at once. */
export const SMALL_OCTETS = 65_536
const CHUNK_OCTETS = 1_048_576
const FIRST_OCTETS = 16_384 // of a header; most are shorter
const MAX_HEADER_OCTETS = 262_144 // as in MimeTreeParser

/** The octets of one stored message; a large one is never held as a whole. */
export class MessageOctets {
  readonly #store: StoreReader
  readonly #location: PackLocation
  #whole: Buffer | undefined
  #structure: MessageStructure | undefined
  /** Reads a part of it. */
  readonly source = (range: OctetRange): Iterable<Buffer> => this.#range(range)

  constructor(store: StoreReader, location: PackLocation) {
    this.#store = store
    this.#location = location
  }

  /**
   * The header with its blank line.
   *
   * @throws {PosternError} STORE_PACK_DAMAGED
   */
  header(): Buffer {
    const first = this.#head(FIRST_OCTETS)
    const end = headerEnd(first)
    if (end !== undefined || first.length === this.#location.length) return first.subarray(0, end)
    const octets = this.#head(MAX_HEADER_OCTETS)
    return octets.subarray(0, headerEnd(octets))
  }

  /**
   * The header if it is small, checked: by its mark, or else by reading all of the message.
   *
   * @throws {PosternError} STORE_PACK_DAMAGED
   */
  smallHeader(mark: HeaderMark | undefined): Buffer | undefined {
    if ((mark?.octets ?? this.#location.length) > SMALL_OCTETS) return undefined
    if (mark) {
      const header = this.#head(mark.octets)
      if (crc32(header) === mark.crc32) return header
    }
    for (const _ of this.#chunks());
    return this.header()
  }

  /**
   * Reads all of it once, and checks it.
   *
   * @throws {PosternError} STORE_PACK_DAMAGED
   */
  structure(): MessageStructure {
    this.#structure ??= parseMimeTree(this.#chunks())
    return this.#structure
  }

  *#chunks(): Generator<Buffer> {
    const isSmall = this.#location.length <= CHUNK_OCTETS
    for (const chunk of this.#store.body(this.#location, true)) {
      if (isSmall) this.#whole = chunk
      yield chunk
    }
  }

  *#range({ start, end }: OctetRange): Generator<Buffer> {
    if (this.#whole) yield this.#whole.subarray(start, end)
    else for (let at = start; at < end; at += CHUNK_OCTETS) yield this.#read(at, Math.min(end, at + CHUNK_OCTETS))
  }

  #read(start: number, end: number): Buffer {
    const { pack, offset, length } = this.#location
    return this.#store.head({ pack, offset: offset + start, length: length - start }, end - start)
  }

  #head(octets: number): Buffer {
    return this.#whole?.subarray(0, octets) ?? this.#store.head(this.#location, octets)
  }
}

function headerEnd(octets: Buffer): number | undefined {
  return new HeaderEnd().push(octets)
}

import { closeSync, openSync, readSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import { PosternError } from '../../errors.ts'
import type { StoreErrorCode } from '../errors.ts'
import { decodeRecordHeader, type PackLocation, packFile, RECORD_HEADER_OCTETS } from './pack-format.ts'

const MAX_OPEN_PACKS = 16
const CHUNK_OCTETS = 1_048_576
const MAX_SOUND = 1000 // large bodies of which it is known, some dozen octets each
const NOTHING = Buffer.alloc(0)

/** Octets of a body, from `start` up to but not including `end`, which may be beyond its last. */
export interface OctetSpan {
  readonly start: number
  readonly end: number
}

/** Reads bodies out of packs. Blocks while it reads: not for the main thread. */
export class PackReader implements Disposable {
  readonly #packsDir: string
  readonly #open = new Map<number, number>()
  /** Places of large bodies that were found to be what they should be. */
  readonly #sound = new Set<string>()
  #reused: Buffer | undefined

  constructor(packsDir: string) {
    this.#packsDir = packsDir
  }

  /**
   * Reads a body in chunks of up to 1 MiB and checks it against its checksum at the end. With `isReused`, a chunk after
   * the first is good only until the next one is asked for: a large body then leaves no garbage of its size.
   *
   * @throws {PosternError} STORE_PACK_DAMAGED
   */
  *chunks(location: PackLocation, isReused = false): Generator<Buffer> {
    const { offset, length } = location
    // Most messages are small: header and body in one read.
    const first = this.#read(
      location,
      offset - RECORD_HEADER_OCTETS,
      RECORD_HEADER_OCTETS + Math.min(CHUNK_OCTETS, length),
    )
    const header = decodeRecordHeader(first)
    if (!header || header.length !== length) throw damaged(location, 'its record header is not the expected one')
    let sum = 0
    for (let at = 0; at < length; at += CHUNK_OCTETS) {
      const chunk =
        at === 0
          ? first.subarray(RECORD_HEADER_OCTETS)
          : this.#read(location, offset + at, Math.min(CHUNK_OCTETS, length - at), isReused)
      sum = crc32(chunk, sum)
      if (at + chunk.length === length && sum !== header.crc32) throw damaged(location, 'its checksum is wrong')
      yield chunk
    }
  }

  /**
   * Reads a part of a body in chunks of up to 1 MiB, and none of it before all of the body was checked, which is done once as
   * long as the files are open: a program may read a large message in hundreds of parts. Yields empty chunks meanwhile.
   *
   * @throws {PosternError} STORE_PACK_DAMAGED, before the first octet
   */
  *span(location: PackLocation, { start, end }: OctetSpan): Generator<Buffer> {
    if (location.length <= CHUNK_OCTETS) {
      for (const chunk of this.chunks(location)) yield chunk.subarray(start, end)
      return
    }
    yield* this.#check(location)
    const last = Math.min(end, location.length)
    for (let at = start; at < last; at += CHUNK_OCTETS) {
      yield this.#read(location, location.offset + at, Math.min(CHUNK_OCTETS, last - at))
    }
  }

  *#check(location: PackLocation): Generator<Buffer> {
    const place = `${location.pack} ${location.offset} ${location.length}`
    if (this.#sound.has(place)) return
    for (const _ of this.chunks(location, true)) yield NOTHING
    if (this.#sound.size >= MAX_SOUND) this.#sound.clear()
    this.#sound.add(place)
  }

  /** Reads the first octets of a body, unchecked: for previews. */
  head(location: PackLocation, octets: number): Buffer {
    return this.#read(location, location.offset, Math.min(octets, location.length))
  }

  /**
   * Reads records as they lie in a pack, unchecked, from the one of a body on, until the target is full; gives the target.
   *
   * @throws {PosternError} STORE_PACK_DAMAGED
   */
  readRecords(first: PackLocation, target: Buffer): Buffer {
    return this.#fill(target, first, first.offset - RECORD_HEADER_OCTETS)
  }

  /** Closes the files; those that are needed again are opened again. */
  close(): void {
    this[Symbol.dispose]()
  }

  [Symbol.dispose](): void {
    for (const fd of this.#open.values()) closeSync(fd)
    this.#open.clear()
    this.#sound.clear()
  }

  #read(location: PackLocation, position: number, length: number, isReused = false): Buffer {
    return this.#fill(isReused ? this.#scratch(length) : Buffer.allocUnsafe(length), location, position)
  }

  #fill(buffer: Buffer, location: PackLocation, position: number): Buffer {
    const { length } = buffer
    const fd = this.#fd(location)
    for (let done = 0; done < length; ) {
      const octets = readOnce(fd, buffer, { done, length, position }, location)
      if (octets === 0) throw damaged(location, 'the file is too short')
      done += octets
    }
    return buffer
  }

  #scratch(length: number): Buffer {
    this.#reused ??= Buffer.allocUnsafeSlow(CHUNK_OCTETS)
    return this.#reused.subarray(0, length)
  }

  #fd(location: PackLocation): number {
    const known = this.#open.get(location.pack)
    if (known !== undefined) return known
    const oldest = this.#open.keys().next().value
    if (oldest !== undefined && this.#open.size >= MAX_OPEN_PACKS) {
      closeSync(this.#open.get(oldest) ?? -1)
      this.#open.delete(oldest)
    }
    const fd = this.#openPack(location)
    this.#open.set(location.pack, fd)
    return fd
  }

  #openPack(location: PackLocation): number {
    try {
      return openSync(packFile(this.#packsDir, location.pack), 'r')
    } catch (error) {
      throw damaged(location, 'the file cannot be opened', error)
    }
  }
}

interface Range {
  readonly done: number
  readonly length: number
  readonly position: number
}

function readOnce(fd: number, buffer: Buffer, { done, length, position }: Range, location: PackLocation): number {
  try {
    return readSync(fd, buffer, done, length - done, position + done)
  } catch (error) {
    throw damaged(location, 'the disk does not give it back', error)
  }
}

function damaged({ pack, offset, length }: PackLocation, why: string, cause?: unknown): PosternError {
  return new PosternError<StoreErrorCode>(
    'STORE_PACK_DAMAGED',
    `A message of ${length} octets in pack ${pack} at ${offset} cannot be read: ${why}.`,
    { remedy: 'user', advice: 'Run `postern store repair --full`: what the server still has is fetched again.', cause },
  )
}

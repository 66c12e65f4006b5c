import { closeSync, openSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import { fileFailure } from '../disk-failure.ts'
import { datasync, syncFolder, writeAll } from '../durable-file.ts'
import {
  encodeRecordHeader,
  MAX_PACK_OCTETS,
  type PackLocation,
  packFile,
  RECORD_HEADER_OCTETS,
} from './pack-format.ts'

const WRITE_OCTETS = 1_048_576 // handed to the system at once
const MAX_QUEUED_OCTETS = 8 * 1_048_576 // in memory, before the writer asks for a pause
const WRITE_BACK_OCTETS = 12 * 1_048_576 // more than is mostly written between two syncs: for large messages
const MAX_VECTORS = 1024 // IOV_MAX

interface OpenPack {
  readonly id: number
  readonly fd: number
  /** Where the next record begins. */
  end: number
}

interface OpenRecord {
  readonly pack: OpenPack
  readonly header: Buffer
  readonly headerOffset: number
  readonly length: number
  readonly timeMs: number
  crc: number
  written: number
}

/** Where a pack's durable content ends. */
export interface PackEnd {
  readonly pack: number
  readonly octets: number
}

/** Options of a {@link PackWriter}. */
export interface PackWriterOptions {
  readonly packsDir: string
  /** The pack to go on with, and where; the next free number with 0 for a new one. */
  readonly last: PackEnd
  readonly clock: () => number
  /** Told once the files are closed, while the writer still knows what it wrote to. */
  readonly onClosed?: (writer: PackWriter) => void
  /** Gives the number of the next pack when one is full; others may be writing to the one after this. */
  readonly nextPack?: () => number
  /** For tests. */
  readonly maxPackOctets?: number
}

/** Appends bodies to packs as their octets come in. What it wrote counts only after `sync` and a commit of the rows. */
export class PackWriter implements AsyncDisposable {
  readonly #options: PackWriterOptions
  readonly #closing: OpenPack[] = []
  #current: OpenPack | undefined
  #record: OpenRecord | undefined
  #queue: Buffer[] = []
  #queueOffset = 0
  #queuedOctets = 0
  #inFlightOctets = 0
  #writes: Promise<void> = Promise.resolve()
  #syncs: Promise<unknown> = Promise.resolve()
  #dirtyOctets = 0
  #failure: unknown
  #isDistrusted = false
  #room: PromiseWithResolvers<void> | undefined

  constructor(options: PackWriterOptions) {
    this.#options = options
  }

  /** Whether a sync failed: the system may have dropped what it could not write, so these packs take nothing more. */
  get isDistrusted(): boolean {
    return this.#isDistrusted
  }

  /** The pack that is being written to. */
  get pack(): number {
    return this.#current?.id ?? this.#options.last.pack
  }

  /** Begins a body of this many octets, in a new pack when the last one is full. */
  begin(length: number): void {
    if (this.#record) throw new Error('a pack record is begun inside another')
    const pack = this.#packWithRoom()
    const timeMs = this.#options.clock()
    const header = encodeRecordHeader({ crc32: 0, length, timeMs })
    this.#record = { pack, header, headerOffset: pack.end, length, timeMs, crc: 0, written: 0 }
    this.#push(header)
  }

  /** Takes the next octets of the body. They belong to the writer now. */
  write(chunk: Buffer): void {
    const record = this.#record
    if (!record || record.written + chunk.length > record.length) throw new Error('more octets than announced')
    record.crc = crc32(chunk, record.crc)
    record.written += chunk.length
    this.#push(chunk)
  }

  /** Ends the body and says where it lies. */
  end(): PackLocation {
    const record = this.#record
    if (!record || record.written !== record.length) throw new Error('fewer octets than announced')
    this.#record = undefined
    const { pack, headerOffset, length, timeMs } = record
    const header = encodeRecordHeader({ crc32: record.crc, length, timeMs })
    // In memory still, or written already without its checksum.
    if (headerOffset >= this.#queueOffset) header.copy(record.header)
    else this.#enqueue(pack, [header], headerOffset)
    return { pack: pack.id, offset: headerOffset + RECORD_HEADER_OCTETS, length }
  }

  /** Forgets the body that was begun: its octets stay in the file as dead space. */
  abort(): void {
    const record = this.#record
    if (!record) return
    this.#record = undefined
    // The next record begins where this one broke off: nothing refers to it.
    record.header.fill(0)
  }

  /** Resolves when there is room for more; undefined when there is room now. */
  drained(): Promise<void> | undefined {
    if (this.#queuedOctets + this.#inFlightOctets <= MAX_QUEUED_OCTETS) return undefined
    this.#room ??= Promise.withResolvers<void>()
    return this.#room.promise
  }

  /** Writes what is queued and makes it durable; says where each pack that was written to ends. */
  sync(): Promise<readonly PackEnd[]> {
    const sync = this.#syncs.then(() => this.#syncOnce())
    this.#syncs = sync.catch(() => undefined) // told to this call's caller
    return sync
  }

  // One after another: a sync closes the packs that are full.
  async #syncOnce(): Promise<readonly PackEnd[]> {
    this.#flush()
    this.#dirtyOctets = 0
    // Packs that fill up during the wait are for the next sync.
    const full = [...this.#closing]
    const packs = [...full, ...(this.#current ? [this.#current] : [])]
    const ends = packs.map(pack => ({ pack: pack.id, octets: this.#durableEnd(pack) }))
    await this.#writes
    if (this.#failure !== undefined) throw this.#told(this.#failure)
    try {
      await Promise.all(packs.map(pack => datasync(pack.fd)))
    } catch (error) {
      this.#distrust(error)
      throw this.#told(error)
    }
    for (const pack of full) this.#close(pack)
    return ends
  }

  /** Waits for what is under way and closes the files. What was not synced does not count. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#flush()
    await Promise.all([this.#writes, this.#syncs])
    for (const pack of [...this.#closing.splice(0), ...(this.#current ? [this.#current] : [])]) closeSync(pack.fd)
    this.#options.onClosed?.(this)
    this.#current = undefined
  }

  /** Brings a part of a large message to the disk while the rest is still coming, so that `sync` has less to wait for. */
  #writeBack(pack: OpenPack): void {
    this.#dirtyOctets = 0
    this.#syncs = this.#syncs.then(async () => {
      await this.#writes
      const isOpen = this.#current === pack || this.#closing.includes(pack) // else a sync was first
      if (this.#failure !== undefined || !isOpen) return
      try {
        await datasync(pack.fd)
      } catch (error) {
        this.#distrust(error) // told by sync
      }
    })
  }

  // What the system could not write may be gone from its memory as well: this writer must not be trusted again.
  #distrust(error: unknown): void {
    this.#failure = error
    this.#isDistrusted = true
  }

  // Opening blocks, once in 256 MB: a record must not wait for it in the middle of a FETCH.
  #packWithRoom(): OpenPack {
    const { last, maxPackOctets = MAX_PACK_OCTETS } = this.#options
    this.#current ??= this.#openPack(last.pack, last.octets)
    const full = this.#current
    if (full.end < maxPackOctets) return full
    this.#flush()
    this.#closing.push(full)
    this.#current = this.#openPack(this.#options.nextPack?.() ?? full.id + 1, 0)
    return this.#current
  }

  #close(pack: OpenPack): void {
    this.#closing.splice(this.#closing.indexOf(pack), 1)
    closeSync(pack.fd)
  }

  // Beyond the start of an open record nothing may count as committed.
  #durableEnd(pack: OpenPack): number {
    return this.#record?.pack === pack ? this.#record.headerOffset : pack.end
  }

  #openPack(id: number, end: number): OpenPack {
    try {
      const fd = openSync(packFile(this.#options.packsDir, id), end === 0 ? 'w' : 'r+', 0o600)
      if (end === 0) syncFolder(this.#options.packsDir)
      this.#queueOffset = end
      return { id, fd, end }
    } catch (error) {
      throw fileFailure(packFile(this.#options.packsDir, id), error)
    }
  }

  #told(error: unknown): unknown {
    return fileFailure(this.#options.packsDir, error)
  }

  #push(chunk: Buffer): void {
    const pack = this.#current
    if (!pack) return
    this.#queue.push(chunk)
    this.#queuedOctets += chunk.length
    this.#dirtyOctets += chunk.length
    pack.end += chunk.length
    if (this.#queuedOctets >= WRITE_OCTETS || this.#queue.length >= MAX_VECTORS) this.#flush()
    if (this.#dirtyOctets >= WRITE_BACK_OCTETS) this.#writeBack(pack)
  }

  #flush(): void {
    const pack = this.#current
    if (!pack || this.#queue.length === 0) return
    const [chunks, offset] = [this.#queue, this.#queueOffset]
    this.#queue = []
    this.#queueOffset = pack.end
    this.#queuedOctets = 0
    this.#enqueue(pack, chunks, offset)
  }

  #enqueue(pack: OpenPack, chunks: readonly Buffer[], offset: number): void {
    const octets = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
    this.#inFlightOctets += octets
    this.#writes = this.#writes.then(async () => {
      try {
        if (this.#failure === undefined) await writeAll(pack.fd, chunks, offset)
      } catch (error) {
        this.#failure = error // told by sync
      }
      this.#inFlightOctets -= octets
      if (this.#queuedOctets + this.#inFlightOctets > MAX_QUEUED_OCTETS / 2) return
      this.#room?.resolve()
      this.#room = undefined
    })
  }
}

import { createHash, randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { summarizeHeader } from '../../formats/mail/header-summary.ts'
import { packFlags } from '../../store/flags.ts'
import type { PackLocation } from '../../store/packs/pack-format.ts'
import type { PackWriter } from '../../store/packs/pack-writer.ts'
import type { MessageDigest } from '../../store/rows.ts'
import type { Store } from '../../store/store.ts'

const HEAD_OCTETS = 262_144 // lists need the beginning of a header only
const INBOX = 'INBOX'

/** Options of {@link StoreInbox}. */
export interface StoreInboxOptions {
  readonly store: Store
  /** Where messages wait until all of their octets are there; made when it is missing. */
  readonly spoolDir: string
  readonly clock: () => number
  /** A message is in the Inbox. */
  readonly onDelivered?: (item: number) => void
}

/** Delivers messages to the Inbox of a store. Several may come at once. */
export class StoreInbox {
  readonly #options: StoreInboxOptions

  constructor(options: StoreInboxOptions) {
    this.#options = options
  }

  /**
   * Puts a message into the Inbox, octet for octet; durable when it resolves. Nothing is left of it when `octets` fail.
   *
   * @throws {PosternError} STORE_DISK_FULL, STORE_WRITE_FAILED
   */
  async deliver(octets: AsyncIterable<Buffer>): Promise<void> {
    const { spoolDir, onDelivered } = this.#options
    await mkdir(spoolDir, { recursive: true, mode: 0o700 })
    const file = join(spoolDir, `${randomUUID()}.eml`)
    try {
      const length = await spool(file, octets)
      const item = await this.#store(file, length)
      onDelivered?.(item)
    } finally {
      await rm(file, { force: true })
    }
  }

  async #store(file: string, length: number): Promise<number> {
    const { store, clock } = this.#options
    await using writer = store.openPackWriter()
    const { location, digest } = await readIntoPack(file, length, writer)
    const ends = await writer.sync()
    const inbox = store.read.getFolder(INBOX).id
    return store.transact(transactor => {
      for (const { pack, octets } of ends) transactor.setPackEnd(pack, octets)
      return transactor.local.addMessage(inbox, { location, digest, flags: packFlags([]), internalDateMs: clock() })
    })
  }
}

/** A pack's record begins with its length, which is known only at the end. */
async function spool(file: string, octets: AsyncIterable<Buffer>): Promise<number> {
  await using handle = await open(file, 'wx', 0o600)
  let length = 0
  for await (const chunk of octets) {
    await handle.writeFile(chunk)
    length += chunk.length
  }
  return length
}

async function readIntoPack(
  file: string,
  length: number,
  writer: PackWriter,
): Promise<{ readonly location: PackLocation; readonly digest: MessageDigest }> {
  const sha = createHash('sha256')
  const head: Buffer[] = []
  let read = 0
  writer.begin(length)
  for await (const chunk of createReadStream(file, { highWaterMark: 65_536 }) as AsyncIterable<Buffer>) {
    if (read < HEAD_OCTETS) head.push(chunk)
    read += chunk.length
    sha.update(chunk)
    writer.write(chunk)
    await writer.drained()
  }
  const location = writer.end()
  return { location, digest: { sha256: sha.digest(), ...summarizeHeader(Buffer.concat(head)) } }
}

import { randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { packFlags } from '../../store/flags.ts'
import type { Store } from '../../store/store.ts'
import { packMessage } from '../../sync/local/pack-message.ts'

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
    const packed = await packMessage(writer, length, createReadStream(file))
    if (!packed) throw new Error('a file of the spool has changed')
    const ends = await writer.sync()
    const inbox = store.read.getFolder(INBOX).id
    return store.transact(transactor => {
      for (const { pack, octets } of ends) transactor.setPackEnd(pack, octets)
      return transactor.local.addMessage(inbox, { ...packed, flags: packFlags([]), internalDateMs: clock() })
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

import type { PackLocation } from '../store/pack-format.ts'
import type { PackWriter } from '../store/pack-writer.ts'
import type { Store } from '../store/store.ts'
import { MAX_ATTEMPTS } from './import-folder.ts'
import type { BodySink, DownloadBatch, RemoteBody, SelectedFolder } from './remote.ts'

const COMMIT_OCTETS = 8 * 1_048_576
const COMMIT_MESSAGES = 2000
const MAX_UNCOMMITTED_OCTETS = 16 * 1_048_576 // asked for and not durable yet: what a crash may cost
const MAX_BATCH_MESSAGES = 500
const MAX_BATCH_OCTETS = 2 * 1_048_576

/** What the download tells while it works. */
export interface DownloadEvents {
  /** Messages are durable in `stage`. */
  committed(count: number, octets: number): void
}

interface Arrived {
  readonly uid: number
  readonly location: PackLocation
}

/** DOWNLOAD: brings what `dlq` names of one folder into the pack and `stage`, newest first. */
export async function runDownload(
  store: Store,
  writer: PackWriter,
  selected: SelectedFolder & { readonly folder: number },
  events: DownloadEvents,
): Promise<void> {
  const download = new FolderDownload(store, writer, selected, events)
  try {
    await selected.download(() => download.next(), download)
  } catch (error) {
    writer.abort()
    // What has arrived whole is kept, whatever went wrong.
    await download.commit().catch(() => undefined)
    throw error
  }
  await download.commit()
}

class FolderDownload implements BodySink {
  readonly #store: Store
  readonly #writer: PackWriter
  readonly #folder: number
  readonly #uidValidity: number
  readonly #events: DownloadEvents
  /** Sizes of what is asked for and not committed, by UID. */
  readonly #sizes = new Map<number, number>()
  readonly #inFlight = new Set<number>()
  #outstandingOctets = 0
  #beforeUid = Number.MAX_SAFE_INTEGER
  #arrived: Arrived[] = []
  #arrivedOctets = 0
  #waiting: PromiseWithResolvers<void> | undefined
  #committing: Promise<void> | undefined
  #failure: unknown

  constructor(
    store: Store,
    writer: PackWriter,
    selected: SelectedFolder & { readonly folder: number },
    events: DownloadEvents,
  ) {
    this.#store = store
    this.#writer = writer
    this.#folder = selected.folder
    this.#uidValidity = selected.uidValidity
    this.#events = events
  }

  /** Hands out the next batch once a crash would cost no more than the limit. */
  async next(): Promise<DownloadBatch | undefined> {
    const batch = this.#nextBatch()
    if (batch.length === 0) return undefined
    const octets = batch.reduce((sum, { size }) => sum + size, 0)
    while (this.#outstandingOctets > 0 && this.#outstandingOctets + octets > MAX_UNCOMMITTED_OCTETS) {
      if (this.#failure !== undefined) throw this.#failure
      this.#waiting = Promise.withResolvers<void>()
      this.#commitIfDue()
      await this.#waiting.promise
    }
    for (const { uid, size } of batch) {
      this.#sizes.set(uid, size)
      this.#inFlight.add(uid)
    }
    this.#outstandingOctets += octets
    return { uids: batch.map(({ uid }) => uid) }
  }

  // A UID that failed before is asked for alone, so that a poisonous message takes no others with it.
  #nextBatch(): readonly { uid: number; size: number }[] {
    const rows = this.#store.read.nextDownloads(
      { folder: this.#folder, uidValidity: this.#uidValidity, beforeUid: this.#beforeUid },
      MAX_BATCH_MESSAGES,
    )
    let octets = 0
    let count = 0
    for (const { size, attempts } of rows) {
      if (count > 0 && (octets + size > MAX_BATCH_OCTETS || attempts > 0)) break
      octets += size
      count++
      if (attempts > 0) break
    }
    const batch = rows.slice(0, count)
    this.#beforeUid = batch.at(-1)?.uid ?? 0
    return batch
  }

  begin(octets: number): void {
    this.#writer.begin(octets)
  }

  write(chunk: Buffer): void {
    this.#writer.write(chunk)
  }

  end({ uid }: RemoteBody): void {
    const location = this.#writer.end()
    // What nobody asked for is dead space in the pack.
    if (!this.#inFlight.delete(uid)) return
    this.#arrived.push({ uid, location })
    this.#arrivedOctets += location.length
    this.#commitIfDue()
  }

  missing(uid: number): void {
    this.#inFlight.delete(uid)
    this.#settle(uid)
    this.#store.transact(transactor => {
      transactor.failDownload(this.#folder, this.#uidValidity, uid, 'the server sent no body for it', MAX_ATTEMPTS)
    })
    this.#wake()
  }

  drained(): Promise<void> | undefined {
    // The reader fails with us, and the connection with it.
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    return this.#writer.drained()
  }

  /** Commits all that has arrived. */
  async commit(): Promise<void> {
    await this.#committing
    await this.#commitOnce()
    if (this.#failure !== undefined) throw this.#failure
  }

  /** Begins a commit when enough has arrived, or when the next batch waits and nothing else will arrive. */
  #commitIfDue(): void {
    const isMuch = this.#arrivedOctets >= COMMIT_OCTETS || this.#arrived.length >= COMMIT_MESSAGES
    const isLast = this.#waiting !== undefined && this.#inFlight.size === 0
    if (this.#committing || this.#arrived.length === 0 || !(isMuch || isLast)) return
    this.#committing = this.#commitOnce().finally(() => {
      this.#committing = undefined
      this.#wake()
      this.#commitIfDue()
    })
  }

  #wake(): void {
    this.#waiting?.resolve()
    this.#waiting = undefined
  }

  async #commitOnce(): Promise<void> {
    const arrived = this.#arrived
    if (arrived.length === 0) return
    this.#arrived = []
    this.#arrivedOctets = 0
    try {
      const ends = await this.#writer.sync()
      this.#store.transact(transactor => {
        for (const { pack, octets } of ends) transactor.setPackEnd(pack, octets)
        for (const { uid, location } of arrived) transactor.stage(this.#folder, this.#uidValidity, uid, location)
      })
    } catch (error) {
      this.#failure = error // told by next, drained and commit
      return
    }
    for (const { uid } of arrived) this.#settle(uid)
    this.#events.committed(
      arrived.length,
      arrived.reduce((sum, { location }) => sum + location.length, 0),
    )
  }

  #settle(uid: number): void {
    this.#outstandingOctets -= this.#sizes.get(uid) ?? 0
    this.#sizes.delete(uid)
  }
}

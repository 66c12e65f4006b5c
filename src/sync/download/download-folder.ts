import type { PosternError } from '../../errors.ts'
import type { PackLocation } from '../../store/packs/pack-format.ts'
import type { PackWriter } from '../../store/packs/pack-writer.ts'
import type { BodyPart, DownloadPlace } from '../../store/rows.ts'
import type { Store } from '../../store/store.ts'
import { isConnectionLoss, refusalCode } from '../refusal.ts'
import type { BodySink, DownloadBatch, RemoteBody, SelectedFolder } from '../remote.ts'
import type { BatchChooser } from './download-batches.ts'

const COMMIT_OCTETS = 8 * 1_048_576
const COMMIT_MESSAGES = 2000
const MAX_UNCOMMITTED_OCTETS = 16 * 1_048_576 // asked for and not durable yet: what a crash may cost
const MIN_AHEAD = 2 // messages, however large: the network does not wait for the disk
const MAX_REFUSALS = 3 // with nothing else arriving, more of them are about the folder, not about its messages
const NOT_NOW = new Set(['LIMIT', 'UNAVAILABLE', 'INUSE']) // RFC 5530 section 3

/** What the download tells while it works. */
export interface DownloadEvents {
  /** Messages are durable in `stage`. */
  committed(count: number, octets: number): void
}

/** What a download works on. */
export interface DownloadTask {
  readonly store: Store
  readonly writer: PackWriter
  readonly place: DownloadPlace
  readonly chooser: BatchChooser
  readonly events: DownloadEvents
}

interface Arrived {
  readonly uid: number
  readonly part: BodyPart
  readonly location: PackLocation
}

/**
 * DOWNLOAD: brings what the chooser names of one folder into the pack and `stage`.
 *
 * @throws {PosternError} STORE_… before all else; UPSTREAM_REFUSED when the server refuses the folder's messages
 *   altogether, UPSTREAM_…
 */
export async function runDownload(selected: SelectedFolder, task: DownloadTask): Promise<void> {
  const download = new FolderDownload(task)
  try {
    await selected.download(() => download.next(), download)
  } catch (error) {
    task.writer.abort()
    // What has arrived whole is kept, whatever went wrong; that it cannot be kept is worse, and is told instead.
    await download.commit()
    if (isConnectionLoss(error)) download.blame(error)
    throw error
  }
  await download.commit()
  download.settleRefusals()
}

class FolderDownload implements BodySink {
  readonly #task: DownloadTask
  readonly #key: readonly [folder: number, uidValidity: number]
  /** Expected octets of what is asked for and not committed, by UID. */
  readonly #sizes = new Map<number, number>()
  readonly #inFlight = new Map<number, BodyPart>()
  readonly #refusedAlone: { readonly uid: number; readonly message: string }[] = []
  #refusals = 0
  #refusal: PosternError | undefined
  #hasArrived = false
  #outstandingOctets = 0
  #arrived: Arrived[] = []
  #arrivedOctets = 0
  #waiting: PromiseWithResolvers<void> | undefined
  #committing: Promise<void> | undefined
  #failure: unknown

  constructor(task: DownloadTask) {
    this.#task = task
    this.#key = [task.place.folder, task.place.uidValidity]
  }

  /** Hands out the next batch once a crash would cost no more than the limit. */
  async next(): Promise<DownloadBatch | undefined> {
    const { chooser } = this.#task
    if (chooser.isAlone) await this.#room(() => this.#sizes.size === 0)
    if (this.#isRefused) return undefined
    const batch = chooser.next()
    const [first] = batch
    if (!first) return undefined
    const octets = batch.reduce((sum, message) => sum + message.octets, 0)
    const isLittle = () => this.#sizes.size + batch.length <= MIN_AHEAD || this.#sizes.size === 0
    await this.#room(() => isLittle() || this.#outstandingOctets + octets <= MAX_UNCOMMITTED_OCTETS)
    for (const { uid, octets, part } of batch) {
      this.#sizes.set(uid, octets)
      this.#inFlight.set(uid, part)
    }
    this.#outstandingOctets += octets
    return { uids: batch.map(({ uid }) => uid), part: first.part }
  }

  begin(octets: number): void {
    this.#task.writer.begin(octets)
  }

  write(chunk: Buffer): void {
    this.#task.writer.write(chunk)
  }

  end({ uid }: RemoteBody): void {
    const location = this.#task.writer.end()
    const part = this.#inFlight.get(uid)
    // What nobody asked for is dead space in the pack.
    if (part === undefined) return
    this.#inFlight.delete(uid)
    this.#hasArrived = true
    this.#arrived.push({ uid, part, location })
    this.#arrivedOctets += location.length
    this.#commitIfDue()
  }

  missing(uid: number): void {
    this.#forget([uid])
    this.#task.chooser.failed(uid)
    this.#fail(uid, 'the server sent nothing for it')
    this.#wake()
  }

  refused(uids: readonly number[], error: PosternError): void {
    this.#forget(uids)
    this.#refusals++
    if (NOT_NOW.has(refusalCode(error) ?? '')) this.#refusal = error
    else if (this.#task.chooser.isAlone && uids.length === 1) {
      this.#refusedAlone.push(...uids.map(uid => ({ uid, message: error.message })))
    } else {
      this.#suspect(uids)
    }
    if (!this.#hasArrived && this.#refusals > MAX_REFUSALS) this.#refusal = error
    this.#wake()
  }

  drained(): Promise<void> | undefined {
    // The reader fails with us, and the connection with it.
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    return this.#task.writer.drained()
  }

  /** Commits all that has arrived. */
  async commit(): Promise<void> {
    // One that ends may have begun the next.
    while (this.#committing) await this.#committing
    await this.#commitOnce()
    if (this.#failure !== undefined) throw this.#failure
  }

  /** The connection was lost: one of those under way may be the cause, and is, when it was alone. */
  blame(error: PosternError): void {
    const uids = [...this.#inFlight.keys()]
    if (uids.length === 0) return
    const isAlone = this.#task.chooser.isAlone && uids.length === 1
    if (isAlone)
      for (const uid of uids) this.#fail(uid, `the connection was lost while it was fetched: ${error.message}`)
    else this.#suspect(uids)
  }

  /** Counts the refusals of single messages, unless they say that the folder as a whole is refused. */
  settleRefusals(): void {
    if (this.#refusal) throw this.#refusal
    for (const { uid, message } of this.#refusedAlone) this.#fail(uid, message)
  }

  get #isRefused(): boolean {
    return this.#refusal !== undefined
  }

  async #room(hasRoom: () => boolean): Promise<void> {
    while (!hasRoom()) {
      if (this.#failure !== undefined) throw this.#failure
      this.#waiting = Promise.withResolvers<void>()
      this.#commitIfDue()
      await this.#waiting.promise
    }
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
    const { store, writer, events } = this.#task
    try {
      const ends = await writer.sync()
      store.transact(transactor => {
        for (const { pack, octets } of ends) transactor.setPackEnd(pack, octets)
        for (const { uid, location, part } of arrived) transactor.incoming.stage(...this.#key, uid, location, part)
      })
    } catch (error) {
      this.#failure = error // told by next, drained and commit
      return
    }
    this.#forget(arrived.map(({ uid }) => uid))
    events.committed(
      arrived.length,
      arrived.reduce((sum, { location }) => sum + location.length, 0),
    )
  }

  #forget(uids: readonly number[]): void {
    for (const uid of uids) {
      this.#outstandingOctets -= this.#sizes.get(uid) ?? 0
      this.#sizes.delete(uid)
      this.#inFlight.delete(uid)
    }
  }

  #fail(uid: number, error: string): void {
    this.#task.store.transact(({ incoming }) => incoming.failDownload(...this.#key, uid, error))
  }

  #suspect(uids: readonly number[]): void {
    this.#task.store.transact(({ incoming }) => incoming.suspect(...this.#key, uids, Math.ceil(uids.length / 2)))
  }
}

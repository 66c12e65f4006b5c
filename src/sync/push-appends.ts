import { unpackFlags } from '../store/flags.ts'
import type { PendingAppend } from '../store/pending-changes.ts'
import type { FolderRow } from '../store/rows.ts'
import { isPushable, type PushContext } from './push-account.ts'
import { isRefusal } from './refusal.ts'
import type { RemoteUid } from './remote.ts'

const MAX_BATCH_MESSAGES = 50
const MAX_BATCH_OCTETS = 4 * 1_048_576

/** Appends new messages, batch by batch: what is sent is noted before its first octet, and settled by the answer. */
export class PushAppends {
  readonly #context: PushContext
  #isOverQuota = false
  #uploaded = 0
  #total = 0

  constructor(context: PushContext) {
    this.#context = context
  }

  async run(): Promise<void> {
    const { store, clock } = this.#context
    const pending = store.read.pending.appends(clock())
    this.#total = pending.length
    for (const [id, appends] of Map.groupBy(pending, ({ folder }) => folder)) {
      const folder = store.read.folders().find(folder => folder.id === id)
      if (!folder || !isAppendable(folder)) continue
      this.#context.onUploaded(this.#uploaded, this.#total)
      for (const batch of batches(appends)) {
        if (this.#isOverQuota) return
        await this.#sendBatch(folder, batch)
      }
    }
  }

  async #sendBatch(folder: FolderRow, batch: readonly PendingAppend[]): Promise<void> {
    const { store, remote } = this.#context
    const fit = this.#refuseTooLarge(folder, batch)
    if (fit.length === 0) return
    const status = await remote.status(folder.path)
    const sent = store.transact(transactor =>
      fit.flatMap(append => {
        const flags = transactor.push.appendStarted(append.item, folder.id, status?.uidNext ?? 1)
        return flags ? [{ ...append, flags }] : []
      }),
    )
    const answers = await Promise.allSettled(sent.map(append => this.#send(folder, append)))
    // Settled together: one wait for the disk. A lost connection leaves its messages in flight.
    store.transact(transactor => {
      for (const [index, answer] of answers.entries()) {
        const item = sent[index]?.item ?? 0
        if (answer.status === 'fulfilled') transactor.push.appended(item, answer.value)
        else if (isRefusal(answer.reason)) transactor.push.appendFailed(item, answer.reason.message, false)
      }
    })
    this.#uploaded += answers.filter(({ status }) => status === 'fulfilled').length
    this.#context.onUploaded(this.#uploaded, this.#total)
    this.#tellFailures(folder, answers)
  }

  #send(folder: FolderRow, { location, flags, internalDateMs }: PendingAppend): Promise<RemoteUid | undefined> {
    const { store, remote } = this.#context
    return remote.append(folder.path, {
      flags: unpackFlags(flags),
      internalDateMs,
      octets: location.length,
      chunks: () => store.read.body(location),
    })
  }

  #tellFailures({ path }: FolderRow, answers: readonly PromiseSettledResult<unknown>[]): void {
    for (const answer of answers) {
      if (answer.status === 'fulfilled') continue
      if (!isRefusal(answer.reason)) throw answer.reason
      const { code, message } = answer.reason
      if (message.includes('[OVERQUOTA]')) this.#isOverQuota = true
      this.#context.onRefused({ folder: path, code, message })
    }
  }

  // What the server is known to refuse is not sent at all.
  #refuseTooLarge({ path }: FolderRow, batch: readonly PendingAppend[]): readonly PendingAppend[] {
    const { store, remote, onRefused } = this.#context
    const limit = remote.features.appendLimit ?? Number.POSITIVE_INFINITY
    const tooLarge = batch.filter(({ location }) => location.length > limit)
    if (tooLarge.length === 0) return batch
    const message = `the server takes no message of over ${limit} octets`
    store.transact(transactor => {
      for (const { item } of tooLarge) transactor.push.appendFailed(item, message, true)
    })
    onRefused({ folder: path, code: 'UPSTREAM_REFUSED', message })
    return batch.filter(append => !tooLarge.includes(append))
  }
}

function isAppendable(folder: FolderRow): boolean {
  return isPushable({ ...folder, uidValidity: folder.uidValidity ?? 0 })
}

function* batches(appends: readonly PendingAppend[]): Generator<PendingAppend[]> {
  let batch: PendingAppend[] = []
  let octets = 0
  for (const append of appends) {
    const isFull = batch.length >= MAX_BATCH_MESSAGES || octets + append.location.length > MAX_BATCH_OCTETS
    if (isFull && batch.length > 0) {
      yield batch
      batch = []
      octets = 0
    }
    batch.push(append)
    octets += append.location.length
  }
  if (batch.length > 0) yield batch
}

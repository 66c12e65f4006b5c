import { PosternError } from '../../errors.ts'
import { unpackFlags } from '../../store/flags.ts'
import type { PendingAppend } from '../../store/queries/pending-changes.ts'
import type { FolderRow } from '../../store/rows.ts'
import type { Store } from '../../store/store.ts'
import type { Transactor } from '../../store/transactor.ts'
import type { SyncErrorCode } from '../errors.ts'
import { headerHashOf } from '../local/header-hash.ts'
import { isThrottled, refusalCode } from '../refusal.ts'
import { type AppendBatch, appendWaves } from './append-batches.ts'
import { type AppendOutcome, AppendSender, type OutgoingAppend } from './append-sender.ts'
import { isPushable, type PushContext } from './push-account.ts'

const MAX_VERIFIED_OCTETS = 16 * 1_048_576 // reading more at once would keep everything else waiting

/** Where messages are appended. */
interface Target {
  readonly folder: FolderRow
  /** In octets of one message. */
  readonly limit: number
}

/** A message with what keeps it from being sent. */
interface Unfit {
  readonly append: PendingAppend
  readonly why: string
}

/** Appends new messages, wave by wave: what is sent is noted before its first octet, and settled by the answer. */
export class PushAppends {
  readonly #context: PushContext
  readonly #sender: AppendSender
  #isOverQuota = false
  #uploaded = 0
  #total = 0

  constructor(context: PushContext) {
    this.#context = context
    this.#sender = new AppendSender(context.remote, context.log)
  }

  async run(): Promise<void> {
    const { store, clock } = this.#context
    const { pending } = store.read
    if (pending.appendsPausedUntilMs() > clock()) return
    const all = pending.appends(clock())
    const targets = await this.#findTargets(all)
    const appends = this.#refuseTooLarge(targets, all)
    this.#total = appends.length
    for (const wave of appendWaves(appends)) {
      this.#context.onUploaded(this.#uploaded, this.#total)
      await this.#sendWave(targets, wave)
      if (this.#isOverQuota) return
    }
  }

  async #findTargets(appends: readonly PendingAppend[]): Promise<ReadonlyMap<number, Target>> {
    const wanted = new Set(appends.map(({ folder }) => folder))
    const folders = wanted.size === 0 ? [] : this.#context.store.read.folders()
    const found = folders.filter(folder => wanted.has(folder.id) && isAppendable(this.#context.store, folder))
    const targets = found.map(async folder => ({ folder, limit: await this.#limitOf(folder) }))
    return new Map((await Promise.all(targets)).map(target => [target.folder.id, target]))
  }

  async #limitOf({ path }: FolderRow): Promise<number> {
    const { remote } = this.#context
    const { appendLimit } = remote.features
    const limit = appendLimit === 'by-folder' ? (await remote.status(path))?.appendLimit : appendLimit
    return limit ?? Number.POSITIVE_INFINITY
  }

  // What the server is known to refuse is not sent at all (RFC 7889 section 1).
  #refuseTooLarge(targets: ReadonlyMap<number, Target>, appends: readonly PendingAppend[]): readonly PendingAppend[] {
    const reachable = appends.filter(({ folder }) => targets.has(folder))
    const limitOf = ({ folder }: PendingAppend) => targets.get(folder)?.limit ?? 0
    const isTooLarge = (append: PendingAppend) => append.location.length > limitOf(append)
    const why = (append: PendingAppend) => `the server takes no message of over ${limitOf(append)} octets`
    this.#refuse(
      targets,
      reachable.filter(isTooLarge).map(append => ({ append, why: why(append) })),
    )
    return reachable.filter(append => !isTooLarge(append))
  }

  async #sendWave(targets: ReadonlyMap<number, Target>, wave: readonly AppendBatch[]): Promise<void> {
    const { store } = this.#context
    const unreadable = this.#findUnreadable(wave)
    this.#refuse(targets, unreadable)
    const damaged = new Set(unreadable.map(({ append }) => append))
    const started = store.transact(transactor =>
      wave.map(({ folder, appends }) => {
        const readable = appends.filter(append => !damaged.has(append))
        return { folder, sent: this.#start(transactor, { folder, appends: readable }) }
      }),
    )
    const outcomes = await Promise.all(
      started.map(({ folder, sent }) => this.#sender.send(targets.get(folder)?.folder.path ?? '', sent)),
    )
    const isNewlyFull = this.#settle(outcomes.flat())
    this.#uploaded += outcomes.flat().filter(({ kind }) => kind === 'sent').length
    this.#context.onUploaded(this.#uploaded, this.#total)
    for (const [index, { folder }] of started.entries()) {
      this.#tellFailures(targets.get(folder)?.folder.path ?? '', outcomes[index] ?? [], isNewlyFull)
    }
  }

  /** Notes what is about to be sent: whatever happens from here on, the server may have it. */
  #start(transactor: Transactor, { folder, appends }: AppendBatch): OutgoingAppend[] {
    const { read } = this.#context.store
    // Nothing that arrives from now on has a smaller UID than what PLAN has just seen.
    const uidNext = read.findFolder(folder)?.uidNext ?? 1
    return appends.flatMap(({ item, location, messageId, internalDateMs }) => {
      const headerHash = messageId === undefined ? headerHashOf(read, location) : undefined
      const flags = transactor.push.appendStarted(item, folder, { uidNext, headerHash })
      if (!flags) return []
      const chunks = () => read.body(location)
      return [{ item, message: { flags: unpackFlags(flags), internalDateMs, octets: location.length, chunks } }]
    })
  }

  /** One wait for the disk. A lost connection leaves its messages in flight. True when the account is newly full. */
  #settle(outcomes: readonly AppendOutcome[]): boolean {
    return this.#context.store.transact(transactor => {
      for (const outcome of outcomes) settleOne(transactor, outcome)
      this.#isOverQuota = outcomes.some(isOverQuota)
      if (this.#isOverQuota) return transactor.quota.begin()
      if (outcomes.some(({ kind }) => kind === 'sent')) transactor.quota.end()
      return false
    })
  }

  #tellFailures(path: string, outcomes: readonly AppendOutcome[], isNewlyFull: boolean): void {
    for (const outcome of outcomes) {
      if (outcome.kind === 'lost') throw outcome.error
      if (outcome.kind === 'sent' || isOverQuota(outcome)) continue
      const { code, message } = outcome.error
      this.#context.onRefused({ folder: path, code, message })
    }
    const full = isNewlyFull ? outcomes.find(isOverQuota) : undefined
    if (full?.kind === 'refused') this.#context.onRefused({ folder: path, ...mailboxFull(full.error) })
  }

  #refuse(targets: ReadonlyMap<number, Target>, unfit: readonly Unfit[]): void {
    if (unfit.length === 0) return
    this.#context.store.transact(transactor => {
      for (const { append, why } of unfit) transactor.push.appendFailed(append.item, why, true)
    })
    for (const { append, why } of unfit) {
      const path = targets.get(append.folder)?.folder.path ?? ''
      this.#context.onRefused({ folder: path, code: 'UPSTREAM_REFUSED', message: why })
    }
  }

  /** Finds bodies that the disk has lost before the server waits for their octets. */
  #findUnreadable(wave: readonly AppendBatch[]): readonly Unfit[] {
    const { read } = this.#context.store
    const small = wave
      .flatMap(({ appends }) => appends)
      .filter(({ location }) => location.length <= MAX_VERIFIED_OCTETS)
    return small.flatMap(append => {
      try {
        for (const _ of read.body(append.location));
        return []
      } catch (error) {
        if (!(error instanceof PosternError)) throw error
        return [{ append, why: error.message }]
      }
    })
  }
}

function settleOne(transactor: Transactor, outcome: AppendOutcome): void {
  const { item } = outcome
  if (outcome.kind === 'sent') transactor.push.appended(item, outcome.given)
  if (outcome.kind !== 'refused') return
  const { message } = outcome.error
  if (isOverQuota(outcome) || isThrottled(outcome.error)) transactor.push.appendDeferred(item, message)
  else transactor.push.appendFailed(item, message, refusalCode(outcome.error) === 'TOOBIG')
}

function isOverQuota(outcome: AppendOutcome): boolean {
  return outcome.kind === 'refused' && refusalCode(outcome.error) === 'OVERQUOTA'
}

function mailboxFull({ message }: PosternError) {
  const code: SyncErrorCode = 'SYNC_OVER_QUOTA'
  return { code, message: `There is no room for uploads; they wait, everything else goes on. ${message}` }
}

function isAppendable(store: Store, folder: FolderRow): boolean {
  return isPushable(store, { ...folder, uidValidity: folder.uidValidity ?? 0 })
}

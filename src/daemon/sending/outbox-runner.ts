import { setTimeout as sleep } from 'node:timers/promises'
import type { Home } from '../../config/home.ts'
import { PosternError } from '../../errors.ts'
import type { Logger } from '../../log/logger.ts'
import { isUnbound } from '../../profile/binding.ts'
import type { ProfileErrorCode } from '../../profile/errors.ts'
import type { Profile, Profiles } from '../../profile/profiles.ts'
import { attemptDelivery } from '../../smtp/outbox/delivery.ts'
import type { DeliveryState, OutboxQueue, QueuedMessage } from '../../smtp/outbox/queue.ts'
import { makeReport } from '../../smtp/outbox/report.ts'
import type { SyncRunner } from '../runs/sync-runner.ts'
import { OutboxAlarm } from './outbox-alarm.ts'
import { isDamaged, withoutAddresses } from './outbox-health.ts'
import { RefusedMessages } from './refused-messages.ts'
import type { Submission } from './submission.ts'

const TICK_MS = 5000
const CONCURRENCY = 4 // of a profile
const GRACE_MS = 5000 // for what is on its way when the daemon ends; a server may take ten minutes for an answer
const REPORT_HEAD_OCTETS = 65_536

/** Whose outboxes are worked on: those of an installation. */
export interface OutboxHome {
  readonly home: Pick<Home, 'outboxDir'>
  readonly profiles: Pick<Profiles, 'list'>
  readonly syncs: Pick<SyncRunner, 'deliver'>
  readonly log: Logger
}

/** How messages leave. */
export type OutboxSubmission = Pick<Submission, 'queueOf' | 'senderOf' | 'breakOff'>

/** Delivers what lies in the outboxes: at once, then again and again, and reports what cannot be delivered. */
export class OutboxRunner implements AsyncDisposable {
  readonly #installation: OutboxHome
  readonly #submission: OutboxSubmission
  readonly #stopping = new AbortController()
  /** By the ids of the messages. */
  readonly #deliveries = new Map<string, { readonly profile: number; readonly done: Promise<void> }>()
  readonly #prepared = new Set<number>()
  readonly #alarm: OutboxAlarm
  readonly #refused = new Map<number, RefusedMessages>()
  #loop: Promise<void> | undefined
  #wake = Promise.withResolvers<void>()

  readonly #graceMs: number

  constructor(installation: OutboxHome, submission: OutboxSubmission, graceMs = GRACE_MS) {
    this.#installation = installation
    this.#submission = submission
    this.#graceMs = graceMs
    this.#alarm = new OutboxAlarm(installation.log)
  }

  start(): void {
    this.#loop ??= this.#run()
  }

  /** Looks into the outboxes now. */
  wake(): void {
    this.#wake.resolve()
  }

  /** Forgets when the next attempt was to be, for one message or all of a profile but the damaged ones. */
  async retry(profile: Profile, id: string | undefined): Promise<number> {
    const queue = this.#submission.queueOf(profile)
    const chosen = (await queue.list()).filter(message => (id === undefined ? !isDamaged(message) : message.id === id))
    if (id !== undefined && chosen.length === 0) throw unknownMessage(id)
    for (const { id, state } of chosen) {
      // One that is on its way is being tried, and its state is about to be another.
      if (!this.#deliveries.has(id)) await queue.setState(id, { ...state, nextAttemptAtMs: 0 })
    }
    this.wake()
    return chosen.length
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort()
    this.wake()
    await this.#loop
    if (await this.#settledWithin(this.#graceMs)) return
    this.#submission.breakOff()
    // A report waits for the run under way, which ends later: then the message is reported at the next start.
    await this.#settledWithin(this.#graceMs)
  }

  async #settledWithin(ms: number): Promise<boolean> {
    const timer = new AbortController()
    const all = Promise.allSettled([...this.#deliveries.values()].map(({ done }) => done)).then(() => true)
    const late = sleep(ms, false, { signal: timer.signal }).catch(() => false)
    const isSettled = await Promise.race([all, late])
    timer.abort()
    return isSettled
  }

  async #run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      this.#wake = Promise.withResolvers<void>()
      for (const profile of this.#installation.profiles.list()) await this.#runProfile(profile)
      const timer = new AbortController()
      await Promise.race([
        this.#wake.promise,
        sleep(TICK_MS, undefined, { ref: false, signal: timer.signal }).catch(() => undefined),
      ])
      timer.abort()
    }
  }

  async #runProfile(profile: Profile): Promise<void> {
    if (isUnbound(profile) && profile.smtp === undefined) return // what waits is sent when there is a server again
    const queue = this.#submission.queueOf(profile)
    try {
      if (!this.#prepared.has(profile.number)) await queue.removeUnfinished()
      this.#prepared.add(profile.number)
      // What is on its way may end while we look, and would be sent again by the state of before.
      const busy = new Map(this.#deliveries)
      const messages = await queue.list()
      this.#alarm.look(profile.number, messages, Date.now())
      const due = messages.filter(
        ({ id, state }) => state.nextAttemptAtMs <= Date.now() && !busy.has(id) && !this.#stopping.signal.aborted,
      )
      const places = CONCURRENCY - [...busy.values()].filter(({ profile: number }) => number === profile.number).length
      for (const message of due.slice(0, Math.max(0, places))) this.#begin(profile, queue, message)
    } catch (error) {
      this.#failed(profile, error) // the outbox of one profile must not hold up the others
    }
  }

  // Nobody waits for it: a server that says nothing holds up neither other profiles nor other messages.
  #begin(profile: Profile, queue: OutboxQueue, message: QueuedMessage): void {
    const done = this.#deliver(profile, queue, message).then(
      () => this.wake(), // another one may have waited for its place
      error => this.#failed(profile, error),
    )
    const over = done.finally(() => this.#deliveries.delete(message.id))
    this.#deliveries.set(message.id, { profile: profile.number, done: over })
  }

  async #deliver(profile: Profile, queue: OutboxQueue, message: QueuedMessage): Promise<void> {
    const sender = this.#submission.senderOf(profile)
    const { isOver, toReport, state } = await attemptDelivery(queue, message, sender, Date.now())
    // The report before the note of it: a crash in between repeats the report, and loses nothing.
    if (toReport.length > 0) {
      if (message.envelope.sender !== '') await this.#report(profile, queue, message, toReport)
      await queue.setState(message.id, { ...state, reported: state.failed.map(({ address }) => address) })
    }
    await this.#noteRefused(profile, state.failed.slice(message.state.failed.length))
    if (isOver) await queue.remove(message.id)
    else this.#installation.log.debug({ profile: profile.number, attempts: state.attempts }, 'a message waits')
  }

  /** Notes recipients that were refused for good just now: for `status`, and once in the log. */
  async #noteRefused({ number }: Profile, refused: DeliveryState['failed']): Promise<void> {
    const [first] = refused
    if (!first) return
    const { home, log } = this.#installation
    const fields = { profile: number, recipients: refused.length, reason: withoutAddresses(first.reply) }
    log.error(fields, 'a message was refused for good')
    const message = { atMs: Date.now(), recipients: refused.length, reason: first.reply }
    const noted = this.#refused.get(number) ?? new RefusedMessages(home.outboxDir, number)
    this.#refused.set(number, noted)
    await noted.add(message)
  }

  #failed({ number }: Profile, error: unknown): void {
    if (this.#stopping.signal.aborted) return // broken off: the next start tries again
    this.#installation.log.error({ err: error, profile: number }, 'the outbox could not be worked on')
  }

  async #report(
    profile: Profile,
    queue: OutboxQueue,
    { id, envelope }: QueuedMessage,
    failed: DeliveryState['failed'],
  ) {
    let head = Buffer.alloc(0)
    for await (const chunk of queue.octets(id)) {
      head = Buffer.concat([head, chunk])
      if (head.length >= REPORT_HEAD_OCTETS) break
    }
    const report = makeReport({ envelope, failed, head, now: Date.now() })
    await this.#installation.syncs.deliver(profile, report)
  }
}

/** Says that the outbox has no such message. */
export function unknownMessage(id: string): PosternError {
  return new PosternError<ProfileErrorCode>(
    'PROFILE_NO_SUCH_MESSAGE',
    `There is no message ${JSON.stringify(id)} in the outbox.`,
    {
      remedy: 'user',
      advice: 'See `postern outbox list` for the ids.',
    },
  )
}

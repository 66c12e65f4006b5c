import { setTimeout as sleep } from 'node:timers/promises'
import { PosternError } from '../../errors.ts'
import type { ProfileErrorCode } from '../../profile/errors.ts'
import type { Profile } from '../../profile/profiles.ts'
import { attemptDelivery } from '../../smtp/outbox/delivery.ts'
import type { DeliveryState, OutboxQueue, QueuedMessage } from '../../smtp/outbox/queue.ts'
import { makeReport } from '../../smtp/outbox/report.ts'
import type { Installation } from '../installation.ts'
import type { Submission } from './submission.ts'

const TICK_MS = 5000
const CONCURRENCY = 4
const REPORT_HEAD_OCTETS = 65_536

/** Delivers what lies in the outboxes: at once, then again and again, and reports what cannot be delivered. */
export class OutboxRunner implements AsyncDisposable {
  readonly #installation: Installation
  readonly #submission: Submission
  readonly #stopping = new AbortController()
  readonly #busy = new Set<string>()
  readonly #prepared = new Set<number>()
  #loop: Promise<void> | undefined
  #wake = Promise.withResolvers<void>()

  constructor(installation: Installation, submission: Submission) {
    this.#installation = installation
    this.#submission = submission
  }

  start(): void {
    this.#loop ??= this.#run()
  }

  /** Looks into the outboxes now. */
  wake(): void {
    this.#wake.resolve()
  }

  /** Forgets when the next attempt was to be, for one message or all of a profile. */
  async retry(profile: Profile, id: string | undefined): Promise<number> {
    const queue = this.#submission.queueOf(profile)
    const chosen = (await queue.list()).filter(message => id === undefined || message.id === id)
    if (id !== undefined && chosen.length === 0) throw unknownMessage(id)
    for (const { id, state } of chosen) await queue.setState(id, { ...state, nextAttemptAtMs: 0 })
    this.wake()
    return chosen.length
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort()
    this.wake()
    await this.#loop
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
    const queue = this.#submission.queueOf(profile)
    try {
      if (!this.#prepared.has(profile.number)) await queue.removeUnfinished()
      this.#prepared.add(profile.number)
      const due = (await queue.list()).filter(
        ({ id, state }) => state.nextAttemptAtMs <= Date.now() && !this.#busy.has(id),
      )
      for (let at = 0; at < due.length && !this.#stopping.signal.aborted; at += CONCURRENCY) {
        await Promise.all(due.slice(at, at + CONCURRENCY).map(message => this.#deliver(profile, queue, message)))
      }
    } catch (error) {
      // The outbox of one profile must not hold up the others.
      this.#installation.log.error({ err: error, profile: profile.number }, 'the outbox could not be worked on')
    }
  }

  async #deliver(profile: Profile, queue: OutboxQueue, message: QueuedMessage): Promise<void> {
    this.#busy.add(message.id)
    try {
      const sender = this.#submission.senderOf(profile)
      const { isOver, toReport, state } = await attemptDelivery(queue, message, sender, Date.now())
      // The report before the note of it: a crash in between repeats the report, and loses nothing.
      if (toReport.length > 0) {
        if (message.envelope.sender !== '') await this.#report(profile, queue, message, toReport)
        await queue.setState(message.id, { ...state, reported: state.failed.map(({ address }) => address) })
      }
      if (isOver) await queue.remove(message.id)
      else
        this.#installation.log.warn(
          { profile: profile.number, attempts: state.attempts },
          'a message waits in the outbox',
        )
    } finally {
      this.#busy.delete(message.id)
    }
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

import type { Logger } from '../../log/logger.ts'
import type { QueuedMessage } from '../../smtp/outbox/queue.ts'
import { outboxHealth, withoutAddresses } from './outbox-health.ts'

/** Tells the log when an outbox gets stuck, and when it is no longer: once each time, not with every attempt. */
export class OutboxAlarm {
  readonly #log: Logger
  readonly #stuck = new Set<number>()

  constructor(log: Logger) {
    this.#log = log
  }

  /** Looks at the messages that a profile has now. */
  look(profile: number, messages: readonly QueuedMessage[], nowMs: number): void {
    const { waiting, stuck, oldest, reason } = outboxHealth(messages, nowMs)
    if (stuck > 0 === this.#stuck.has(profile)) return
    if (stuck === 0) {
      this.#stuck.delete(profile)
      this.#log.info({ profile, waiting }, 'the outbox is no longer stuck')
      return
    }
    this.#stuck.add(profile)
    const why = withoutAddresses(reason ?? '')
    const fields = { profile, waiting, stuck, oldest, reason: why, advice: 'postern outbox list' }
    this.#log.error(fields, 'messages wait in the outbox for too long')
  }
}

import type { QueuedMessage } from '../../smtp/outbox/queue.ts'

/** How long a message may wait before it is told of: greylisting servers take it within ten minutes. */
export const STUCK_AFTER_MS = 600_000

/** How an outbox is doing. */
export interface OutboxHealth {
  readonly waiting: number
  /** Of these, the ones that wait for too long, or cannot be read. */
  readonly stuck: number
  /** When the oldest of the stuck ones was accepted, ISO 8601. */
  readonly oldest: string | null
  /** Why that one waits. */
  readonly reason: string | null
}

/** Looks at the messages of an outbox. Pure. */
export function outboxHealth(messages: readonly QueuedMessage[], nowMs: number): OutboxHealth {
  const stuck = messages
    .filter(message => isStuck(message, nowMs))
    .sort((left, right) => left.envelope.acceptedAtMs - right.envelope.acceptedAtMs)
  const [oldest] = stuck
  return {
    waiting: messages.length,
    stuck: stuck.length,
    oldest: oldest ? new Date(oldest.envelope.acceptedAtMs).toISOString() : null,
    reason: oldest ? (oldest.state.lastError ?? 'it has not been tried yet') : null,
  }
}

// Linear in the length of the text, which a server makes as long as it likes: each word is looked at from its start only.
const ADDRESS = /(?:"[^"]{0,320}"|(?<![^\s<>@:;,()[\]"])[^\s<>@:;,()[\]"]+)?@[^\s<>@:;,()"]+/g

/** Takes the addresses out of a server's words: none of them may reach the log. */
export function withoutAddresses(text: string): string {
  return text.replace(ADDRESS, 'ADDRESS')
}

/** Tells whether a message cannot be read: it is never tried by itself. */
export function isDamaged({ state }: Pick<QueuedMessage, 'state'>): boolean {
  return state.nextAttemptAtMs === Number.MAX_SAFE_INTEGER
}

// One of the future was accepted before the clock was set back: nobody knows how long it waits, and its next attempt
// may be as far away.
function isStuck(message: QueuedMessage, nowMs: number): boolean {
  return isDamaged(message) || Math.abs(nowMs - message.envelope.acceptedAtMs) >= STUCK_AFTER_MS
}

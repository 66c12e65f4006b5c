import type { SmtpReply } from '../../formats/smtp/reply.ts'
import type { DeliveryState, Envelope, OutboxQueue, QueuedMessage } from './queue.ts'

const MINUTE_MS = 60_000
const RETRY_MIN_MS = MINUTE_MS
const RETRY_MAX_MS = 240 * MINUTE_MS
const GIVE_UP_MS = 5 * 24 * 60 * MINUTE_MS

/** Sends one message. Owned by the outbox; the daemon joins it to the submission server. */
export interface Sender {
  /**
   * Offers the message to these recipients and tells what became of each. `error` means that nothing is known to have
   * been taken.
   */
  send(
    envelope: Envelope,
    recipients: Envelope['recipients'],
    octets: () => AsyncIterable<Buffer>,
  ): Promise<SendOutcome>
}

/** What became of an attempt. */
export type SendOutcome =
  | { readonly kind: 'replies'; readonly replies: ReadonlyMap<string, SmtpReply> }
  | { readonly kind: 'error'; readonly text: string }

/** What must be done after an attempt. */
export interface Settled {
  readonly state: DeliveryState
  /** Nothing is left to deliver. */
  readonly isOver: boolean
  /** Recipients that the sender must be told of, and has not been yet. */
  readonly toReport: DeliveryState['failed']
}

/** Tries to deliver a message once, and keeps what became of it. */
export async function attemptDelivery(
  queue: OutboxQueue,
  message: QueuedMessage,
  sender: Sender,
  now: number,
): Promise<Settled> {
  const { id, envelope, state } = message
  const done = new Set([...state.delivered, ...state.failed.map(({ address }) => address)])
  const recipients = envelope.recipients.filter(({ address }) => !done.has(address))
  const outcome: SendOutcome =
    recipients.length === 0
      ? { kind: 'replies', replies: new Map() }
      : await sender.send(envelope, recipients, () => queue.octets(id))
  const settled = settle(envelope, state, outcome, now)
  await queue.setState(id, settled.state)
  return settled
}

/** Decides what an attempt means. Pure. */
export function settle(envelope: Envelope, state: DeliveryState, outcome: SendOutcome, now: number): Settled {
  const delivered = new Set(state.delivered)
  const failed = new Map(state.failed.map(({ address, reply }) => [address, reply]))
  let lastError = outcome.kind === 'error' ? outcome.text : undefined
  if (outcome.kind === 'replies') {
    for (const [address, reply] of outcome.replies) {
      const text = `${reply.code} ${reply.lines.join(' ')}`
      if (reply.code < 300) delivered.add(address)
      else if (reply.code >= 500) failed.set(address, text)
      else lastError = text
    }
  }
  const waiting = envelope.recipients.filter(({ address }) => !delivered.has(address) && !failed.has(address))
  const hasExpired = now - envelope.acceptedAtMs >= GIVE_UP_MS
  if (hasExpired) for (const { address } of waiting) failed.set(address, `not delivered within 5 days: ${lastError}`)
  const attempts = state.attempts + 1
  const refused = [...failed].map(([address, reply]) => ({ address, reply }))
  return {
    state: {
      attempts,
      nextAttemptAtMs: now + retryAfter(attempts),
      delivered: [...delivered],
      failed: refused,
      reported: state.reported,
      lastError,
    },
    isOver: waiting.length === 0 || hasExpired,
    toReport: refused.filter(({ address }) => !state.reported.includes(address) && wantsReport(envelope, address)),
  }
}

// RFC 3461 section 4.1: without NOTIFY failures are reported; with it, only if it says so.
function wantsReport({ recipients }: Envelope, address: string): boolean {
  const dsn = recipients.find(recipient => recipient.address === address)?.dsn ?? []
  return !dsn.some(parameter => /^NOTIFY=(?!.*FAILURE)/i.test(parameter))
}

/** How long to wait after an attempt: 1 minute, then twice as long each time, up to 4 hours. */
export function retryAfter(attempts: number): number {
  return Math.min(RETRY_MAX_MS, RETRY_MIN_MS * 2 ** (attempts - 1))
}

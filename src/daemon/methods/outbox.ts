import { join } from 'node:path'
import { z } from 'zod'
import type { Profile } from '../../profile/profiles.ts'
import { OutboxQueue } from '../../smtp/outbox/queue.ts'
import type { Installation } from '../installation.ts'
import { valueMethod } from '../method.ts'
import { unknownMessage } from '../sending/outbox-runner.ts'

const chosen = z.strictObject({ profile: z.string().optional(), id: z.string().optional() })

/** `outbox …`. */
export const OUTBOX_METHODS = {
  'outbox.list': valueMethod(chosen, async ({ profile }, { installation }) => {
    const messages = await queueOf(installation, installation.profiles.choose(profile)).list()
    return messages.map(({ id, envelope, state }) => ({
      id,
      sender: envelope.sender,
      recipients: envelope.recipients.map(({ address }) => address),
      delivered: state.delivered,
      acceptedAt: new Date(envelope.acceptedAtMs).toISOString(),
      attempts: state.attempts,
      nextAttemptAt: state.attempts === 0 ? null : new Date(state.nextAttemptAtMs).toISOString(),
      lastError: state.lastError ?? null,
    }))
  }),
  'outbox.retry': valueMethod(chosen, async ({ profile, id }, { installation, daemon }) => {
    const found = installation.profiles.choose(profile)
    if (daemon) return { retried: await daemon.outbox.retry(found, id) }
    const queue = queueOf(installation, found)
    const due = (await queue.list()).filter(message => id === undefined || message.id === id)
    for (const message of due) await queue.setState(message.id, { ...message.state, nextAttemptAtMs: 0 })
    return { retried: due.length }
  }),
  'outbox.drop': valueMethod(chosen.required({ id: true }), async ({ profile, id }, { installation }) => {
    const queue = queueOf(installation, installation.profiles.choose(profile))
    if (!(await queue.list()).some(message => message.id === id)) throw unknownMessage(id)
    await queue.remove(id)
    return { dropped: id }
  }),
}

function queueOf({ home }: Installation, { number }: Profile): OutboxQueue {
  return new OutboxQueue(join(home.outboxDir, String(number)))
}

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pino } from 'pino'
import t from 'tap'
import { OutboxAlarm } from '../../src/daemon/sending/outbox-alarm.ts'
import { outboxHealth, STUCK_AFTER_MS, withoutAddresses } from '../../src/daemon/sending/outbox-health.ts'
import { RefusedMessages } from '../../src/daemon/sending/refused-messages.ts'
import { NEW_STATE, type QueuedMessage } from '../../src/smtp/outbox/queue.ts'

const NOW = Date.UTC(2026, 2, 1, 12)
const HOUR = 3_600_000

function waiting(ageMs: number, lastError?: string): QueuedMessage {
  const options = { size: undefined, is8BitMime: false, isSmtpUtf8: false, dsn: [] }
  const envelope = { sender: 'a@x', options, recipients: [{ address: 'b@x', dsn: [] }], acceptedAtMs: NOW - ageMs }
  return { id: `m${ageMs}`, envelope, state: { ...NEW_STATE, lastError } }
}

t.test('a message that waits for too long is stuck, the oldest one tells why', async t => {
  const calm = { stuck: 0, oldest: null, reason: null }
  t.same(outboxHealth([], NOW), { ...calm, waiting: 0 })
  t.same(outboxHealth([waiting(STUCK_AFTER_MS - 1, '450 later')], NOW), { ...calm, waiting: 1 })
  t.same(outboxHealth([waiting(STUCK_AFTER_MS, '450 later'), waiting(HOUR), waiting(0)], NOW), {
    waiting: 3,
    stuck: 2,
    oldest: '2026-03-01T11:00:00.000Z',
    reason: 'it has not been tried yet',
  })
})

t.test('one that cannot be read is stuck at once', async t => {
  const message = waiting(0, 'x.msg is damaged')
  const state = { ...message.state, nextAttemptAtMs: Number.MAX_SAFE_INTEGER }
  t.match(outboxHealth([{ ...message, state }], NOW), { stuck: 1, reason: 'x.msg is damaged' })
})

t.test('a message of the future is stuck: the clock was set back', async t => {
  t.match(outboxHealth([waiting(-HOUR), waiting(-1)], NOW), { waiting: 2, stuck: 1 })
})

t.test('megabytes of a server’s words do not hold the daemon up', async t => {
  for (const text of ['a', '"', '" ', 'a@'].map(part => part.repeat(1_048_576))) t.ok(withoutAddresses(text)) // hours, when squared
})

t.test('messages that are refused at the same time are all noted, briefly, and not for ever', async t => {
  const refused = new RefusedMessages(t.testdir(), 1)
  const message = { atMs: NOW, recipients: 1, reason: 'x'.repeat(100_000) }
  await Promise.all([1, 2, 3, 4].map(() => refused.add(message)))
  const kept = await refused.list(NOW)
  t.equal(kept.length, 4)
  t.equal(kept[0]?.reason.length, 500)
  t.same(await refused.list(NOW - 48 * HOUR), [], 'the clock was set back')
})

t.test('the log tells it once, and once that it is over', async t => {
  const lines: { msg: string; profile: number; reason?: string }[] = []
  const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line)) })
  const alarm = new OutboxAlarm(log)
  const stuck = [waiting(HOUR, '450 <b.o-b@example.test> is greylisted')]
  for (let attempt = 0; attempt < 5; attempt++) alarm.look(1, stuck, NOW)
  alarm.look(2, stuck, NOW)
  alarm.look(1, [], NOW)
  alarm.look(1, [], NOW)
  alarm.look(1, stuck, NOW)
  t.match(
    lines.map(({ profile, msg }) => `${profile} ${msg}`),
    [/^1 messages wait/, /^2 messages wait/, /^1 the outbox is no longer stuck/, /^1 messages wait/],
  )
  t.equal(lines.length, 4)
  t.equal(lines[0]?.reason, '450 <ADDRESS> is greylisted', 'without whom it was for')
})

t.test('no address is left of what servers say', async t => {
  for (const text of ['550 <a@b.c>: no', 'bob@x is unknown', 'to "o.b"@x.y or [z@1.2.3.4]', 'a@b,c@d']) {
    t.notMatch(withoutAddresses(text).replaceAll('ADDRESS', ''), /[a-z]@|@[a-z0-9]/, text)
  }
})

t.test('what was refused for good is remembered for a day', async t => {
  const dir = t.testdir({ 1: {} })
  const refused = new RefusedMessages(dir, 1)
  t.same(await refused.list(NOW), [])
  await refused.add({ atMs: NOW - 25 * HOUR, recipients: 1, reason: '550 old' })
  await refused.add({ atMs: NOW, recipients: 2, reason: '550 no such user' })
  t.same(await new RefusedMessages(dir, 1).list(NOW), [{ atMs: NOW, recipients: 2, reason: '550 no such user' }])
  t.same(await refused.list(NOW + 24 * HOUR), [])
  for (let count = 0; count < 200; count++) await refused.add({ atMs: NOW + count, recipients: 1, reason: 'x' })
  t.equal((await refused.list(NOW + 200)).length, 100)
  const file = join(dir, '1', 'refused.json')
  for (const damage of ['', '{', '{}', '[1]', 'null', readFileSync(file, 'utf8').slice(0, 50)]) {
    writeFileSync(file, damage)
    t.same(await refused.list(NOW), [], JSON.stringify(damage))
  }
  await refused.add({ atMs: NOW, recipients: 1, reason: 'again' })
  t.match(await refused.list(NOW), [{ reason: 'again' }])
})

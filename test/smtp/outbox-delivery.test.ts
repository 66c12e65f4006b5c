import t from 'tap'
import { smtpReply } from '../../src/formats/smtp/reply.ts'
import { retryAfter, type SendOutcome, settle } from '../../src/smtp/outbox/delivery.ts'
import { type Envelope, NEW_STATE } from '../../src/smtp/outbox/queue.ts'

const MINUTE = 60_000
const envelope: Envelope = {
  sender: 'ada@example.org',
  options: { size: undefined, is8BitMime: false, isSmtpUtf8: false, dsn: [] },
  recipients: ['a@x', 'b@x', 'c@x'].map(address => ({ address, dsn: [] })),
  acceptedAtMs: 0,
}
const replies = (...codes: number[]): SendOutcome => ({
  kind: 'replies',
  replies: new Map(envelope.recipients.map(({ address }, index) => [address, smtpReply(codes[index] ?? 250, 'x')])),
})

t.test('a message that everybody has is over', async t => {
  t.match(settle(envelope, NEW_STATE, replies(250, 250, 250), 1), { isOver: true, toReport: { length: 0 } })
})

t.test('who was refused for good is reported at once, who was put off is tried again', async t => {
  const first = settle(envelope, NEW_STATE, replies(250, 550, 450), 1)
  t.match(first, { isOver: false, toReport: [{ address: 'b@x', reply: '550 x' }] })
  t.same(first.state.delivered, ['a@x'])
  t.equal(first.state.nextAttemptAtMs, 1 + MINUTE)
  const second = settle(
    envelope,
    { ...first.state, reported: ['b@x'] },
    { kind: 'replies', replies: new Map([['c@x', smtpReply(250, 'x')]]) },
    2,
  )
  t.match(second, { isOver: true, toReport: { length: 0 } }, 'and reported once')
})

t.test('an error delivers nothing and loses nothing', async t => {
  const { isOver, state } = settle(envelope, NEW_STATE, { kind: 'error', text: 'the network is down' }, 1)
  t.equal(isOver, false)
  t.match(state, { attempts: 1, delivered: { length: 0 }, failed: { length: 0 }, lastError: 'the network is down' })
})

t.test('after five days the rest is given up and reported', async t => {
  const { isOver, toReport } = settle(envelope, NEW_STATE, { kind: 'error', text: 'down' }, 5 * 24 * 60 * MINUTE)
  t.equal(isOver, true)
  t.equal(toReport.length, 3)
})

t.test('attempts follow each other after 1 minute, then twice as long, up to 4 hours', async t => {
  t.same(
    [1, 2, 3, 8, 9, 50].map(attempts => retryAfter(attempts) / MINUTE),
    [1, 2, 4, 128, 240, 240],
  )
})

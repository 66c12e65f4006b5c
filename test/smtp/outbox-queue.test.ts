import { readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import PostalMime from 'postal-mime'
import t from 'tap'
import { type Envelope, NEW_STATE, OutboxQueue } from '../../src/smtp/outbox/queue.ts'
import { makeReport } from '../../src/smtp/outbox/report.ts'

const envelope: Envelope = {
  sender: 'ada@example.org',
  options: { size: 5, is8BitMime: true, isSmtpUtf8: false, dsn: ['RET=HDRS'] },
  recipients: [{ address: 'bob@example.org', dsn: [] }],
  acceptedAtMs: 1_700_000_000_000,
}

async function collect(octets: AsyncIterable<Buffer>): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(octets))
}

t.test('a message counts when it is committed, and comes back octet for octet', async t => {
  const dir = join(t.testdir(), 'outbox')
  const queue = new OutboxQueue(dir)
  const message = await queue.create(envelope)
  const octets = Buffer.from([0, 10, 13, 255, 46, 123, 10, 0])
  await message.write(octets)
  await message.write(Buffer.alloc(300_000, 'x'))
  t.same(await queue.list(), [], 'an unfinished message is not listed')
  await message.commit()
  const [listed] = await queue.list()
  t.match(listed, { id: message.id, envelope, state: NEW_STATE })
  t.equal((await collect(queue.octets(message.id))).compare(Buffer.concat([octets, Buffer.alloc(300_000, 'x')])), 0)
  t.equal(statSync(join(dir, `${message.id}.msg`)).mode & 0o777, 0o600)
})

t.test('the state of a delivery is kept', async t => {
  const queue = new OutboxQueue(join(t.testdir(), 'outbox'))
  const message = await queue.create(envelope)
  await message.commit()
  const state = { ...NEW_STATE, attempts: 3, delivered: ['bob@example.org'] }
  await queue.setState(message.id, state)
  t.match(await queue.list(), [{ state }])
  await queue.remove(message.id)
  t.same(await queue.list(), [])
})

t.test('what a crash left unfinished is removed at the start, what counts stays', async t => {
  const dir = join(t.testdir(), 'outbox')
  const queue = new OutboxQueue(dir)
  const message = await queue.create(envelope)
  await message.commit()
  writeFileSync(join(dir, 'abc-0123456789.new'), '{"sender":')
  await queue.removeUnfinished()
  t.same(readdirSync(dir), [`${message.id}.msg`])
})

t.test('an aborted message leaves nothing', async t => {
  const dir = join(t.testdir(), 'outbox')
  const message = await new OutboxQueue(dir).create(envelope)
  await message.write(Buffer.from('x'))
  await message.abort()
  t.same(readdirSync(dir), [])
})

t.test('an empty outbox that does not exist yet is empty', async t => {
  t.same(await new OutboxQueue(join(t.testdir(), 'none')).list(), [])
})

t.test('a report is one that mail programs understand (RFC 3464)', async t => {
  const failed = [{ address: 'bob@example.org', reply: '550 5.1.1 <bob>: no\r\nsuch user \u00e9' }]
  const head = Buffer.from('Subject: lunch\r\nFrom: ada\r\n\r\n..body')
  const report = makeReport({ envelope, failed, head, now: 1_700_000_100_000 })
  t.notMatch(report.toString('latin1'), /(?<!\r)\n|\r(?!\n)/, 'every line ends in CRLF')
  const parsed = await PostalMime.parse(report)
  t.match(parsed, { subject: 'Undelivered mail returned to sender', to: [{ address: 'ada@example.org' }] })
  t.match(parsed.text, /bob@example\.org/)
  t.match(report.toString('latin1'), /Status: 5\.1\.1\r\n/)
  t.match(report.toString('latin1'), /report-type=delivery-status/)
})

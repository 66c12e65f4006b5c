import { mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { type Envelope, NEW_STATE, OutboxQueue } from '../../src/smtp/outbox/queue.ts'

const envelope: Envelope = {
  sender: 'ada@example.org',
  options: { size: undefined, is8BitMime: false, isSmtpUtf8: false, dsn: [] },
  recipients: [{ address: 'bob@example.org', dsn: [] }],
  acceptedAtMs: 1_700_000_000_000,
}

async function queueWith(t: Test, count: number) {
  const dir = join(t.testdir(), 'outboxes', '1')
  const queue = new OutboxQueue(dir)
  const ids: string[] = []
  for (let index = 0; index < count; index++) {
    const message = await queue.create({ ...envelope, acceptedAtMs: envelope.acceptedAtMs + index })
    await message.write(Buffer.from('Subject: x\r\n\r\ny\r\n'))
    await message.commit()
    ids.push(message.id)
  }
  return { dir, queue, ids, file: (index: number, ending: string) => join(dir, `${ids[index]}.${ending}`) }
}

for (const [what, left] of [
  ['lost its octets', 0],
  ['ends in the middle of its envelope', 20],
] as const) {
  t.test(`a message that ${what} says so, is never due, and holds up nobody`, async t => {
    const { queue, ids, file } = await queueWith(t, 3)
    truncateSync(file(1, 'msg'), left)
    const listed = await queue.list()
    t.same(
      listed.map(({ id }) => id),
      ids,
    )
    t.match(listed[1], { envelope: { recipients: { length: 0 } }, state: { attempts: 0, lastError: /is damaged/ } })
    t.ok((listed[1]?.state.nextAttemptAtMs ?? 0) > Date.now() * 100)
    t.equal(listed[1]?.envelope.acceptedAtMs, envelope.acceptedAtMs + 1)
  })
}

t.test('a message whose state is damaged is not offered again to those who may have it', async t => {
  const { queue, ids, file } = await queueWith(t, 1)
  await queue.setState(ids[0] ?? '', { ...NEW_STATE, delivered: ['bob@example.org'] })
  writeFileSync(file(0, 'state'), readFileSync(file(0, 'state')).subarray(0, 10))
  const [listed] = await queue.list()
  t.same(listed?.envelope.recipients, envelope.recipients)
  t.match(listed?.state, { delivered: { length: 0 }, lastError: /\.state is damaged/ })
  t.ok((listed?.state.nextAttemptAtMs ?? 0) > Date.now() * 100)
})

t.test('a message that goes away while the outbox is looked through is not missed', async t => {
  const { queue, ids } = await queueWith(t, 20)
  const looking = queue.list()
  for (const id of ids) await queue.remove(id)
  t.ok((await looking).every(({ state }) => state.lastError === undefined))
  t.same(await queue.list(), [])
})

t.test('states of messages that are gone are removed at the start', async t => {
  const { dir, queue, ids, file } = await queueWith(t, 1)
  await queue.setState(ids[0] ?? '', NEW_STATE)
  writeFileSync(join(dir, 'gone-0123456789.state'), '{}')
  await queue.removeUnfinished()
  t.same(readdirSync(dir).sort(), [`${ids[0]}.msg`, `${ids[0]}.state`])
  t.ok(readFileSync(file(0, 'msg')).length > 0)
})

t.test('a message that cannot get its name is refused, and leaves nothing that could be sent', async t => {
  const { dir, queue } = await queueWith(t, 0)
  const message = await queue.create(envelope)
  mkdirSync(join(dir, `${message.id}.msg`, 'in the way'), { recursive: true })
  await t.rejects(message.commit())
  t.same(
    readdirSync(dir).filter(name => name.endsWith('.new')),
    [],
  )
})

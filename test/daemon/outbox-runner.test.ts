import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { OutboxRunner } from '../../src/daemon/sending/outbox-runner.ts'
import { smtpReply } from '../../src/formats/smtp/reply.ts'
import type { Profile } from '../../src/profile/profiles.ts'
import type { SendOutcome } from '../../src/smtp/outbox/delivery.ts'
import { OutboxQueue } from '../../src/smtp/outbox/queue.ts'
import { silentLogger } from '../support/silent-logger.ts'

const OPTIONS = { size: undefined, is8BitMime: false, isSmtpUtf8: false, dsn: [] }
const TAKEN: SendOutcome = { kind: 'replies', replies: new Map([['b@x', smtpReply(250, 'taken')]]) }

/** Two profiles with an outbox each; what a server does with a message is the test's to say. */
class TwoOutboxes {
  readonly #dir: string
  readonly profiles = [
    { name: 'one', number: 1, smtp: 'smtp://127.0.0.1' },
    { name: 'two', number: 2, smtp: 'smtp://127.0.0.1' },
  ] as unknown as Profile[] // no more is looked at
  readonly sent: string[] = []
  readonly stuck = Promise.withResolvers<SendOutcome>()
  isBrokenOff = false
  send: (name: string) => Promise<SendOutcome> = async () => TAKEN
  readonly runner: OutboxRunner

  constructor(dir: string, graceMs: number) {
    this.#dir = dir
    this.runner = new OutboxRunner(
      {
        home: { outboxDir: dir },
        profiles: { list: () => this.profiles },
        syncs: { deliver: async () => undefined },
        log: silentLogger(),
      },
      {
        queueOf: profile => this.queue(profile.number),
        senderOf: ({ name }) => ({
          send: envelope => {
            this.sent.push(`${name} ${envelope.sender}`)
            return this.send(envelope.sender)
          },
        }),
        breakOff: () => {
          this.isBrokenOff = true
          this.stuck.resolve({ kind: 'error', text: 'broken off' })
        },
      },
      graceMs,
    )
  }

  queue(profile: number): OutboxQueue {
    return new OutboxQueue(join(this.#dir, String(profile)))
  }

  async put(profile: number, sender: string): Promise<void> {
    const recipients = [{ address: 'b@x', dsn: [] }]
    const message = await this.queue(profile).create({ sender, options: OPTIONS, recipients, acceptedAtMs: Date.now() })
    await message.write(Buffer.from('Subject: x\r\n\r\nx\r\n'))
    await message.commit()
  }

  /** Resolves when a profile's outbox is empty. */
  async empty(profile: number): Promise<void> {
    while ((await this.queue(profile).list()).length > 0) await new Promise(resolve => setImmediate(resolve))
  }
}

t.test('a server that says nothing holds up neither another profile nor another message', async t => {
  const home = new TwoOutboxes(t.testdir(), 10)
  home.send = async sender => (sender === 'stuck@x' ? home.stuck.promise : TAKEN)
  await home.put(1, 'stuck@x')
  await home.put(2, 'a@x')
  home.runner.start()
  await home.empty(2)
  await home.put(1, 'later@x')
  home.runner.wake()
  while (!home.sent.includes('one later@x')) await new Promise(resolve => setImmediate(resolve))
  t.equal((await home.queue(1).list()).find(({ envelope }) => envelope.sender === 'stuck@x')?.state.attempts, 0)
  t.same([...home.sent].sort(), ['one later@x', 'one stuck@x', 'two a@x'], 'each is tried once')
  await home.runner[Symbol.asyncDispose]()
})

t.test('the end does not wait for it either, and the message stays', async t => {
  const home = new TwoOutboxes(t.testdir(), 10)
  home.send = () => home.stuck.promise
  await home.put(1, 'stuck@x')
  home.runner.start()
  while (home.sent.length === 0) await new Promise(resolve => setImmediate(resolve))
  await home.runner[Symbol.asyncDispose]()
  t.ok(home.isBrokenOff)
  // The grace of this test is shorter than a busy disk takes for the note.
  const note = async () => (await home.queue(1).list())[0]?.state
  while ((await note())?.attempts === 0) await new Promise(resolve => setImmediate(resolve))
  t.match(await note(), { lastError: 'broken off' })
})

t.test('more than a few go one after the other, each once', async t => {
  const home = new TwoOutboxes(t.testdir(), 30_000)
  for (let count = 0; count < 20; count++) await home.put(1, `${count}@x`)
  home.runner.start()
  await home.empty(1)
  await home.runner[Symbol.asyncDispose]()
  t.equal(home.sent.length, 20)
  t.notOk(home.isBrokenOff)
})

t.test('a message whose state is damaged is tried again only by its id: who has it would get it twice', async t => {
  const dir = t.testdir()
  const home = new TwoOutboxes(dir, 10)
  const [profile] = home.profiles
  if (!profile) throw new Error('no profile')
  await home.put(1, 'a@x')
  const [message] = await home.queue(1).list()
  const id = message?.id ?? ''
  writeFileSync(join(dir, '1', `${id}.state`), '{')
  t.equal(await home.runner.retry(profile, undefined), 0)
  t.match(await home.queue(1).list(), [{ state: { nextAttemptAtMs: Number.MAX_SAFE_INTEGER } }])
  t.equal(await home.runner.retry(profile, id), 1)
  t.match(await home.queue(1).list(), [{ state: { nextAttemptAtMs: 0 } }])
})

t.test('what is to be sent by a profile without an account waits until it has one', async t => {
  const home = new TwoOutboxes(t.testdir(), 10)
  home.send = async () => TAKEN
  const [profile] = home.profiles
  Object.assign(profile ?? {}, { smtp: undefined })
  await home.put(1, 'waits@x')
  await home.put(2, 'a@x')
  home.runner.start()
  await home.empty(2)
  t.same(home.sent, ['two a@x'])
  Object.assign(profile ?? {}, { smtp: 'smtp://127.0.0.1' })
  home.runner.wake()
  await home.empty(1)
  t.same(home.sent, ['two a@x', 'one waits@x'])
  await home.runner[Symbol.asyncDispose]()
})

import { setTimeout as sleep } from 'node:timers/promises'
import nodemailer from 'nodemailer'
import t from 'tap'
import { seededRandom } from '../support/mailbox-generator.ts'
import { makeRelayHome, PASSWORD, smtpPortOf, USER } from '../support/relay-home.ts'
import { startSmtpSink } from '../support/smtp-sink.ts'

const KILLS = 6
const SEED = Number(process.env.POSTERN_TEST_SEED ?? 7)
const MAX_SENDING_MS = 900

interface Listed {
  readonly subject: string | null
}

t.test('what was answered with 250 arrives, whatever is killed; twice only if the kill came between', async t => {
  const arrived = new Map<string, number[]>()
  await using sink = await startSmtpSink({
    onMessage: ({ head }) => {
      const id = /^Subject: (\S+)/m.exec(head.toString())?.[1] ?? ''
      arrived.set(id, [...(arrived.get(id) ?? []), Date.now()])
    },
  })
  await using home = await makeRelayHome(`smtp://127.0.0.1:${sink.port}`, { relay: 'spool' })
  const random = seededRandom(SEED)
  const accepted: string[] = []
  const killedAt: number[] = []
  for (let kill = 0; kill < KILLS; kill++) {
    const daemon = await home.start()
    const sender = new Sender(await smtpPortOf(home), kill, accepted)
    const sending = sender.run()
    await sleep(200 + MAX_SENDING_MS * random())
    await home.killTree(daemon.child)
    killedAt.push(Date.now())
    sender.stop()
    await sending
  }
  await home.start()
  for (let tries = 0; tries < 300 && ((await home.json(['outbox', 'list'])) as unknown[]).length > 0; tries++)
    await sleep(100)
  t.ok(accepted.length > KILLS, `${accepted.length} messages were accepted, seed ${SEED}`)
  t.same(
    accepted.filter(id => !arrived.has(id)),
    [],
    'none is lost',
  )
  const doubled = [...arrived].filter(([, times]) => times.length > 1)
  // RFC 1047: the server had it, our note of that was not durable yet when the kill came.
  const explained = doubled.filter(([, [first = 0]]) => killedAt.some(at => first <= at && at - first < 500))
  t.same(doubled.length - explained.length, 0, `${doubled.length} came twice, each around a kill`)
})

/** Sends one message after another, and notes those that were accepted. */
class Sender {
  readonly #transport: ReturnType<typeof nodemailer.createTransport>
  readonly #round: number
  readonly #accepted: string[]
  readonly #stopped = Promise.withResolvers<void>()
  #isStopped = false

  constructor(port: number, round: number, accepted: string[]) {
    const auth = { user: USER, pass: PASSWORD }
    this.#transport = nodemailer.createTransport({
      host: '127.0.0.1',
      port,
      auth,
      ignoreTLS: true,
      pool: true,
      maxConnections: 1,
    })
    this.#round = round
    this.#accepted = accepted
  }

  async run(): Promise<void> {
    // The transport may wait for ever for a connection that was killed.
    await Promise.race([this.#send(), this.#stopped.promise])
    this.#transport.close()
  }

  stop(): void {
    this.#isStopped = true
    setTimeout(this.#stopped.resolve, 300)
  }

  async #send(): Promise<void> {
    for (let count = 0; !this.#isStopped; count++) {
      const id = `m-${this.#round}-${count}`
      const envelope = { from: USER, to: 'bob@example.test' }
      await this.#transport.sendMail({ envelope, raw: `Subject: ${id}\r\n\r\n${'x'.repeat(3000)}\r\n` }).then(
        () => void this.#accepted.push(id),
        () => sleep(20), // not accepted: nothing is promised
      )
    }
  }
}

t.test('a recipient that the server refuses for good is reported into the Inbox at once', async t => {
  await using sink = await startSmtpSink()
  await using home = await makeRelayHome(`smtp://127.0.0.1:${sink.port}`, { relay: 'spool' })
  await home.start()
  const transport = nodemailer.createTransport({
    host: '127.0.0.1',
    port: await smtpPortOf(home),
    auth: { user: USER, pass: PASSWORD },
    ignoreTLS: true,
  })
  const to = ['bob@example.test', 'nobody@example.test']
  const sent = await transport.sendMail({ envelope: { from: USER, to }, raw: 'Subject: x\r\n\r\ny\r\n' })
  t.match(sent, { accepted: to }, 'the spool takes both')
  transport.close()
  let inbox: Listed[] = []
  for (let tries = 0; tries < 50 && inbox.length === 0; tries++) {
    await sleep(100)
    const folders = (await home.json(['folder', 'list'])) as { path: string }[]
    if (folders.some(({ path }) => path === 'INBOX')) inbox = (await home.json(['item', 'list', 'INBOX'])) as Listed[]
  }
  t.match(inbox, [{ subject: 'Undelivered mail returned to sender', uid: 0 }])
  t.same(
    sink.messages.map(({ recipients }) => recipients),
    [['bob@example.test']],
  )
  t.same(await home.json(['outbox', 'list']), [])
  t.match(await home.json(['status']), {
    profiles: [{ outbox: { waiting: 0, stuck: 0, refused: 1, lastRefused: { reason: /^550 5\.1\.1 no such user/ } } }],
  })
  t.match((await home.run(['status'])).stdout, /work: 1 messages were refused .*: 550 5\.1\.1 no such user/)
})

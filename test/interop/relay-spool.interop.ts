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
    const stop = new AbortController()
    const sending = sendUntil(stop.signal, await smtpPortOf(home), kill, accepted)
    await sleep(100 + MAX_SENDING_MS * random())
    await home.killTree(daemon.child)
    killedAt.push(Date.now())
    stop.abort()
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

async function sendUntil(signal: AbortSignal, port: number, round: number, accepted: string[]): Promise<void> {
  const options = {
    host: '127.0.0.1',
    port,
    auth: { user: USER, pass: PASSWORD },
    ignoreTLS: true,
    pool: true,
    maxConnections: 2,
  }
  const transport = nodemailer.createTransport(options)
  const sender = async (worker: number) => {
    for (let count = 0; !signal.aborted; count++) {
      await sleep(4)
      const id = `m-${round}-${worker}-${count}`
      const raw = `Subject: ${id}\r\n\r\n${'x'.repeat(3000)}\r\n`
      try {
        await transport.sendMail({ envelope: { from: USER, to: 'bob@example.test' }, raw })
        accepted.push(id)
      } catch {
        if (!signal.aborted) await sleep(5) // not accepted: nothing is promised
      }
    }
  }
  const ended = new Promise(resolve => signal.addEventListener('abort', resolve, { once: true }))
  await Promise.race([Promise.all([sender(1), sender(2)]), ended.then(() => sleep(200))])
  transport.close()
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
})

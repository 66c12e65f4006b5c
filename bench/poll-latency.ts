// How long POP3 commands take while a first synchronization is going on: the 50th and 99th percentile and the longest.
//   node_modules/.bin/node bench/poll-latency.ts [messages]
// Needs Debian's dovecot-imapd, and root for the private Dovecot.
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { DOVECOT_PASSWORD, startDovecot } from '../test/support/dovecot.ts'
import { generateMaildir } from '../test/support/mailbox-generator.ts'
import { PosternHome } from '../test/support/postern.ts'

const USER = 'ada@example.test'
const MESSAGES = Number(process.argv[2] ?? 20_000)
const PAUSE_MS = 10
const QUIET_MS = 2000

await using dovecot = await startDovecot({ users: [USER] })
generateMaildir(dovecot.maildir('ada'), { messages: MESSAGES, seed: 1 })
dovecot.own('ada')
await using home = new PosternHome()
home.configure()
const imap = `imap://127.0.0.1:${dovecot.imapPort}`
await home.json(['profile', 'add', 'work', '--email', USER, '--imap', imap, '--password-stdin'], DOVECOT_PASSWORD)
await home.json(['config', 'set', 'fronts.pop3.greeting', 'immediate'])
await home.start()
const { fronts } = (await home.json(['status'])) as { fronts: { name: string; port: number }[] }
const port = fronts.find(({ name }) => name === 'pop3')?.port ?? 0

const latencies: number[] = []
const counts = new Set<string>()
let isDone = false
const syncing = home.json(['sync', '--wait']).finally(() => {
  isDone = true
})
while (!isDone) {
  await poll()
  await sleep(PAUSE_MS)
}
const result = (await syncing) as { downloaded: number }
report(`while ${result.downloaded} messages came`)
latencies.length = 0
const end = performance.now() + QUIET_MS
while (performance.now() < end) {
  await poll()
  await sleep(PAUSE_MS)
}
report('at rest')
console.log(`STAT said: ${[...counts].join(', ')}`)

async function poll(): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  await once(socket, 'data')
  for (const command of [`USER ${USER}`, `PASS ${DOVECOT_PASSWORD}`, 'STAT', 'UIDL', 'QUIT']) {
    const start = performance.now()
    socket.write(`${command}\r\n`)
    const [reply] = await once(socket, 'data')
    latencies.push(performance.now() - start)
    if (command === 'STAT') counts.add(reply.toString().trim())
  }
  socket.destroy()
}

function report(when: string): void {
  const sorted = latencies.toSorted((left, right) => left - right)
  const at = (share: number) => (sorted[Math.floor(sorted.length * share)] ?? Number.NaN).toFixed(2)
  console.log(
    `${when}: ${sorted.length} commands, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${at(0.999999)} ms (aim: p99 under 20)`,
  )
}

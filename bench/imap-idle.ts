// What waiting costs in the IMAP front, against Dovecot, in one run: how long after a change another session's IDLE tells
// it, and the memory of idle sessions.
//   node_modules/.bin/node bench/imap-idle.ts [sessions]
// Memory is what the processes have for themselves and their part of what they share (PSS). Needs Debian's dovecot-imapd.
import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { dovecotMissing, startDovecot } from '../test/support/dovecot.ts'
import { FRONT_USER, frontHome, frontPort } from '../test/support/front-account.ts'
import { generateMaildir } from '../test/support/mailbox-generator.ts'
import { descendants } from '../test/support/postern.ts'
import { BenchClient } from './support/imap-client.ts'

const SESSIONS = Number(process.argv[2] ?? 200)
const MESSAGES = 2000
const ROUNDS = 21
const SETTLE_MS = 3000

const missing = dovecotMissing()
if (missing) throw new Error(missing)
await using dovecot = await startDovecot({ users: [FRONT_USER] })
generateMaildir(dovecot.maildir('ada'), { messages: MESSAGES, seed: 5, largeEvery: 0 })
dovecot.own('ada')
await using home = await frontHome(dovecot.imapPort, { watch: 'no', useOutlookSettings: 'yes' })
await home.json(['sync', '--wait'])
const daemon = await home.start()
const peers = {
  dovecot: { port: dovecot.imapPort, pid: dovecot.pid },
  postern: { port: await frontPort(home), pid: daemon.child.pid ?? 0 },
}

const latency = { dovecot: [] as number[], postern: [] as number[] }
for (const name of ['dovecot', 'postern'] as const) {
  const [idler, other] = [await BenchClient.open(peers[name].port), await BenchClient.open(peers[name].port)]
  for (const client of [idler, other]) await client.command('SELECT INBOX')
  for (let round = 0; round < ROUNDS; round++) {
    const ready = idler.next('+ ')
    idler.write(`i${round} IDLE\r\n`)
    await ready
    await delay(50) // a change right after the beginning is no wait
    const told = idler.next(`$Round${round}`)
    const begin = performance.now()
    await Promise.all([other.command(`STORE 1 +FLAGS.SILENT ($Round${round})`), told])
    latency[name].push(performance.now() - begin)
    const done = idler.next(`i${round} OK`)
    idler.write('DONE\r\n')
    await done
  }
  for (const client of [idler, other]) client.close()
}
report('IDLE tells a change, ms', median(latency.dovecot), median(latency.postern))

const memory = { dovecot: 0, postern: 0 }
for (const name of ['dovecot', 'postern'] as const) {
  const { port, pid } = peers[name]
  const before = memoryOf(pid)
  const clients: BenchClient[] = []
  for (let index = 0; index < SESSIONS; index++) {
    const client = await BenchClient.open(port)
    await client.command('SELECT INBOX')
    const ready = client.next('+ ')
    client.write('i IDLE\r\n')
    await ready
    clients.push(client)
  }
  await delay(SETTLE_MS)
  memory[name] = (memoryOf(pid) - before) / 1024
  for (const client of clients) client.close()
}
report(`${SESSIONS} idle sessions, MB`, memory.dovecot, memory.postern)

function report(name: string, theirs: number, ours: number): void {
  const ratio = (ours / theirs).toFixed(2)
  console.log(
    `${name.padEnd(26)} dovecot ${theirs.toFixed(1).padStart(9)}   postern ${ours.toFixed(1).padStart(9)}   ${ratio} x`,
  )
}

/** In KiB. */
function memoryOf(pid: number): number {
  return [pid, ...descendants(pid)].reduce((sum, each) => {
    try {
      return sum + Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${each}/smaps_rollup`, 'utf8'))?.[1] ?? 0)
    } catch {
      return sum // ended meanwhile
    }
  }, 0)
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? 0
}

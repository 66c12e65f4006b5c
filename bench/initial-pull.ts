// Wall time of a first pull against the raw FETCH floor and against mbsync, in one run, on a private Dovecot.
//   node_modules/.bin/node bench/initial-pull.ts [messages] [rounds]
// Needs Debian's dovecot-imapd and isync, and root for the private Dovecot.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DOVECOT_PASSWORD, type Dovecot, startDovecot } from '../test/support/dovecot.ts'
import { generateMaildir } from '../test/support/mailbox-generator.ts'
import { LAUNCHER, PosternHome } from '../test/support/postern.ts'

const USER = 'ada@example.test'
const MESSAGES = Number(process.argv[2] ?? 20_000)
const ROUNDS = Number(process.argv[3] ?? 3)
const MEMORY_POLL_MS = 50

interface Measured {
  readonly seconds: number
  /** All processes together at their highest. */
  readonly megabytes: number
}

await using dovecot = await startDovecot({ users: [USER] })
const octets = generateMaildir(dovecot.maildir('ada'), { messages: MESSAGES, seed: 1 })
dovecot.own('ada')
console.log(`${MESSAGES} messages, ${Math.round(octets / 1e6)} MB; medians of ${ROUNDS} interleaved rounds`)
await floor(dovecot) // fills the server's caches

const series = {
  floor: [] as Measured[],
  postern: [] as Measured[],
  mbsync: [] as Measured[],
  noSync: [] as Measured[],
}
for (let round = 0; round < ROUNDS; round++) {
  series.floor.push({ seconds: await floor(dovecot), megabytes: 0 })
  series.postern.push(await postern(dovecot))
  series.noSync.push(await mbsync(dovecot, 'FSync no\n'))
  series.mbsync.push(await mbsync(dovecot, ''))
}
const [floorTime, ours, theirs, relaxed] = [series.floor, series.postern, series.mbsync, series.noSync].map(median)
row('raw FETCH floor', floorTime)
row('postern sync', ours)
row('mbsync', theirs)
row('mbsync, FSync no', relaxed)
console.log(`postern : floor            ${ratio(ours, floorTime)}`)
console.log(`postern : mbsync           ${ratio(ours, theirs)}  (aim: at most 0.50)`)
console.log(`postern : mbsync FSync no  ${ratio(ours, relaxed)}  (aim: at most 1.00)`)

/** Reads all bodies off the wire and throws them away. */
async function floor({ imapPort }: Dovecot): Promise<number> {
  const socket = connect(imapPort, '127.0.0.1')
  await once(socket, 'data')
  socket.write(`a LOGIN ${USER} ${DOVECOT_PASSWORD}\r\n`)
  await until(socket, 'a OK')
  socket.write('b EXAMINE INBOX\r\n')
  await until(socket, 'b OK')
  const start = performance.now()
  socket.write('c UID FETCH 1:* (UID FLAGS BODY.PEEK[])\r\n')
  await until(socket, 'c OK')
  socket.destroy()
  return (performance.now() - start) / 1000
}

async function until(socket: NodeJS.ReadableStream, text: string): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  let tail: Buffer = Buffer.from('\n')
  const onData = (chunk: Buffer) => {
    if (Buffer.concat([tail, chunk.subarray(0, 64)]).includes(`\n${text}`) || chunk.includes(`\n${text}`)) resolve()
    tail = chunk.subarray(-64)
  }
  socket.on('data', onData)
  await promise
  socket.off('data', onData)
}

async function postern({ imapPort }: Dovecot): Promise<Measured> {
  await using home = new PosternHome()
  const imap = `imap://127.0.0.1:${imapPort}`
  await home.json(['profile', 'add', 'work', '--email', USER, '--imap', imap, '--password-stdin'], DOVECOT_PASSWORD)
  return await measure(process.execPath, [LAUNCHER, 'sync', '--json'], { POSTERN_HOME: home.dir })
}

async function mbsync({ imapPort }: Dovecot, option: string): Promise<Measured> {
  const dir = mkdtempSync(join(tmpdir(), 'postern-mbsync-'))
  mkdirSync(join(dir, 'mail'))
  writeFileSync(
    join(dir, 'rc'),
    `${option}IMAPAccount a\nHost 127.0.0.1\nPort ${imapPort}\nUser ${USER}\nPass ${DOVECOT_PASSWORD}\nSSLType None\n` +
      // Compression costs more than loopback carries.
      `AuthMechs LOGIN\nDisableExtension COMPRESS=DEFLATE\n\nIMAPStore r\nAccount a\n\nMaildirStore l\n` +
      `Path ${dir}/mail/\nInbox ${dir}/mail/INBOX\nSubFolders Verbatim\n\n` +
      'Channel c\nFar :r:\nNear :l:\nPatterns INBOX\nCreate Near\nSync Pull\nSyncState *\n',
  )
  try {
    return await measure('mbsync', ['-c', join(dir, 'rc'), '-a'], {})
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

async function measure(program: string, args: readonly string[], environment: NodeJS.ProcessEnv): Promise<Measured> {
  spawnSync('sync') // what earlier runs wrote must not be this one's burden
  const start = performance.now()
  const child = spawn(program, args, {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, ...environment },
  })
  let highest = 0
  const timer = setInterval(() => {
    highest = Math.max(highest, treeMemory(child.pid ?? 0))
  }, MEMORY_POLL_MS)
  const [code] = await once(child, 'exit')
  clearInterval(timer)
  if (code !== 0) throw new Error(`${program} exited with ${code}`)
  return { seconds: (performance.now() - start) / 1000, megabytes: highest }
}

/** Megabytes that the processes hold together: what they share, such as the code of Node, is counted once (PSS). */
function treeMemory(pid: number): number {
  try {
    const kilobytes = Number(/^Pss: +(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1])
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')
    return children
      .filter(text => text !== '')
      .reduce((sum, child) => sum + treeMemory(Number(child)), (kilobytes * 1024) / 1e6)
  } catch {
    return 0 // gone between the look and the read
  }
}

function median(values: readonly Measured[]): Measured {
  const sorted = values.toSorted((left, right) => left.seconds - right.seconds)
  return sorted[Math.floor(sorted.length / 2)] ?? { seconds: Number.NaN, megabytes: 0 }
}

function row(name: string, measured: Measured | undefined): void {
  const memory = measured && measured.megabytes > 0 ? `  ${measured.megabytes.toFixed(0)} MB` : ''
  console.log(`${name.padEnd(20)} ${measured?.seconds.toFixed(2)} s${memory}`)
}

function ratio(left: Measured | undefined, right: Measured | undefined): string {
  return ((left?.seconds ?? Number.NaN) / (right?.seconds ?? Number.NaN)).toFixed(2)
}

// Messages a second through our relay and through Postfix, in one run, with the same sink behind both.
//   node_modules/.bin/node bench/relay.ts [seconds] [rounds]
// Needs Debian's postfix (which brings smtp-sink) and sasl2-bin, and root for the private Postfix.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeServerCertificate } from '../test/support/certificates.ts'
import { PosternHome } from '../test/support/postern.ts'
import { type Postfix, startPostfix, startSinkProgram } from '../test/support/postfix.ts'

const USER = 'ada@example.test'
const PASSWORD = 'secret'
const CONCURRENCIES = [1, 10, 50]
const MESSAGE_OCTETS = 4096
const WARM_UP_MS = 1000

/** What a load generator is told. */
interface Load {
  readonly port: number
  readonly concurrency: number
  readonly durationMs: number
  readonly doesSignIn: boolean
}

if (process.argv[2] === 'load') await load(JSON.parse(process.argv[3] ?? '') as Load)
else await compare(Number(process.argv[2] ?? 4), Number(process.argv[3] ?? 3))

async function compare(seconds: number, rounds: number): Promise<void> {
  const certificates = mkdtempSync(join(tmpdir(), 'postern-bench-'))
  await using sink = await startSinkProgram({ keeps: false })
  await using postfix = await startPostfix({
    certificate: await makeServerCertificate(certificates),
    relayPort: sink.port,
  })
  await using home = new PosternHome()
  const port = await startRelay(home, sink.port)
  console.log(
    `${MESSAGE_OCTETS} octets a message, reused connections, ${seconds} s, medians of ${rounds} interleaved rounds`,
  )
  console.log('connections   sink alone   postern   postfix   postern : postfix')
  for (const concurrency of CONCURRENCIES) {
    const durationMs = seconds * 1000
    const rates = { sink: [] as number[], ours: [] as number[], theirs: [] as number[] }
    for (let round = 0; round < rounds; round++) {
      rates.sink.push(await measure({ port: sink.port, concurrency, durationMs, doesSignIn: false }))
      rates.ours.push(await measure({ port, concurrency, durationMs, doesSignIn: true }))
      rates.theirs.push(await measurePostfix(postfix, { concurrency, durationMs, doesSignIn: false }))
    }
    const [alone, ours, theirs] = [rates.sink, rates.ours, rates.theirs].map(median)
    const cells = [concurrency, alone, ours, theirs].map((value, at) => String(value).padStart([11, 12, 9, 9][at] ?? 0))
    console.log(`${cells.join(' ')}   ${((ours ?? 0) / (theirs ?? 1)).toFixed(2)}`)
  }
  rmSync(certificates, { recursive: true, force: true })
}

async function startRelay(home: PosternHome, sinkPort: number): Promise<number> {
  home.configure('fronts:\n  pop3: { port: 0 }\n  smtp: { port: 0, greeting: immediate }\n')
  const urls = ['--imap', 'imap://127.0.0.1:1', '--smtp', `smtp://127.0.0.1:${sinkPort}`]
  await home.json(['profile', 'add', 'work', '--email', USER, ...urls, '--password-stdin'], PASSWORD)
  await home.json(['profile', 'set', 'work', 'smtpAuth', 'none'])
  await home.start()
  const { fronts } = (await home.json(['status'])) as { fronts: { name: string; port: number }[] }
  return fronts.find(({ name }) => name === 'smtp')?.port ?? 0
}

/** What it has accepted must be sent on before somebody else is measured. */
async function measurePostfix(postfix: Postfix, load: Omit<Load, 'port'>): Promise<number> {
  const rate = await measure({ ...load, port: postfix.ports.smtpPort })
  await postfix.drained()
  return rate
}

/** Runs a generator in a process of its own and resolves to the messages that were accepted in a second. */
async function measure(load: Load): Promise<number> {
  const child = fork(import.meta.filename, ['load', JSON.stringify(load)])
  const [rate] = await once(child, 'message')
  await once(child, 'exit')
  return Math.round(Number(rate))
}

async function load({ port, concurrency, durationMs, doesSignIn }: Load): Promise<void> {
  let accepted = 0
  const message = Buffer.from(`Subject: bench\r\n\r\n${`${'x'.repeat(70)}\r\n`.repeat(MESSAGE_OCTETS / 72)}.\r\n`)
  const senders = Array.from({ length: concurrency }, () =>
    startSender(port, doesSignIn, message, () => void accepted++),
  )
  await new Promise(resolve => setTimeout(resolve, WARM_UP_MS))
  const [before, start] = [accepted, performance.now()]
  await new Promise(resolve => setTimeout(resolve, durationMs))
  process.send?.(((accepted - before) * 1000) / (performance.now() - start))
  for (const socket of senders) socket.destroy()
  process.disconnect()
}

/** Sends one message after the other on one connection, the envelope pipelined as RFC 2920 allows. */
function startSender(port: number, doesSignIn: boolean, message: Buffer, onAccepted: () => void) {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  const envelope = `MAIL FROM:<${USER}>\r\nRCPT TO:<bob@example.test>\r\nDATA\r\n`
  const signIn = `AUTH PLAIN ${Buffer.from(`\0${USER}\0${PASSWORD}`).toString('base64')}\r\n`
  const opening = ['EHLO bench\r\n', ...(doesSignIn ? [signIn] : [])]
  let text = ''
  socket.setEncoding('latin1').on('data', chunk => {
    text += chunk
    for (let end = text.indexOf('\r\n'); end !== -1; end = text.indexOf('\r\n')) {
      const line = text.slice(0, end)
      text = text.slice(end + 2)
      if (line[3] !== '-') onReply(line)
    }
  })
  let owed = 1 // replies to what was sent; the greeting is one
  let isMessageSent = false
  const onReply = (line: string) => {
    if (line >= '4') throw new Error(`port ${port} said ${line}`)
    if (--owed > 0) return
    if (line.startsWith('354')) {
      isMessageSent = true
      owed = 1
      socket.write(message)
      return
    }
    if (isMessageSent) onAccepted()
    isMessageSent = false
    const next = opening.shift()
    owed = next === undefined ? 3 : 1
    socket.write(next ?? envelope)
  }
  return socket
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN
}

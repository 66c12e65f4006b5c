// The IMAP front against Dovecot on the same messages, by the same client, in one run.
//   node_modules/.bin/node bench/imap-front.ts [messages]
// Each row is the median of interleaved rounds, with the ratio to Dovecot. Needs Debian's dovecot-imapd, and root for it.
import { existsSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import { dovecotMissing, startDovecot } from '../test/support/dovecot.ts'
import { FRONT_USER, frontHome, frontPort } from '../test/support/front-account.ts'
import { generateMaildir } from '../test/support/mailbox-generator.ts'

const MESSAGES = Number(process.argv[2] ?? 20_000)
const APPENDS = 1000
const ROUNDS = 5
const PASSWORD = 'secret'

/** A client that only waits for the end of its command. */
class BenchClient {
  readonly #socket: Socket
  #tail = ''
  #tag = 0
  #waiting: { readonly tag: string; readonly resolve: () => void } | undefined
  octets = 0

  constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', chunk => this.#onData(chunk))
  }

  static async open(port: number): Promise<BenchClient> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    const client = new BenchClient(socket)
    await new Promise(resolve => socket.once('data', resolve))
    await client.command(`LOGIN ${FRONT_USER} ${PASSWORD}`)
    return client
  }

  command(text: string): Promise<void> {
    const tag = `b${++this.#tag}`
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#waiting = { tag, resolve }
    this.#socket.write(`${tag} ${text}\r\n`, 'latin1')
    return promise
  }

  close(): void {
    this.#socket.destroy()
  }

  #onData(chunk: Buffer): void {
    this.octets += chunk.length
    this.#tail = (this.#tail + chunk.subarray(-4096).toString('latin1')).slice(-4096)
    const { tag, resolve } = this.#waiting ?? {}
    const end = new RegExp(`(?:^|\\r\\n)${tag} (OK|NO|BAD)[^\\r\\n]*\\r\\n$`).exec(this.#tail)
    if (!end) return
    this.#tail = ''
    if (end[1] !== 'OK') throw new Error(end[0])
    resolve?.()
  }
}

const LETTER = `Subject: appended\r\n\r\n${'x'.repeat(500)}\r\n`
const append = async (client: BenchClient) => {
  for (let index = 0; index < APPENDS; index++) {
    await client.command(`APPEND Archive {${LETTER.length}+}\r\n${LETTER}`)
  }
}

const ROWS: readonly (readonly [
  name: string,
  rounds: number,
  work: (client: BenchClient, round: number) => Promise<void>,
])[] = [
  ['SELECT', ROUNDS, client => client.command('SELECT INBOX')],
  ['FETCH 1:* (FLAGS)', ROUNDS, client => client.command('FETCH 1:* (FLAGS)')],
  ['FETCH 1:* ENVELOPE', 3, client => client.command('FETCH 1:* (ENVELOPE)')],
  ['FETCH 1:* header fields', 3, client => client.command('FETCH 1:* (BODY.PEEK[HEADER.FIELDS (FROM SUBJECT DATE)])')],
  ['FETCH bodies of 2000', 3, client => client.command('FETCH 1:2000 (BODY.PEEK[])')],
  ['SEARCH FROM', 3, client => client.command('SEARCH FROM "example"')],
  ['SEARCH TEXT', 3, client => client.command('SEARCH TEXT "nowhere-to-be-found"')],
  ['STORE 1:* +FLAGS', 3, (client, round) => client.command(`STORE 1:* +FLAGS.SILENT ($Round${round})`)],
  [`APPEND ${APPENDS}`, 1, append],
]

const missing = dovecotMissing()
if (missing) throw new Error(missing)
await using dovecot = await startDovecot({ users: [FRONT_USER] })
generateMaildir(dovecot.maildir('ada'), { messages: MESSAGES, seed: 5, largeEvery: 0 })
dovecot.own('ada')
await using home = await frontHome(dovecot.imapPort, { watch: 'no', useOutlookSettings: 'yes' })
await home.json(['sync', '--wait'])
await home.start()
await indexed(join(home.dir, 'profiles', 'work', 'search.sqlite'))
const peers = {
  dovecot: await BenchClient.open(dovecot.imapPort),
  postern: await BenchClient.open(await frontPort(home)),
}
for (const client of Object.values(peers)) {
  await client.command('CREATE Archive').catch(() => undefined)
  await client.command('SELECT INBOX')
}
console.log(`${MESSAGES} messages; ms, median of interleaved rounds`)
for (const [name, rounds, work] of ROWS) {
  const times: Record<keyof typeof peers, number[]> = { dovecot: [], postern: [] }
  for (let round = 0; round < rounds; round++) {
    for (const peer of ['dovecot', 'postern'] as const) {
      const begin = performance.now()
      await work(peers[peer], round)
      times[peer].push(performance.now() - begin)
    }
  }
  const [theirs, ours] = [median(times.dovecot), median(times.postern)]
  const ratio = ours / theirs
  console.log(
    `${name.padEnd(26)} dovecot ${theirs.toFixed(1).padStart(9)}   postern ${ours.toFixed(1).padStart(9)}   ${ratio.toFixed(2)} x`,
  )
}
for (const client of Object.values(peers)) client.close()

/** Waits until the daemon has indexed all that came: what it can do while it has not is another row. */
async function indexed(file: string): Promise<void> {
  const begin = performance.now()
  for (let count = 0; count < MESSAGES; await delay(200)) {
    if (!existsSync(file)) continue
    const database = new DatabaseSync(file, { readOnly: true })
    count = Number(database.prepare('SELECT count(*) AS n FROM document').get()?.n)
    database.close()
  }
  console.log(`indexed ${((performance.now() - begin) / 1000).toFixed(1)} s after the start`)
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? 0
}

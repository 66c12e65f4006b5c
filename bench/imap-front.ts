// The IMAP front against Dovecot on the same messages, by the same client, in one run.
//   node_modules/.bin/node bench/imap-front.ts [messages]
// Each row is the median of interleaved rounds, with the ratio to Dovecot. The first rounds of a row are slower with us: Node
// compiles what is used often, and the daemon has just started.
// Needs Debian's dovecot-imapd, and root for it.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import { dovecotMissing, startDovecot } from '../test/support/dovecot.ts'
import { FRONT_USER, frontHome, frontPort } from '../test/support/front-account.ts'
import { generateMaildir } from '../test/support/mailbox-generator.ts'
import { BenchClient } from './support/imap-client.ts'

const MESSAGES = Number(process.argv[2] ?? 20_000)
const APPENDS = 1000
const ROUNDS = 15

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
  ['FETCH 1:* ENVELOPE', ROUNDS, client => client.command('FETCH 1:* (ENVELOPE)')],
  [
    'FETCH 1:* header fields',
    ROUNDS,
    client => client.command('FETCH 1:* (BODY.PEEK[HEADER.FIELDS (FROM SUBJECT DATE)])'),
  ],
  ['FETCH bodies of 2000', ROUNDS, client => client.command('FETCH 1:2000 (BODY.PEEK[])')],
  ['SEARCH FROM', ROUNDS, client => client.command('SEARCH FROM "example"')],
  ['SEARCH TEXT', 3, client => client.command('SEARCH TEXT "nowhere-to-be-found"')],
  ['STORE 1:* +FLAGS', 3, (client, round) => client.command(`STORE 1:* +FLAGS.SILENT ($Round${round})`)],
  [`APPEND ${APPENDS}`, 1, append],
]

const missing = dovecotMissing()
if (missing) throw new Error(missing)
await using dovecot = await startDovecot({ users: [FRONT_USER] })
generateMaildir(dovecot.maildir('ada'), { messages: MESSAGES, seed: 5, largeEvery: 0 })
dovecot.own('ada')
// Nothing is told to the server meanwhile: that would be measured as well.
await using home = await frontHome(dovecot.imapPort, { watch: 'no', useOutlookSettings: 'yes', syncAfterChange: 'no' })
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
    const database = new DatabaseSync(file, { readOnly: true, timeout: 20_000 })
    count = Number(database.prepare('SELECT count(*) AS n FROM document').get()?.n)
    database.close()
  }
  console.log(`indexed ${((performance.now() - begin) / 1000).toFixed(1)} s after the start`)
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? 0
}

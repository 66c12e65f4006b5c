import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ImapFlow } from 'imapflow'
import t, { type Test } from 'tap'
import { type CountingProxy, startCountingProxy } from '../support/counting-proxy.ts'
import { DOVECOT_PASSWORD, type Dovecot, dovecotMissing, startDovecot } from '../support/dovecot.ts'
import { generateMaildir, seededRandom } from '../support/mailbox-generator.ts'
import { PosternHome } from '../support/postern.ts'

const MESSAGES = Number(process.env.POSTERN_TEST_MESSAGES ?? 2000)
const KILLS = Number(process.env.POSTERN_TEST_KILLS ?? 5)
const SEED = Number(process.env.POSTERN_TEST_SEED ?? 20_261_123)
const USER = 'ada@example.test'
const UNCOMMITTED_OCTETS = 16 * 1_048_576 // what one kill may cost, beside the largest message
const LARGEST_OCTETS = 10 * 1_048_576 // the generator's largest message
const SECONDS_PER_PULL = 6 // slow enough for kills to come in the middle
const OVERHEAD = 1.05 // flags, lists and the FETCH lines around bodies, and CRLF for LF

interface SyncDocument {
  readonly downloaded: number
  readonly imported: number
}

// An independent client reads what the server has; the export of ours must be the same, octet by octet.
t.test('every message arrives byte for byte, whatever is killed', { skip: dovecotMissing() ?? false }, async t => {
  t.comment(`seed ${SEED}, ${MESSAGES} messages, ${KILLS} kills`)
  await using dovecot = await startDovecot({ users: [USER] })
  const octets = generateMaildir(dovecot.maildir('ada'), { messages: MESSAGES, seed: SEED })
  dovecot.own('ada')
  await using proxy = await startCountingProxy(dovecot.imapPort)
  await using home = new PosternHome()
  home.configure()
  const imap = `imap://127.0.0.1:${proxy.port}`
  await home.json(['profile', 'add', 'work', '--email', USER, '--imap', imap, '--password-stdin'], DOVECOT_PASSWORD)

  const kills = await killAtRandomMoments(home, proxy, octets)
  t.ok(kills > 0, `${kills} of ${KILLS} kills came while bodies were travelling`)
  const quiet = (await home.json(['sync', '--wait'])) as SyncDocument
  const limit = octets * OVERHEAD + KILLS * (UNCOMMITTED_OCTETS + LARGEST_OCTETS)
  t.comment(`${octets} octets stored, ${proxy.serverOctets()} travelled, the quiet run downloaded ${quiet.downloaded}`)
  t.ok(proxy.serverOctets() <= limit, `${proxy.serverOctets()} octets travelled, ${Math.round(limit)} are allowed`)
  await compare(t, home, dovecot)

  const before = proxy.serverOctets()
  const again = (await home.json(['sync', '--wait'])) as SyncDocument
  t.match(again, { downloaded: 0, imported: 0 })
  t.ok(proxy.serverOctets() - before < 20_000, 'a second run moves no bodies')
})

/** Kills the engine alone or the whole daemon, each time when a random share of the mailbox has travelled. */
async function killAtRandomMoments(home: PosternHome, proxy: CountingProxy, octets: number): Promise<number> {
  const random = seededRandom(SEED)
  let inTheMiddle = 0
  proxy.setRate(octets / SECONDS_PER_PULL)
  for (let kill = 0; kill < KILLS; kill++) {
    const daemon = await home.start()
    const before = proxy.serverOctets()
    await proxy.reached(before + ((2 * octets) / KILLS) * random(), 3000)
    if (kill % 2 === 0) home.killEngine(daemon.child)
    await home.killTree(daemon.child)
    if (proxy.serverOctets() - before > 100_000) inTheMiddle++
  }
  proxy.setRate(0)
  return inTheMiddle
}

async function compare(t: Test, home: PosternHome, dovecot: Dovecot): Promise<void> {
  const out = join(home.dir, 'exported')
  await home.json(['item', 'export', '--folder', 'INBOX', '--out', out])
  const exported = new Map(
    readdirSync(out).map(name => [name.replace('.eml', ''), sha256(readFileSync(join(out, name)))]),
  )
  const server = await readServer(dovecot)
  t.equal(server.size, MESSAGES)
  t.equal(exported.size, server.size, 'as many messages here as there')
  const different = [...server].filter(([uid, digest]) => exported.get(uid) !== digest)
  t.same(different, [], 'every message has the octets that the server has')
}

async function readServer(dovecot: Dovecot): Promise<Map<string, string>> {
  const auth = { user: USER, pass: DOVECOT_PASSWORD }
  const client = new ImapFlow({ host: '127.0.0.1', port: dovecot.imapPort, secure: false, auth, logger: false })
  await client.connect()
  try {
    await client.mailboxOpen('INBOX', { readOnly: true })
    const digests = new Map<string, string>()
    for await (const { uid, source } of client.fetch('1:*', { uid: true, source: true })) {
      digests.set(String(uid), sha256(source ?? Buffer.alloc(0)))
    }
    return digests
  } finally {
    await client.logout()
  }
}

function sha256(octets: Buffer): string {
  return createHash('sha256').update(octets).digest('hex')
}

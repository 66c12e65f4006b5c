import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { connectImap } from '../../src/upstream/imap/client.ts'
import { RateLimit } from '../../src/upstream/rate-limit.ts'
import { DOVECOT_PASSWORD, dovecotMissing, startDovecot } from '../support/dovecot.ts'
import { scriptedOptions } from '../support/imap-script.ts'
import { generateMaildir } from '../support/mailbox-generator.ts'
import { PosternHome } from '../support/postern.ts'

const USER = 'ada@example.test'
const RATE_KBPS = 500
const TOLERANCE = 0.1

t.test('a real transfer keeps to the rates within 10 %', { skip: dovecotMissing() ?? false }, async t => {
  await using dovecot = await startDovecot({ users: [USER] })
  const total = generateMaildir(dovecot.maildir('ada'), { messages: 20, seed: 5, octets: 150_000 })
  dovecot.own('ada')

  await t.test('downloads', async t => {
    const rates = { download: new RateLimit(), upload: new RateLimit() }
    await using mail = await connect(dovecot.imapPort, rates)
    const folder = await mail.examine('INBOX')
    rates.download.set(RATE_KBPS)
    const uids = [...Array(20).keys()].map(index => index + 1)
    const batches = [
      { uids: uids.slice(0, 10), part: 'full' as const },
      { uids: uids.slice(10), part: 'full' as const },
    ]
    let octets = 0
    const ignore = () => undefined
    const write = (chunk: Buffer) => {
      octets += chunk.length
    }
    const startMs = performance.now()
    const sink = { begin: ignore, write, end: ignore, missing: ignore, refused: ignore, drained: ignore }
    await folder.download(async () => batches.shift(), sink)
    const rate = octets / (performance.now() - startMs)
    t.ok(octets >= total, 'all of it came; Dovecot ends lines with CR and LF')
    t.ok(Math.abs(rate / RATE_KBPS - 1) < TOLERANCE, `${rate.toFixed(1)} kB/s, wanted ${RATE_KBPS}`)
  })

  await t.test('uploads', async t => {
    const rates = { download: new RateLimit(), upload: new RateLimit() }
    await using mail = await connect(dovecot.imapPort, rates)
    rates.upload.set(RATE_KBPS)
    const message = Buffer.concat([Buffer.from('Subject: large\r\n\r\n'), Buffer.alloc(2_000_000, 'x')])
    const startMs = performance.now()
    await mail.append('Sent', [
      { flags: [], internalDateMs: 0, octets: message.length, chunks: () => pieces(message, 262_144) },
    ])
    const rate = message.length / (performance.now() - startMs)
    t.ok(Math.abs(rate / RATE_KBPS - 1) < TOLERANCE, `${rate.toFixed(1)} kB/s, wanted ${RATE_KBPS}`)
  })

  await t.test('the profile’s settings are heeded', async t => {
    await using home = new PosternHome()
    const imap = `imap://127.0.0.1:${dovecot.imapPort}`
    await home.json(['profile', 'add', 'work', '--email', USER, '--imap', imap, '--password-stdin'], DOVECOT_PASSWORD)
    await home.json(['profile', 'set', 'work', 'downloadKBps', String(RATE_KBPS)])
    const startMs = performance.now()
    t.match(await home.json(['sync', 'INBOX']), { errors: { length: 0 } })
    const leastMs = (total / RATE_KBPS) * (1 - TOLERANCE)
    const tookMs = performance.now() - startMs
    t.ok(tookMs > leastMs, `${total} octets in ${Math.round(tookMs)} ms, no less than ${Math.round(leastMs)} ms`)
    await home.json(['profile', 'set', 'work', 'downloadKBps', '0'])
    await home.json(['profile', 'set', 'work', 'uploadKBps', String(RATE_KBPS)])
    const file = join(dovecot.dir, 'large.eml')
    await writeLarge(file)
    await home.json(['item', 'add', 'INBOX', file])
    const pushMs = performance.now()
    t.match(await home.json(['sync', 'INBOX']), { uploaded: 1 })
    t.ok(performance.now() - pushMs > 1800, 'a megabyte takes two seconds')
  })
})

function connect(port: number, rates: { download: RateLimit; upload: RateLimit }) {
  const account = {
    peer: { host: '127.0.0.1', port },
    security: 'none',
    credentials: async () => ({ user: USER, password: DOVECOT_PASSWORD }),
  } as const
  return connectImap(account, scriptedOptions({ rates, silenceTimeoutMs: 30_000 }), new AbortController().signal)
}

function* pieces(octets: Buffer, size: number): Generator<Buffer> {
  for (let at = 0; at < octets.length; at += size) yield octets.subarray(at, at + size)
}

async function writeLarge(file: string): Promise<void> {
  await writeFile(file, `Message-ID: <large@x>\r\nSubject: large\r\n\r\n${'x'.repeat(1_000_000)}`)
}

import { randomBytes } from 'node:crypto'
import t from 'tap'
import { RateLimit } from '../../src/upstream/rate-limit.ts'
import { connectTo, polite, startScriptedImap } from '../support/imap-script.ts'

function limitAt(kilobytesPerSecond: number) {
  const clock = { ms: 0 }
  const limit = new RateLimit(() => clock.ms)
  limit.set(kilobytesPerSecond)
  return { clock, limit }
}

t.test('what passes in the long run is the rate, whatever the pieces', async t => {
  for (const piece of [1, 700, 65_536, 1_000_000]) {
    const { clock, limit } = limitAt(100)
    let octets = 0
    while (octets < 5_000_000) {
      clock.ms += limit.take(piece)
      octets += piece
    }
    const rate = octets / clock.ms
    t.ok(rate > 99 && rate < 101, `${rate} octets/ms with pieces of ${piece}`)
  }
})

t.test('two connections share it', async t => {
  const { clock, limit } = limitAt(100)
  const free = [0, 0]
  let octets = 0
  for (; clock.ms < 60_000; clock.ms++) {
    for (const [index, at] of free.entries()) {
      if (clock.ms < at) continue
      free[index] = clock.ms + limit.take(16_384)
      octets += 16_384
    }
  }
  t.ok(Math.abs(octets / 60_000 - 100) < 2, `${octets / 60_000} octets/ms`)
})

t.test('a rest saves up for a tenth of a second, not for more', async t => {
  const { clock, limit } = limitAt(100)
  clock.ms += 3_600_000
  t.equal(limit.take(10_000), 0)
  t.equal(limit.take(10_000), 100)
})

t.test('a rate can be changed, and taken away, while something is owed', async t => {
  const { clock, limit } = limitAt(1)
  t.equal(limit.take(10_000), 10_000)
  limit.set(10)
  t.equal(limit.take(0), 1000)
  limit.set(0)
  t.equal(limit.take(1e9), 0)
  clock.ms += 1
  limit.set(10)
  t.equal(limit.take(100), 10, 'nothing was saved up meanwhile')
})

t.test('bodies come, and messages go, at the rates of the profile', async t => {
  const octets = 60_000
  const body = randomBytes(octets / 2).toString('hex')
  const server = await startScriptedImap(
    t,
    '* OK ready',
    polite('LITERAL+', (command, socket) => {
      if (command.startsWith('UID FETCH')) {
        return `* 1 FETCH (UID 1 FLAGS () BODY[] {${octets}}\r\n${body})\r\nTAG OK done\r\n`
      }
      if (server.received.at(-1) !== body) return undefined
      const append = server.received.find(line => line.includes(' APPEND '))
      socket.write(`${append?.split(' ')[0]} OK done\r\n`)
      return undefined
    }),
  )
  const [download, upload] = [new RateLimit(), new RateLimit()]
  await using mail = await connectTo(server, { rates: { download, upload } })
  const folder = await mail.examine('INBOX')
  for (const limit of [download, upload]) limit.set(100)
  const batches = [{ uids: [1], part: 'full' as const }]
  const ignore = () => undefined
  const sink = { begin: ignore, write: ignore, end: ignore, missing: ignore, refused: ignore, drained: ignore }
  const times = [performance.now()]
  await folder.download(async () => batches.shift(), sink)
  await mail.examine('INBOX') // waits for the pause behind the body
  times.push(performance.now())
  const chunks = () => [Buffer.from(body)]
  await mail.append('INBOX', [{ flags: [], internalDateMs: 0, octets, chunks }])
  times.push(performance.now())
  const [down = 0, up = 0] = times.slice(1).map((at, index) => at - (times[index] ?? 0))
  t.ok(down > 540 && down < 1500, `60 kB at 100 kB/s came in ${down} ms`)
  t.ok(up > 440 && up < 1500, `60 kB at 100 kB/s went in ${up} ms`)
})

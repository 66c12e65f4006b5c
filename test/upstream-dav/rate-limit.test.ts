import t from 'tap'
import { RateLimit } from '../../src/upstream/rate-limit.ts'
import { calendarAt } from '../support/dav.ts'
import { startScriptedDav } from '../support/dav-script.ts'

const HREF = '/work/a'
const LARGE = Buffer.alloc(300_000, 'x')

/** A limit that lets a piece through in a moment, and remembers what passed. */
class WatchedLimit extends RateLimit {
  readonly pieces: number[] = []

  override get pieceOctets(): number {
    return 40_000
  }

  override take(octets: number): number {
    this.pieces.push(octets)
    return 1
  }
}

t.test('what comes and goes counts in the limits of the profile', async t => {
  const rates = { download: new WatchedLimit(), upload: new WatchedLimit() }
  const server = await startScriptedDav(t, ({ method }) =>
    method === 'GET'
      ? { status: 200, headers: { etag: '"1"' }, body: LARGE }
      : { status: method === 'PUT' ? 201 : 400, headers: { etag: '"2"' } },
  )
  const work = calendarAt(t, new URL('/work/', server.url), { rates })
  const [object] = await Array.fromAsync(work.read([HREF]))
  t.ok(object?.octets.equals(LARGE))
  const sum = (octets: readonly number[]) => octets.reduce((total, each) => total + each, 0)
  t.equal(sum(rates.download.pieces), LARGE.length)
  const before = sum(rates.upload.pieces)
  t.match(await work.write(HREF, LARGE, 'absent'), { kind: 'done', etag: '"2"' })
  t.equal(sum(rates.upload.pieces) - before, LARGE.length)
  t.ok(Math.max(...rates.upload.pieces) <= 40_000)
  t.equal(server.requests.at(-1)?.body.length, LARGE.length)
})

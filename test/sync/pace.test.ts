import t from 'tap'
import { Pace } from '../../src/sync/watch/pace.ts'

t.test('a few go at once, the rest one by one', async t => {
  let nowMs = 0
  const pace = new Pace({ burst: 3, intervalMs: 1000 }, () => nowMs)
  const wentAt: number[] = []
  for (let count = 0; count < 6; count++) {
    nowMs += pace.waitMs
    wentAt.push(nowMs)
    pace.spend()
  }
  t.same(wentAt, [0, 0, 0, 1000, 2000, 3000])
  nowMs += 60_000
  for (let count = 0; count < 3; count++) {
    t.equal(pace.waitMs, 0, 'a rest earns a few, not more')
    pace.spend()
  }
  t.equal(pace.waitMs, 1000)
  nowMs += 400
  t.equal(pace.waitMs, 600)
})

import t from 'tap'
import { Refusals } from '../../../src/daemon/discovery/refusals.ts'

t.test('nothing is tried twice, three times at one server, or four times in all', async t => {
  const refusals = new Refusals([{ server: '192.0.2.1', user: 'ada@example.test' }])
  t.ok(refusals.knows({ server: '192.0.2.1', user: 'ada@example.test' }))
  t.notOk(refusals.knows({ server: '192.0.2.1', user: 'ada' }))
  t.notOk(refusals.knows({ server: '192.0.2.2', user: 'ada@example.test' }))
  for (const user of ['ada', 'lovelace']) {
    t.notOk(refusals.areEnough('192.0.2.1'))
    refusals.add({ server: '192.0.2.1', user })
  }
  t.ok(refusals.areEnough('192.0.2.1'))
  t.notOk(refusals.areEnough('192.0.2.2'))
  refusals.add({ server: '192.0.2.2', user: 'ada' })
  t.ok(refusals.areEnough('192.0.2.3'))
  t.equal(refusals.all.length, 4)
})

t.test('a sign-in that broke off counts, and its name may be tried again', async t => {
  const refusals = new Refusals()
  for (const _ of [1, 2, 3]) {
    t.notOk(refusals.areEnough('192.0.2.1'))
    refusals.addUnclear('192.0.2.1')
  }
  t.ok(refusals.areEnough('192.0.2.1'))
  t.notOk(refusals.areEnough('192.0.2.2'))
  t.notOk(refusals.knows({ server: '192.0.2.1', user: 'ada' }))
})

import { mock } from 'node:test'
import { pino } from 'pino'
import t, { type Test } from 'tap'
import type { Installation } from '../../src/daemon/installation.ts'
import type { KeeperCall } from '../../src/daemon/runs/store-keeper.ts'
import { StoreTidier } from '../../src/daemon/runs/store-tidier.ts'
import type { Profile } from '../../src/profile/profiles.ts'

const profile = { number: 1, name: 'work' } as Profile // all that the tidier looks at
const DONE = { kind: 'done', result: {} } as never
const FAILED = { kind: 'failed', error: {} } as never

function tidierWith(t: Test, compact: (call: KeeperCall) => Promise<unknown> = async () => ({ retired: 0 })) {
  mock.timers.enable({ apis: ['setTimeout'] })
  const calls: KeeperCall[] = []
  const world = { state: 'idle' }
  const installation = {
    syncs: { stateOf: () => world.state },
    stores: {
      compact: (_profile: Profile, _options: unknown, call: KeeperCall) => {
        calls.push(call)
        return compact(call)
      },
    },
    log: pino({ level: 'silent' }),
  } as unknown as Installation // all that the tidier uses of it
  const tidier = new StoreTidier(installation)
  t.teardown(() => {
    tidier[Symbol.dispose]()
    mock.timers.reset()
  })
  return { tidier, calls, world }
}

t.test('some time after a run that ended well a store is compacted, once a day', async t => {
  const { tidier, calls } = tidierWith(t)
  tidier.ended(profile, undefined, FAILED)
  mock.timers.tick(60_000)
  t.equal(calls.length, 0)
  tidier.ended(profile, undefined, DONE)
  t.equal(calls.length, 0)
  mock.timers.tick(60_000)
  t.equal(calls.length, 1)
  tidier.ended(profile, undefined, DONE)
  mock.timers.tick(60_000)
  t.equal(calls.length, 1)
})

t.test('a run that begins meanwhile comes first', async t => {
  const { tidier, calls, world } = tidierWith(t)
  tidier.ended(profile, undefined, DONE)
  tidier.started(profile)
  mock.timers.tick(60_000)
  t.equal(calls.length, 0)
  tidier.ended(profile, undefined, DONE)
  world.state = 'syncing'
  mock.timers.tick(60_000)
  t.equal(calls.length, 0)
  world.state = 'idle'
  tidier.ended(profile, undefined, DONE)
  mock.timers.tick(60_000)
  t.equal(calls.length, 1)
  t.equal(calls[0]?.signal.aborted, false)
  world.state = 'syncing'
  calls[0]?.onProgress({ kind: 'maintenance', step: 'packs', done: 1, total: 2 })
  t.equal(calls[0]?.signal.aborted, true, 'what was moved stays moved, the rest waits')
})

t.test('a daemon that ends stops it, and a failure is only told to the log', async t => {
  const { tidier, calls } = tidierWith(t, async () => {
    throw new Error('on purpose')
  })
  tidier.ended(profile, undefined, DONE)
  mock.timers.tick(60_000)
  t.equal(calls.length, 1)
  tidier[Symbol.dispose]()
  t.equal(calls[0]?.signal.aborted, true)
  tidier.ended({ ...profile, number: 2 } as Profile, undefined, DONE)
  mock.timers.tick(60_000)
  t.equal(calls.length, 1)
})

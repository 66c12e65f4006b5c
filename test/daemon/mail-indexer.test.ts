import { mock } from 'node:test'
import { pino } from 'pino'
import t, { type Test } from 'tap'
import { MailIndexer } from '../../src/daemon/reading/mail-indexer.ts'
import type { Readers } from '../../src/daemon/reading/readers.ts'
import { PosternError } from '../../src/errors.ts'

const PROFILES = [
  { number: 1, dir: 'work' },
  { number: 2, dir: 'home' },
]

/** An indexer whose worker has so many messages left for each folder. */
function indexerWith(t: Test, left: Record<string, number>) {
  mock.timers.enable({ apis: ['setTimeout'] })
  const world = { left, calls: [] as string[], busy: new Set<number>(), onCall: (): void => undefined }
  async function* stream(_name: string, { dir }: { dir: string }) {
    world.calls.push(dir)
    world.onCall()
    world.left[dir] = Math.max(0, (world.left[dir] ?? 0) - 1)
    yield world.left[dir]
  }
  const indexer = new MailIndexer({
    profiles: () => PROFILES,
    readers: { stream } as unknown as Readers, // all that the indexer uses of it
    isBusy: profile => world.busy.has(profile),
    log: pino({ level: 'silent' }),
  })
  t.teardown(() => {
    indexer[Symbol.dispose]()
    mock.timers.reset()
  })
  return { indexer, world }
}

async function pass(ms: number): Promise<void> {
  mock.timers.tick(ms)
  for (let turn = 0; turn < 50; turn++) await Promise.resolve()
}

t.test('what is there at the start is indexed in slices until nothing is left', async t => {
  const { indexer, world } = indexerWith(t, { work: 3, home: 0 })
  indexer.start()
  await pass(2000)
  t.same(world.calls, ['work', 'work', 'work', 'home'])
  await pass(600_000)
  t.equal(world.calls.length, 4, 'nothing is done while nothing changes')
  indexer.committed(2)
  indexer.committed(2)
  await pass(2000)
  t.same(world.calls.slice(4), ['home'], 'commits that come together are one')
})

t.test('a store that is being worked with waits', async t => {
  const { indexer, world } = indexerWith(t, { work: 2 })
  world.busy.add(1)
  indexer.committed(1)
  for (let second = 0; second < 10; second++) await pass(1000)
  t.same(world.calls, [])
  world.busy.clear()
  await pass(2000)
  t.same(world.calls, ['work', 'work'])
})

t.test('a store that is closed meanwhile is left alone', async t => {
  const { indexer, world } = indexerWith(t, { work: 5 })
  world.onCall = () => indexer.closed(1)
  indexer.committed(1)
  for (let second = 0; second < 10; second++) await pass(1000)
  t.same(world.calls, ['work'])
})

t.test('what fails is tried again later, and the others go on', async t => {
  const { indexer, world } = indexerWith(t, { work: 1, home: 1 })
  world.onCall = () => {
    if (world.calls.length === 1) throw new PosternError('STORE_DISK_FULL', 'full', { remedy: 'user', advice: 'x' })
  }
  indexer.committed(1)
  indexer.committed(2)
  await pass(2000)
  t.same(world.calls, ['work', 'home'])
  await pass(10_000)
  t.equal(world.calls.length, 2)
  await pass(60_000)
  t.same(world.calls, ['work', 'home', 'work'])
})

t.test('nothing is begun after the end', async t => {
  const { indexer, world } = indexerWith(t, { work: 1 })
  indexer.committed(1)
  indexer[Symbol.dispose]()
  await pass(600_000)
  t.same(world.calls, [])
})

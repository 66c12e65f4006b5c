import { join } from 'node:path'
import { pino } from 'pino'
import t, { type Test } from 'tap'
import { PACKS_DIR } from '../../src/store/packs/pack-format.ts'
import { PackReader } from '../../src/store/packs/pack-reader.ts'
import { digestBody } from '../../src/sync/download/digest.ts'
import { SyncEngine } from '../../src/sync/engine.ts'
import { DEFAULT_SYNC_SETTINGS } from '../../src/sync/settings.ts'
import { Faults } from '../support/model/faults.ts'
import { ModelRemote } from '../support/model/remote.ts'
import { ModelServer } from '../support/model/server.ts'
import { openStore, TestClock } from '../support/store.ts'

const DAY_MS = 86_400_000
const FEATURES = { delta: 'qresync', move: true, givesUids: true, multiAppend: false } as const

class CountingRemote extends ModelRemote {
  deltas = 0

  override examine(...[path, cursor]: Parameters<ModelRemote['examine']>) {
    if (cursor) this.deltas++
    return super.examine(path, cursor)
  }
}

t.test('a server that hides a changed flag is not believed for a month, then tried again', async t => {
  const { server, store, clock, sync } = account(t)
  for (let uid = 1; uid <= 5; uid++) server.append('INBOX', Buffer.from(`Subject: ${uid}\r\n\r\n`), [], 0)
  await sync('flags')
  server.store('INBOX', 3, ['\\Flagged'], [])
  // Every third change is hidden; this one makes STATUS differ.
  while (server.folder('INBOX').highestModseq % 3n !== 2n) server.store('INBOX', 1, ['\\Seen'], [])
  server.store('INBOX', 2, ['\\Flagged'], [])
  await sync('flags')
  t.match(store.read.distrust(), { host: 'model', evidence: /UID 2 has \(\\Flagged\), by its deltas \(\)/ })
  t.same(flagged(store), [2, 3], 'and the folder is right')

  const asked = await sync('flags')
  t.equal(asked.deltas, 0, 'its deltas are not asked for any more')
  clock.ms += 31 * DAY_MS
  await sync('flags') // compared whole, as every day
  server.store('INBOX', 4, ['\\Seen'], [])
  t.equal((await sync(undefined)).deltas, 1, 'a month later they are')
})

t.test('an honest server is believed, and a folder at the threshold is compared whole', async t => {
  const { server, store, sync } = account(t)
  for (let uid = 1; uid <= 3; uid++) server.append('INBOX', Buffer.from(`Subject: ${uid}\r\n\r\n`), [], 0)
  await sync(undefined)
  server.store('INBOX', 2, ['\\Flagged'], [])
  t.equal((await sync(undefined, { fullSyncThreshold: 2 })).deltas, 1, 'three messages are over the threshold')
  server.store('INBOX', 3, ['\\Flagged'], [])
  t.equal((await sync(undefined, { fullSyncThreshold: 3 })).deltas, 0)
  t.same(flagged(store), [2, 3])
  t.equal(store.read.distrust(), undefined)
})

t.test('once a day everything is compared, whatever the counters say', async t => {
  const { server, store, clock, sync } = account(t)
  server.append('INBOX', Buffer.from('Subject: x\r\n\r\n'), [], 0)
  await sync(undefined)
  server.folder('INBOX').messages.get(1)?.flags.add('\\Flagged') // without a mod-sequence
  await sync(undefined)
  t.same(flagged(store), [], 'nothing tells of it')
  clock.ms += DAY_MS + 1
  await sync(undefined)
  t.same(flagged(store), [1])
})

function account(t: Test) {
  const dir = t.testdir()
  const clock = new TestClock()
  const store = openStore(dir, clock)
  t.teardown(() => store[Symbol.dispose]())
  const server = new ModelServer(['INBOX'])
  const sync = async (lie: 'flags' | undefined, given: Partial<typeof DEFAULT_SYNC_SETTINGS> = {}) => {
    const remote = new CountingRemote(server, new Faults(() => 1), { ...FEATURES, lie })
    const packs = new PackReader(join(dir, PACKS_DIR))
    const importer = {
      digest: async (rows: readonly Parameters<typeof digestBody>[1][]) => rows.map(row => digestBody(packs, row)),
    }
    const settings = { ...DEFAULT_SYNC_SETTINGS, fullSyncThreshold: 0, ...given }
    const log = pino({ level: 'silent' })
    const engine = new SyncEngine({ store, connect: async () => remote, importer, settings, log, clock: clock.now })
    const { signal } = new AbortController()
    await engine.run({ folders: [], scope: 'all', structure: 'also', onEvent: () => undefined, signal })
    packs[Symbol.dispose]()
    return remote
  }
  return { server, store, clock, sync }
}

function flagged(store: ReturnType<typeof openStore>): number[] {
  const { id } = store.read.getFolder('INBOX')
  return [...store.read.items(id)].filter(({ flags }) => (flags.bits & 4) !== 0).map(({ uid }) => uid)
}

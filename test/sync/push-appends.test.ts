import { pino } from 'pino'
import t, { type Test } from 'tap'
import { packFlags } from '../../src/store/flags.ts'
import type { Store } from '../../src/store/store.ts'
import type { FolderFailure } from '../../src/sync/progress.ts'
import { PushAppends } from '../../src/sync/push/push-appends.ts'
import type { RemoteMail } from '../../src/sync/remote.ts'
import { DEFAULT_SYNC_SETTINGS } from '../../src/sync/settings.ts'
import { type AppendPolicy, startAppendServer } from '../support/append-server.ts'
import { connectTo } from '../support/imap-script.ts'
import { openStore, TestClock } from '../support/store.ts'

const log = pino({ level: 'silent' })
const PATH = 'INBOX'
const MINUTE_MS = 60_000
const BAD = 'bad message'

/** A store with messages to be uploaded. */
async function outgoing(t: Test, bodies: readonly string[]) {
  const [dir, clock] = [t.testdir(), new TestClock()]
  const store = openStore(dir, clock)
  store.transact(transactor => transactor.ensureInbox())
  const inbox = store.read.getFolder(PATH).id
  store.transact(transactor => transactor.setPosition(inbox, { uidValidity: 7, uidNext: 1, highestModseq: 1n }, true))
  await using writer = store.openPackWriter()
  const locations = bodies.map(body => {
    writer.begin(body.length)
    writer.write(Buffer.from(body))
    return writer.end()
  })
  const ends = await writer.sync()
  const digest = { sha256: Buffer.alloc(32), messageId: undefined, subject: undefined, from: undefined, dateMs: 0 }
  const items = store.transact(transactor => {
    for (const { pack, octets } of ends) transactor.setPackEnd(pack, octets)
    const given = { digest, headerHash: Buffer.alloc(32), flags: packFlags(['\\Seen']), internalDateMs: 0 }
    return locations.map(location => transactor.local.addMessage(inbox, { ...given, location }))
  })
  return { store, dir, clock, items, inbox }
}

async function push(remote: RemoteMail, store: Store, clock: TestClock): Promise<FolderFailure[]> {
  const failures: FolderFailure[] = []
  const told = { onUploaded: () => undefined, onRefused: (failure: FolderFailure) => failures.push(failure) }
  await new PushAppends({ store, remote, log, clock: clock.now, settings: DEFAULT_SYNC_SETTINGS, ...told }).run()
  return failures
}

/** Gives UIDs in order of arrival; refuses bad messages. */
function counting(capabilities: string, given: Partial<AppendPolicy> = {}): AppendPolicy {
  let uid = 0
  const append: AppendPolicy['append'] = ({ bodies }) => {
    if (bodies.includes(BAD)) return 'NO [CANNOT] bad'
    uid += bodies.length
    return `OK [APPENDUID 7 ${bodies.length === 1 ? uid : `${uid - bodies.length + 1}:${uid}`}] done`
  }
  return { capabilities, append, ...given }
}

const uidsOf = (store: Store, items: readonly number[]) => items.map(item => store.read.getItem(item).uid)

t.test('a batch is one command; when it is refused, one bad message does not take the others with it', async t => {
  const { store, clock, items } = await outgoing(t, ['one', BAD, 'three'])
  const server = await startAppendServer(t, counting('MULTIAPPEND LITERAL+'))
  await using remote = await connectTo(server)
  const failures = await push(remote, store, clock)
  t.same(
    server.appends.map(({ bodies }) => bodies),
    [['one', BAD, 'three'], ['one'], [BAD], ['three']],
  )
  t.same(uidsOf(store, items), [1, 0, 2])
  t.match(failures, [{ folder: PATH, code: 'UPSTREAM_REFUSED' }])
  t.equal(failures.length, 1)
  t.same(await push(remote, store, clock), [], 'it is not sent again at once')
  t.equal(server.appends.length, 4)
})

t.test('batches have 50 messages, or 4 MB', async t => {
  const { store, clock } = await outgoing(
    t,
    [...Array(52).keys()].map(index => (index < 50 ? 'x' : 'y'.repeat(3e6))),
  )
  const server = await startAppendServer(t, counting('MULTIAPPEND LITERAL+'))
  await using remote = await connectTo(server)
  t.same(await push(remote, store, clock), [])
  t.same(
    server.appends.map(({ bodies }) => bodies.length),
    [50, 1, 1],
  )
})

t.test('a folder that is gone is made, once, and everything is sent again', async t => {
  const { store, clock, items } = await outgoing(t, ['one', 'two'])
  let exists = false
  const ok = counting('LITERAL+')
  const server = await startAppendServer(t, {
    ...ok,
    append: append => (exists ? ok.append(append) : 'NO [TRYCREATE] no such folder'),
    command: command => {
      exists ||= command === 'CREATE "INBOX"'
      return undefined
    },
  })
  await using remote = await connectTo(server)
  t.same(await push(remote, store, clock), [])
  t.same(uidsOf(store, items), [1, 2])
  t.equal(server.log.filter(line => line.startsWith('CREATE')).length, 1)
})

t.test('a full mailbox is told once; uploads wait, also after a restart, and longer each time', async t => {
  const { store, dir, clock, items } = await outgoing(t, ['one', 'two'])
  const ok = counting('LITERAL+')
  let isFull = true
  const server = await startAppendServer(t, {
    ...ok,
    append: append => (isFull && append.bodies[0] === 'two' ? 'NO [OVERQUOTA] full' : ok.append(append)),
  })
  await using remote = await connectTo(server)
  t.match(await push(remote, store, clock), [{ folder: PATH, code: 'SYNC_OVER_QUOTA' }])
  t.same(uidsOf(store, items), [1, 0], 'what had room is there')
  store[Symbol.dispose]()
  using again = openStore(dir, clock)
  const tries = async (minutes: number) => {
    clock.ms += minutes * MINUTE_MS
    const before = server.appends.length
    t.same(await push(remote, again, clock), [])
    return server.appends.length - before
  }
  t.equal(await tries(4), 0)
  t.equal(await tries(2), 1)
  t.equal(await tries(10), 0, 'the second wait is longer')
  isFull = false
  t.equal(await tries(25), 1)
  t.same(uidsOf(again, items), [1, 2])
  t.equal(again.read.pending.appendsPausedUntilMs(), 0)
})

t.test('what is over a folder’s limit is never sent', async t => {
  const { store, clock, items } = await outgoing(t, ['short', 'too long'])
  const server = await startAppendServer(
    t,
    counting('LITERAL+ APPENDLIMIT', {
      command: command =>
        command.startsWith('STATUS')
          ? '* STATUS INBOX (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 7 APPENDLIMIT 5)\r\nTAG OK done'
          : undefined,
    }),
  )
  await using remote = await connectTo(server)
  t.match(await push(remote, store, clock), [{ code: 'UPSTREAM_REFUSED', message: /5 octets/ }])
  t.same(uidsOf(store, items), [1, 0])
  t.same(await push(remote, store, clock), [])
  t.equal(server.appends.length, 1)
})

t.test('a message that breaks the connection is found out and given up; the others are uploaded', async t => {
  const { store, clock, items } = await outgoing(
    t,
    [...Array(20).keys()].map(index => (index === 13 ? BAD : 'good')),
  )
  const ok = counting('LITERAL+ MULTIAPPEND')
  const server = await startAppendServer(t, {
    ...ok,
    append: append => (append.bodies.includes(BAD) ? undefined : ok.append(append)),
  })
  let runs = 0
  for (; store.read.pending.appends(clock.ms).length > 0 && runs < 20; runs++) {
    await using remote = await connectTo(server)
    await push(remote, store, clock).catch(error => t.equal(error.code, 'UPSTREAM_LOST'))
    // Two cycles in which it did not turn up.
    store.transact(({ push }) => {
      for (const { item } of store.read.pending.inflight()) push.searched(item)
      push.giveUpSearched()
    })
  }
  t.same(
    items.filter(item => store.read.getItem(item).uid === 0),
    [items[13]],
  )
  t.equal(
    server.appends.filter(({ bodies }) => bodies.length === 1 && bodies[0] === BAD).length,
    3,
    'three times alone',
  )
  t.equal(runs, 6)
})

t.test('the list of folders is read once, however many batches there are', async t => {
  const { store, clock, items } = await outgoing(
    t,
    [...Array(160).keys()].map(index => `message ${index}`),
  )
  const server = await startAppendServer(t, counting('MULTIAPPEND LITERAL+'))
  await using remote = await connectTo(server)
  let calls = 0
  const folders = store.read.folders.bind(store.read)
  Reflect.set(store.read, 'folders', () => {
    calls++
    return folders()
  })
  t.same(await push(remote, store, clock), [])
  t.ok(uidsOf(store, items).every(uid => uid > 0))
  t.equal(server.appends.length, 4)
  t.equal(calls, 1)
})

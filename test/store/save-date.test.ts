import t from 'tap'
import type { LocalChange } from '../../src/sync/local/local-change.ts'
import { ModelAccount } from '../support/model-account.ts'
import { FIXTURES, loadFixture } from '../support/store-fixture.ts'

const HOUR_MS = 3_600_000

/** When each message of a folder came into it, by subject. */
function savedIn(account: ModelAccount, path: string): Record<string, number | undefined> {
  const { id } = account.store.read.getFolder(path)
  const { mailboxes } = account.store.read
  const items = mailboxes.items(id, mailboxes.snapshot(id)?.uids ?? new Uint32Array())
  const subjects = account.subjects(path)
  return Object.fromEntries(items.map(({ savedDateMs }, index) => [subjects[index], savedDateMs]))
}

function idOf(account: ModelAccount, path: string, subject: string): number {
  return account.items(path)[account.subjects(path).indexOf(subject)]?.id ?? 0
}

/** An hour later, so that times differ. */
async function changeLater(account: ModelAccount, change: LocalChange): Promise<number> {
  account.clock.ms += HOUR_MS
  await account.change(change)
  return account.clock.ms
}

async function syncLater(account: ModelAccount): Promise<number> {
  account.clock.ms += HOUR_MS
  await account.sync()
  return account.clock.ms
}

t.test('a message was saved when it came into its folder here, whichever way', async t => {
  using account = new ModelAccount()
  account.deliver('INBOX', 'one', 'two', 'three')
  const arrived = await syncLater(account)
  t.same(savedIn(account, 'INBOX'), { one: arrived, two: arrived, three: arrived })
  const items = [idOf(account, 'INBOX', 'one')]
  const moved = await changeLater(account, { kind: 'move', items, folder: 'Archive' })
  t.same(savedIn(account, 'Archive'), { one: moved })
  const copied = await changeLater(account, { kind: 'copy', items, folder: 'INBOX' })
  t.same(savedIn(account, 'INBOX'), { two: arrived, three: arrived, one: copied })
  await syncLater(account)
  await syncLater(account)
  t.same(savedIn(account, 'Archive'), { one: moved }, 'that the server was told is no new date')
  account.server.move('INBOX', account.items('INBOX').find(({ subject }) => subject === 'two')?.uid ?? 0, 'Archive')
  const movedThere = await syncLater(account)
  t.same(savedIn(account, 'Archive'), { one: moved, two: movedThere }, 'another client has moved it')
})

t.test('a date stays for as long as the message stays in its folder', async t => {
  using account = new ModelAccount()
  account.deliver('INBOX', 'one')
  const arrived = await syncLater(account)
  const { id, folder, uid } = account.items('INBOX')[0] ?? { id: 0, folder: 0, uid: 0 }
  await changeLater(account, { kind: 'flag', items: [id], add: ['\\Flagged'], remove: [] })
  account.store.transact(transactor => transactor.vanish(folder, 1, uid))
  await syncLater(account) // the server has it all the time
  t.same(savedIn(account, 'INBOX'), { one: arrived })
})

t.test('what is brought back from the dead is saved then', async t => {
  using account = new ModelAccount()
  account.deliver('INBOX', 'one')
  await syncLater(account)
  const items = [idOf(account, 'INBOX', 'one')]
  await changeLater(account, { kind: 'delete', items, isPermanent: true })
  for (let run = 0; run < 3; run++) await syncLater(account)
  const restored = await changeLater(account, { kind: 'restore', items })
  t.same(savedIn(account, 'INBOX'), { one: restored })
})

t.test('nobody knows when mail of a store of version 1 was saved, until it is moved', async t => {
  using account = new ModelAccount()
  loadFixture(`${FIXTURES}/store-v1`, account)
  const before = Object.values(savedIn(account, 'INBOX'))
  t.ok(before.length > 0 && before.every(saved => saved === undefined))
  const moved = await changeLater(account, {
    kind: 'move',
    items: [idOf(account, 'INBOX', 'm6')],
    folder: 'Archive',
  })
  t.match(savedIn(account, 'Archive'), { m6: moved, a1: undefined })
})

import t from 'tap'
import { ModelFolder } from '../support/model/server.ts'
import { ModelAccount } from '../support/model-account.ts'

t.test('a folder that another client renamed keeps its items; nothing is fetched again', async t => {
  using account = new ModelAccount()
  account.deliver('Archive', 'one', 'two', 'three')
  await account.sync()
  const before = account.items('Archive').map(({ id }) => id)
  await account.change({ kind: 'flag', items: [before[0] ?? 0], add: ['\\Flagged'], remove: [] })
  rename(account, 'Archive', 'Old')
  t.match(await account.sync(), { downloaded: 0, errors: { length: 0 } })
  t.same(
    account.items('Old').map(({ id }) => id),
    before,
  )
  t.throws(() => account.items('Archive'), { code: 'STORE_NO_SUCH_FOLDER' })
  t.ok(account.server.folder('Old').messages.get(1)?.flags.has('\\Flagged'), 'a change meanwhile reaches it')
  t.equal(account.store.read.adoptable().all, 0, 'nothing waits to be recognised')
})

t.test('folders that cannot be told apart are not guessed at: their mail is recognised by itself', async t => {
  using account = new ModelAccount()
  account.server.folders.set('Twin', new ModelFolder())
  account.deliver('Archive', 'one')
  account.deliver('Twin', 'two')
  await account.sync()
  rename(account, 'Archive', 'New 1')
  rename(account, 'Twin', 'New 2')
  t.match(await account.sync(), { errors: { length: 0 } })
  t.same(account.subjects('New 1'), ['one'])
  t.same(account.subjects('New 2'), ['two'])
})

t.test('without mod-sequences a rename is followed where the server tells folders apart by UIDVALIDITY', async t => {
  for (const isShared of [false, true]) {
    using account = new ModelAccount()
    account.connected = remote => Object.assign(remote, { features: { ...remote.features, condstore: false } })
    account.server.folder('INBOX').uidValidity = 77
    account.server.folder('Archive').uidValidity = isShared ? 77 : 78
    account.deliver('Archive', 'one', 'two')
    await account.sync()
    const { id } = account.store.read.getFolder('Archive')
    rename(account, 'Archive', 'Old')
    t.match(await account.sync(), { downloaded: 0 })
    t.equal(account.store.read.getFolder('Old').id === id, !isShared, isShared ? 'another folder' : 'the same folder')
    t.same(account.subjects('Old'), ['one', 'two'])
  }
})

function rename({ server }: ModelAccount, from: string, to: string): void {
  server.folders.set(to, server.folder(from))
  server.folders.delete(from)
}

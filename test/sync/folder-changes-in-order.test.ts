import t from 'tap'
import { ModelServer } from '../support/model/server.ts'
import { ModelAccount } from '../support/model-account.ts'

const CYCLES = 6 // a change is given up after three refusals

function accountWith(...paths: readonly string[]): ModelAccount {
  const account = new ModelAccount()
  account.server = new ModelServer(['INBOX', ...paths])
  return account
}

async function settle(account: ModelAccount): Promise<void> {
  for (let cycle = 0; cycle < CYCLES; cycle++) await account.sync()
}

// "Old" is deleted here but stays for what came meanwhile; "New" was to have its name for a moment.
async function takeTheNameOfAFolderThatStays(account: ModelAccount): Promise<void> {
  account.deliver('Old', 'moved')
  account.deliver('New', 'kept')
  await account.sync()
  const [moved] = account.items('Old')
  await account.change({ kind: 'move', items: [moved?.id ?? 0], folder: 'INBOX' })
  await account.change({ kind: 'deleteFolder', path: 'Old' })
  account.deliver('Old', 'unseen')
  await account.change({ kind: 'renameFolder', path: 'New', newPath: 'Old' })
}

t.test('a folder renamed twice is the one that is renamed, also where the first name is taken', async t => {
  using account = accountWith('Old', 'New')
  await takeTheNameOfAFolderThatStays(account)
  await account.change({ kind: 'renameFolder', path: 'Old', newPath: 'Newest' })
  await settle(account)
  t.same(account.subjects('Newest'), ['kept'])
  t.same(account.subjects('Old'), ['unseen'])
  t.same(account.subjects('INBOX'), ['moved'])
  t.notOk(account.server.folders.has('New'))
  t.equal(account.store.read.pending.hasOpen(), false)
})

t.test('a folder whose new name stays taken has its old one again, and nothing is there twice', async t => {
  using account = accountWith('Old', 'New')
  await takeTheNameOfAFolderThatStays(account)
  await settle(account)
  t.same(account.subjects('New'), ['kept'])
  t.same(account.subjects('Old'), ['unseen'])
  t.same(account.subjects('INBOX'), ['moved'])
  t.equal(account.store.read.pending.hasOpen(), false)
})

t.test('a folder renamed to a name that is taken, and deleted then, is the one that is deleted', async t => {
  using account = accountWith('Old', 'New')
  await takeTheNameOfAFolderThatStays(account)
  await account.change({ kind: 'deleteFolder', path: 'Old' })
  await settle(account)
  t.notOk(account.server.folders.has('New'))
  t.same(account.subjects('Old'), ['unseen'])
  t.same(account.subjects('INBOX'), ['moved'])
})

t.test('folders of one UIDVALIDITY are not taken for each other when renames are refused', async t => {
  const paths = ['Old', 'New', 'Newest']
  using account = accountWith(...paths)
  for (const path of paths) {
    account.server.folder(path).uidValidity = 7 // as Cyrus gives to all that are made in a second
    account.deliver(path, `in-${path}`)
  }
  await account.sync()
  account.server.create('Taken')
  await account.change({ kind: 'renameFolder', path: 'Old', newPath: 'Taken' })
  await account.change({ kind: 'renameFolder', path: 'New', newPath: 'Old' })
  await account.change({ kind: 'renameFolder', path: 'Newest', newPath: 'New' })
  await settle(account)
  await settle(account)
  t.equal(account.store.read.pending.hasOpen(), false)
  t.same([...account.server.folders.keys()].sort(), ['INBOX', 'New', 'Newest', 'Old', 'Taken'])
  for (const path of [...paths, 'Taken']) {
    t.same(account.subjects(path), account.serverSubjects(path), path)
    t.same(account.subjects(path), path === 'Taken' ? [] : [`in-${path}`])
  }
})

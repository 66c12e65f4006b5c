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

for (const isShared of [true, false]) {
  t.test(`a change is passed on to its own folder; one UIDVALIDITY for all: ${isShared}`, async t => {
    using account = accountWith('A', 'C')
    for (const [index, path] of ['A', 'C'].entries()) {
      account.server.folder(path).uidValidity = isShared ? 7 : 7 + index
      account.deliver(path, `in-${path}`)
    }
    await account.sync()
    account.server.create('B')
    account.deliver('B', 'in-B')
    await account.change({ kind: 'renameFolder', path: 'A', newPath: 'B' })
    await account.change({ kind: 'renameFolder', path: 'C', newPath: 'A' })
    await account.change({ kind: 'deleteFolder', path: 'B' })
    await settle(account)
    await settle(account)
    const left = [...account.server.folders.keys()].flatMap(path => account.serverSubjects(path))
    t.same(left.sort(), ['in-B', 'in-C'], 'what the user deleted is gone, and nothing else')
  })
}

for (const change of ['delete', 'move out', 'move in'] as const) {
  t.test(`while a name waits to be told, what the server has under it is left alone: ${change}`, async t => {
    using account = accountWith('A', 'C')
    for (const path of ['A', 'C']) {
      account.server.folder(path).uidValidity = 7
      account.deliver(path, `in-${path}`)
    }
    account.deliver('INBOX', 'in-INBOX')
    await account.sync()
    account.server.create('B')
    await account.change({ kind: 'renameFolder', path: 'A', newPath: 'B' })
    await account.change({ kind: 'renameFolder', path: 'C', newPath: 'A' })
    const [item] = account.items(change === 'move in' ? 'INBOX' : 'A')
    const items = [item?.id ?? 0]
    if (change === 'delete') await account.change({ kind: 'delete', items, isPermanent: true })
    else await account.change({ kind: 'move', items, folder: change === 'move in' ? 'A' : 'INBOX' })
    await account.sync()
    t.same(account.serverSubjects('A'), ['in-A'])
    t.same(account.serverSubjects('C'), ['in-C'])
    await settle(account)
    await settle(account)
    const left = [...account.server.folders.keys()].flatMap(path => account.serverSubjects(path)).sort()
    t.same(left, change === 'delete' ? ['in-A', 'in-INBOX'] : ['in-A', 'in-C', 'in-INBOX'])
    t.same(account.subjects('INBOX').sort(), account.serverSubjects('INBOX').sort())
  })
}

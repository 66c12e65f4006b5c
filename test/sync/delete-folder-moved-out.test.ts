import t from 'tap'
import { ModelAccount } from '../support/model-account.ts'

function accountWithMovedMail(): ModelAccount {
  const account = new ModelAccount()
  account.deliver('Archive', 'moved', 'deleted')
  return account
}

async function moveOutAndDelete(account: ModelAccount): Promise<void> {
  const [moved] = account.items('Archive')
  await account.change({ kind: 'move', items: [moved?.id ?? 0], folder: 'INBOX' })
  await account.change({ kind: 'deleteFolder', path: 'Archive' })
}

t.test('mail moved out of a folder that is deleted, and stays for unseen mail, is not there twice', async t => {
  using account = accountWithMovedMail()
  await account.sync()
  await moveOutAndDelete(account)
  account.deliver('Archive', 'unseen')
  for (let cycle = 0; cycle < 3; cycle++) t.match(await account.sync(), { errors: { length: 0 } })
  t.same(account.subjects('INBOX'), ['moved'])
  t.same(account.subjects('Archive').sort(), ['deleted', 'unseen'], 'what was deleted with it comes back')
  t.equal(account.server.folder('Archive').messages.size, 2)
  t.equal(account.store.read.pending.hasOpen(), false)
})

t.test('once the folder is gone, a new one of its name loses nothing', async t => {
  using account = accountWithMovedMail()
  await account.sync()
  const { uidValidity } = account.server.folder('Archive')
  await moveOutAndDelete(account)
  await account.sync()
  t.notOk(account.server.folders.has('Archive'))
  t.equal(account.store.read.pending.hasOpen(), false, 'nothing waits')
  await account.change({ kind: 'createFolder', path: 'Archive' })
  await account.sync()
  account.server.folder('Archive').uidValidity = uidValidity // some servers give all folders the same
  account.deliver('Archive', 'one', 'two')
  for (let cycle = 0; cycle < 2; cycle++) t.match(await account.sync(), { errors: { length: 0 } })
  t.same(account.subjects('Archive'), ['one', 'two'])
  t.equal(account.server.folder('Archive').messages.size, 2)
})

t.test('what is to be removed in one folder is not forgotten with another one that had its name', async t => {
  using account = new ModelAccount()
  account.server.create('X')
  account.deliver('X', 'thrown', 'kept')
  await account.sync()
  await account.change({ kind: 'move', items: [account.items('X')[0]?.id ?? 0], folder: 'Archive' })
  await account.change({ kind: 'deleteFolder', path: 'Archive' })
  await account.change({ kind: 'renameFolder', path: 'X', newPath: 'Archive' })
  for (let cycle = 0; cycle < 4; cycle++) await account.sync()
  t.same(account.serverSubjects('Archive'), ['kept'])
  t.equal(account.store.read.pending.hasOpen(), false)
})

t.test('what was to be removed in a folder that is gone concerns no later one of its name', async t => {
  using account = new ModelAccount()
  account.server.create('X')
  for (const path of ['Archive', 'X']) account.server.folder(path).uidValidity = 7
  account.deliver('Archive', 'moved')
  account.deliver('X', 'kept')
  await account.sync()
  await moveOutAndDelete(account)
  await account.change({ kind: 'renameFolder', path: 'X', newPath: 'Archive' })
  for (let cycle = 0; cycle < 3; cycle++) await account.sync()
  t.equal(account.store.read.pending.hasOpen(), false)
  await account.change({ kind: 'renameFolder', path: 'Archive', newPath: 'E' })
  await account.sync()
  account.server.create('Archive')
  account.server.folder('Archive').uidValidity = 7
  account.deliver('Archive', 'precious', 'two')
  for (let cycle = 0; cycle < 3; cycle++) await account.sync()
  t.same(account.serverSubjects('Archive'), ['precious', 'two'])
})

for (const conflictResolution of ['server', 'client'] as const) {
  t.test(
    `what another client moves out of a folder that is deleted here is there once, ${conflictResolution} wins`,
    async t => {
      using account = accountWithMovedMail()
      account.settings = { ...account.settings, conflictResolution }
      account.server.create('Elsewhere')
      await account.sync()
      await moveOutAndDelete(account)
      account.server.move('Archive', 1, 'Elsewhere')
      for (let cycle = 0; cycle < 4; cycle++) t.match(await account.sync(), { errors: { length: 0 } })
      const found = { INBOX: account.serverSubjects('INBOX'), Elsewhere: account.serverSubjects('Elsewhere') }
      t.same(
        found,
        conflictResolution === 'client' ? { INBOX: ['moved'], Elsewhere: [] } : { INBOX: [], Elsewhere: ['moved'] },
      )
      for (const path of ['INBOX', 'Elsewhere']) t.same(account.subjects(path), account.serverSubjects(path))
      t.notOk(account.server.folders.has('Archive'))
      t.equal(account.store.read.pending.hasOpen(), false)
    },
  )
}

t.test('what another client copies out of a folder that is deleted here is another message', async t => {
  using account = accountWithMovedMail()
  account.server.create('Elsewhere')
  await account.sync()
  await moveOutAndDelete(account)
  account.server.copy('Archive', 1, 'Elsewhere')
  for (let cycle = 0; cycle < 3; cycle++) t.match(await account.sync(), { errors: { length: 0 } })
  t.same(account.serverSubjects('INBOX'), ['moved'])
  t.same(account.serverSubjects('Elsewhere'), ['moved'])
  t.notOk(account.server.folders.has('Archive'))
})

t.test('a folder that is deleted here and renamed by another client has what was moved out of it once', async t => {
  using account = accountWithMovedMail()
  await account.sync()
  await moveOutAndDelete(account)
  account.server.rename('Archive', 'Elsewhere')
  for (let cycle = 0; cycle < 4; cycle++) t.match(await account.sync(), { errors: { length: 0 } })
  const all = [...account.serverSubjects('INBOX'), ...account.serverSubjects('Elsewhere')]
  t.same(
    all.filter(subject => subject === 'moved'),
    ['moved'],
  )
})

t.test(
  'what another client deletes in a folder that is deleted here stays where the user moved it, or is kept',
  async t => {
    using account = accountWithMovedMail()
    account.settings = { ...account.settings, conflictResolution: 'client' }
    await account.sync()
    await moveOutAndDelete(account)
    account.server.expunge('Archive', 1)
    for (let cycle = 0; cycle < 4; cycle++) t.match(await account.sync(), { errors: { length: 0 } })
    t.same(account.serverSubjects('INBOX'), ['moved'])
    t.same(account.subjects('INBOX'), ['moved'])
  },
)

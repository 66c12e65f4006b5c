import t, { type Test } from 'tap'
import { PosternError } from '../../src/errors.ts'
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

for (const conflictResolution of ['server', 'client'] as const) {
  const wins = `${conflictResolution} wins`

  async function movedOutOf(t: Test, ...others: readonly string[]): Promise<ModelAccount> {
    const account = new ModelAccount()
    t.teardown(() => account[Symbol.dispose]())
    account.settings = { ...account.settings, conflictResolution }
    for (const path of ['Elsewhere', ...others]) account.server.create(path)
    account.deliver('Archive', 'moved')
    await account.sync()
    await account.change({ kind: 'move', items: account.items('Archive').map(({ id }) => id), folder: 'INBOX' })
    return account
  }

  async function isThereOnce(t: Test, account: ModelAccount): Promise<void> {
    for (let cycle = 0; cycle < 6; cycle++) await account.sync()
    const there = [...account.server.folders.keys()].flatMap(path => account.serverSubjects(path))
    t.same(there, ['moved'])
    t.same([...account.subjects('INBOX'), ...account.subjects('Elsewhere')], there)
    t.equal(account.store.read.pending.hasOpen(), false)
  }

  t.test(`what another client deletes stays where the user moved it before deleting the folder, ${wins}`, async t => {
    const account = await movedOutOf(t)
    await account.change({ kind: 'deleteFolder', path: 'Archive' })
    account.server.expunge('Archive', 1)
    await isThereOnce(t, account)
    t.same(account.subjects('INBOX'), ['moved'])
  })

  t.test(`the same when many are moved and the other client deletes the folder as well, ${wins}`, async t => {
    const account = await movedOutOf(t)
    const subjects = Array.from({ length: 25 }, (_, index) => `m${index}`)
    account.deliver('Archive', ...subjects)
    await account.sync()
    const items = account.items('Archive').map(({ id }) => id)
    await account.change({ kind: 'move', items, folder: 'INBOX' })
    await account.change({ kind: 'deleteFolder', path: 'Archive' })
    account.server.folders.delete('Archive')
    for (let cycle = 0; cycle < 5; cycle++) t.match(await account.sync(), { errors: { length: 0 } })
    t.same(account.serverSubjects('INBOX').toSorted(), ['moved', ...subjects].toSorted())
    t.notOk(account.store.read.folders().some(({ path }) => path.startsWith('Archive')))
  })

  t.test(`the same when the folder is made anew and the message moved back, ${wins}`, async t => {
    const account = await movedOutOf(t)
    await account.change({ kind: 'deleteFolder', path: 'Archive' })
    await account.change({ kind: 'createFolder', path: 'Archive' })
    await account.change({ kind: 'move', items: account.items('INBOX').map(({ id }) => id), folder: 'Archive' })
    account.server.expunge('Archive', 1)
    for (let cycle = 0; cycle < 6; cycle++) await account.sync()
    t.same(account.serverSubjects('Archive'), ['moved'])
    t.same(account.subjects('Archive'), ['moved'])
  })

  t.test(`a refused question takes no message for moved, ${wins}`, async t => {
    const account = await movedOutOf(t)
    await account.change({ kind: 'deleteFolder', path: 'Archive' })
    account.connected = remote => {
      remote.status = async () => undefined // what any NO is taken for
      const { examine } = remote
      remote.examine = async (path, ...rest) => (path === 'Archive' ? refuse() : examine.call(remote, path, ...rest))
      return remote
    }
    await isThereOnce(t, account)
    t.same(account.subjects('INBOX'), ['moved'])
  })

  t.test(`a message that the server leaves out of a list is not taken for moved, ${wins}`, async t => {
    const account = await movedOutOf(t)
    await account.change({ kind: 'deleteFolder', path: 'Archive' })
    account.connected = remote => {
      const { examine } = remote
      remote.examine = async (path, ...rest) => {
        const folder = await examine.call(remote, path, ...rest)
        if (path === 'Archive') Object.assign(folder, { fetchFlags: async () => [], fetchFlagsOf: async () => [] })
        return folder
      }
      return remote
    }
    await isThereOnce(t, account)
    t.same(account.subjects('INBOX'), ['moved'])
  })

  t.test(
    `a folder that is deleted in the midst of a run is looked into before anything is uploaded, ${wins}`,
    async t => {
      const account = await movedOutOf(t)
      const connected = account.connected
      account.connected = remote => {
        account.connected = connected
        const { listFolders } = remote
        remote.listFolders = async () => {
          const listed = await listFolders.call(remote)
          remote.listFolders = listFolders
          account.server.move('Archive', 1, 'Elsewhere')
          await account.change({ kind: 'deleteFolder', path: 'Archive' })
          return listed
        }
        return remote
      }
      await isThereOnce(t, account)
    },
  )

  t.test(`the same while its deletion waits for a refused change of a like name, ${wins}`, async t => {
    const account = await movedOutOf(t, 'Archive2')
    await account.change({ kind: 'renameFolder', path: 'Archive2', newPath: 'Other' })
    await account.change({ kind: 'deleteFolder', path: 'Archive' })
    account.server.move('Archive', 1, 'Elsewhere')
    let isAsked = false
    account.connected = remote => {
      const { renameFolder } = remote
      remote.renameFolder = async (path, newPath) => {
        if (path !== 'Archive2' || isAsked) return renameFolder.call(remote, path, newPath)
        isAsked = true
        return refuse()
      }
      return remote
    }
    await isThereOnce(t, account)
  })

  t.test(`a folder that stays is one from which messages are moved, ${wins}`, async t => {
    const account = await movedOutOf(t)
    await account.change({ kind: 'deleteFolder', path: 'Archive' })
    account.deliver('Archive', 'unseen')
    const connected = account.connected
    account.connected = remote => {
      remote.select = async () => {
        throw new PosternError('UPSTREAM_LOST', 'lost', { remedy: 'retry', advice: '-' })
      }
      return remote
    }
    await t.rejects(account.sync(), { code: 'UPSTREAM_LOST' })
    t.same(account.serverSubjects('INBOX'), [], 'nothing is sent that is there')
    const taken = account.change({ kind: 'renameFolder', path: 'Elsewhere', newPath: 'Archive' })
    await t.rejects(taken, { code: 'STORE_FOLDER_EXISTS' }, 'the folder is here again')
    account.connected = connected
    account.server.move('Archive', 1, 'Elsewhere')
    for (let cycle = 0; cycle < 5; cycle++) await account.sync()
    t.same([...account.serverSubjects('INBOX'), ...account.serverSubjects('Elsewhere')], ['moved'])
    t.same(account.serverSubjects('Archive'), ['unseen'])
    t.same(account.subjects('Archive'), ['unseen'])
    t.equal(account.store.read.pending.hasOpen(), false)
  })

  t.test(`the same when it is numbered anew meanwhile, ${wins}`, async t => {
    const account = await movedOutOf(t)
    await account.change({ kind: 'deleteFolder', path: 'Archive' })
    account.connected = remote => {
      const { deleteFolder, renameFolder } = remote
      remote.deleteFolder = async path => (path === 'Archive' ? refuse() : deleteFolder.call(remote, path))
      remote.renameFolder = async (...names) =>
        names.includes('Archive') ? refuse() : renameFolder.call(remote, ...names)
      return remote
    }
    for (let cycle = 0; cycle < 3; cycle++) await account.sync()
    account.server.renumber('Archive')
    for (let cycle = 0; cycle < 4; cycle++) await account.sync()
    t.same(account.serverSubjects('INBOX'), ['moved'])
    t.same(account.serverSubjects('Archive'), [])
    t.equal(account.store.read.pending.hasOpen(), false)
  })

  t.test(`after a lost connection it is looked into again, ${wins}`, async t => {
    const account = await movedOutOf(t)
    await account.change({ kind: 'deleteFolder', path: 'Archive' })
    const connected = account.connected
    account.connected = remote => {
      remote.renameFolder = async () => {
        throw new PosternError('UPSTREAM_LOST', 'lost', { remedy: 'retry', advice: '-' })
      }
      return remote
    }
    await t.rejects(account.sync(), { code: 'UPSTREAM_LOST' })
    account.connected = connected
    account.server.move('Archive', 1, 'Elsewhere')
    await isThereOnce(t, account)
  })
}

function refuse(): never {
  throw new PosternError('UPSTREAM_REFUSED', 'NO [INUSE] busy', { remedy: 'retry', advice: '-' })
}

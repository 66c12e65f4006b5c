import t from 'tap'
import { ModelAccount } from '../support/model-account.ts'

const MOMENTS = [1, 2] as const // of a run: the folder is opened to be compared, then for what is to be fetched

/** An account that has something to fetch in both folders; what `meanwhile` does happens just before Archive is opened. */
async function interrupted(nth: number, meanwhile: (account: ModelAccount) => void): Promise<ModelAccount> {
  const account = new ModelAccount()
  account.deliver('INBOX', 'one')
  account.deliver('Archive', 'old')
  await account.sync()
  account.deliver('INBOX', 'two')
  account.deliver('Archive', 'new')
  let opened = 0
  account.connected = remote => {
    const { examine } = remote
    remote.examine = (path, cursor) => {
      if (path === 'Archive' && ++opened === nth) meanwhile(account)
      return examine.call(remote, path, cursor)
    }
    return remote
  }
  return account
}

for (const nth of MOMENTS) {
  t.test(`another client renames a folder during a run, before it is opened for the ${nth}. time`, async t => {
    using account = await interrupted(nth, ({ server }) => server.rename('Archive', 'Old'))
    const [old] = account.items('Archive')
    t.match(await account.sync(), { errors: [{ folder: 'Archive', code: 'UPSTREAM_REFUSED' }] })
    t.same(account.subjects('INBOX'), ['one', 'two'], 'everything else goes on')
    for (let run = 0; run < 3; run++) t.match(await account.sync(), { errors: { length: 0 } })
    t.same(account.subjects('Old').toSorted(), ['new', 'old'])
    t.equal(account.items('Old').find(({ subject }) => subject === 'old')?.id, old?.id, 'it is the same item')
    t.same(account.serverSubjects('Old'), ['old', 'new'])
    t.throws(() => account.items('Archive'), { code: 'STORE_NO_SUCH_FOLDER' })
    t.equal([...account.store.read.kept.deleted()].length, 0)
  })

  t.test(`another client deletes a folder during a run, before it is opened for the ${nth}. time`, async t => {
    using account = await interrupted(nth, ({ server }) => void server.folders.delete('Archive'))
    t.match(await account.sync(), { errors: [{ folder: 'Archive', code: 'UPSTREAM_REFUSED' }] })
    t.same(account.subjects('INBOX'), ['one', 'two'], 'everything else goes on')
    t.same(account.subjects('Archive'), ['old'], 'a refusal is no deletion')
    for (let run = 0; run < 3; run++) t.match(await account.sync(), { errors: { length: 0 } })
    t.throws(() => account.items('Archive'), { code: 'STORE_NO_SUCH_FOLDER' })
    t.match([...account.store.read.kept.deleted()], [{ subject: 'old' }], 'restorable')
    t.notOk(account.server.folders.has('Archive'))
  })

  t.test(`the user renames a folder during a run, before it is opened for the ${nth}. time`, async t => {
    using account = await interrupted(nth, ({ store }) => {
      store.transact(({ folders }) => folders.rename('Archive', 'Mine'))
    })
    await account.sync() // what was opened under the old name says nothing of the folder
    t.same(account.subjects('INBOX'), ['one', 'two'])
    for (let run = 0; run < 3; run++) t.match(await account.sync(), { errors: { length: 0 } })
    t.same(account.subjects('Mine').toSorted(), ['new', 'old'])
    t.same(account.serverSubjects('Mine'), ['old', 'new'])
    t.notOk(account.server.folders.has('Archive'))
  })

  t.test(`the user deletes a folder during a run, before it is opened for the ${nth}. time`, async t => {
    using account = await interrupted(nth, ({ store }) => {
      store.transact(({ folders }) => folders.delete('Archive'))
    })
    await account.sync()
    t.same(account.subjects('INBOX'), ['one', 'two'])
    for (let run = 0; run < 3; run++) t.match(await account.sync(), { errors: { length: 0 } })
    t.same(account.serverSubjects('Archive'), ['old', 'new'], 'with mail that was never seen here it stays')
    t.same(account.subjects('Archive').toSorted(), ['new', 'old'])
  })
}

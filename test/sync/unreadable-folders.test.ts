import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { ModelAccount, messageOf } from '../support/model-account.ts'

/** An account whose Archive is listed with these rights (RFC 4314); `opened` is what was opened. */
function listedWith(rights: string) {
  const account = new ModelAccount()
  const server = { rights, opened: [] as string[] }
  account.deliver('INBOX', 'one', 'two')
  account.deliver('Archive', 'old')
  account.connected = remote => {
    const { listFolders, examine } = remote
    remote.listFolders = async () => {
      const listed = await listFolders.call(remote)
      return listed.map(folder => ({ ...folder, rights: folder.path === 'Archive' ? server.rights : undefined }))
    }
    remote.examine = (path, cursor) => {
      server.opened.push(path)
      return examine.call(remote, path, cursor)
    }
    return remote
  }
  return { account, server }
}

t.test('a folder that is listed and may not be read is left out, until it may', async t => {
  const { account, server } = listedWith('li')
  using _account = account
  t.match(await account.sync(), { downloaded: 2, errors: { length: 0 } })
  account.server.expunge('INBOX', 1)
  for (let run = 0; run < 3; run++) t.match(await account.sync(), { errors: { length: 0 } })
  t.notOk(server.opened.includes('Archive'))
  t.equal(account.store.read.getFolder('Archive').rights, 'li', 'it is known')
  t.equal([...account.store.read.kept.deleted()].length, 1, 'nobody waits for what may be in it')
  server.rights = 'lri'
  t.match(await account.sync(), { downloaded: 1, errors: { length: 0 } })
  t.same(account.subjects('Archive'), ['old'])
})

t.test('what is put into a folder that may not be read is put there once', async t => {
  const { account, server } = listedWith('li')
  using _account = account
  await account.sync()
  const file = join(account.root, 'new.eml')
  writeFileSync(file, messageOf('mine'))
  await account.change({ kind: 'add', folder: 'Archive', file, flags: [] })
  for (let run = 0; run < 6; run++) t.match(await account.sync(), { errors: { length: 0 } })
  t.same(account.serverSubjects('Archive'), ['old', 'mine'])
  server.rights = 'lri'
  for (let run = 0; run < 3; run++) t.match(await account.sync(), { errors: { length: 0 } })
  t.same(account.serverSubjects('Archive'), ['old', 'mine'])
  t.same(account.subjects('Archive').toSorted(), ['mine', 'old'])
})

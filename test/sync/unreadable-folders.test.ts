import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { explain } from '../../src/daemon/reading/story.ts'
import { ModelAccount, messageOf } from '../support/model-account.ts'

/**
 * An account whose Archive is listed with these rights (RFC 4314); `opened` is what was opened. The server may tell the
 * UIDs of what is put there or not, and move by COPY alone.
 */
function listedWith(rights: string, { way = 'append', isTold = true }: { way?: Way; isTold?: boolean } = {}) {
  const account = new ModelAccount()
  const server = { rights, opened: [] as string[] }
  account.deliver('INBOX', 'one', 'two')
  account.deliver('Archive', 'old')
  account.connected = remote => {
    const { listFolders, examine, append, select } = remote
    if (way === 'copy') Object.assign(remote, { features: { ...remote.features, move: false } })
    remote.append = async (path, messages) => {
      const given = await append.call(remote, path, messages)
      return given.map(uid => (isTold ? uid : undefined))
    }
    remote.select = async path => {
      const folder = await select.call(remote, path)
      for (const verb of ['move', 'copy'] as const) {
        const transfer = folder[verb]
        folder[verb] = (uids, to, onGiven) => transfer.call(folder, uids, to, isTold ? onGiven : () => undefined)
      }
      return folder
    }
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

/** Puts a message into the Archive, which may not be read, by an upload, or by a move out of the Inbox. */
async function putThere(account: ModelAccount, way: Way): Promise<void> {
  const [item] = account.items('INBOX')
  if (way !== 'append') await account.change({ kind: 'move', items: [item?.id ?? 0], folder: 'Archive' })
  else {
    const file = join(account.root, 'new.eml')
    writeFileSync(file, messageOf('mine'))
    await account.change({ kind: 'add', folder: 'Archive', file, flags: [] })
  }
}

type Way = 'append' | 'move' | 'copy'
const WAYS: readonly Way[] = ['append', 'move', 'copy']

for (const way of WAYS) {
  for (const isTold of [false, true]) {
    t.test(`what is put into a folder that may not be read is put there once, ${way}, UID told: ${isTold}`, async t => {
      const { account, server } = listedWith('li', { way, isTold })
      using _account = account
      account.server.store('INBOX', 1, ['\\Seen'], [])
      await account.sync()
      await putThere(account, way)
      const put = way === 'append' ? 'mine' : 'one'
      t.match(await account.sync(), { errors: { length: 0 } })
      t.same(account.subjects('Archive'), [put])
      const [item] = account.items('Archive')
      const { pending } = account.store.read
      t.same(pending.inflight(), [])
      t.same(account.store.read.adoptable(), { all: 0, byHeader: 0 }, 'nobody looks for it')
      t.notOk(pending.hasOpen())
      t.match(explain(account.store.read, { row: item?.id ?? 0 }), { matches: [{ waitsFor: { length: 0 } }] })

      account.deliver('INBOX', put) // the same message comes to the user as well
      for (let run = 0; run < 6; run++) t.match(await account.sync(), { errors: { length: 0 } })
      t.same(account.serverSubjects('Archive'), ['old', put])
      t.same(account.items('Archive'), [item], 'it stays as it is')
      t.same(account.subjects('INBOX').toSorted(), way === 'append' ? ['mine', 'one', 'two'] : ['one', 'two'])
      t.same(account.serverSubjects('INBOX').toSorted(), account.subjects('INBOX').toSorted())
      t.notOk(pending.hasOpen())

      server.rights = 'lri'
      t.match(await account.sync(), { downloaded: 1, errors: { length: 0 } })
      for (let run = 0; run < 3; run++) t.match(await account.sync(), { downloaded: 0, errors: { length: 0 } })
      t.same(account.serverSubjects('Archive'), ['old', put])
      t.same(account.subjects('Archive').toSorted(), [put, 'old'].toSorted())
      t.ok(
        account.items('Archive').some(({ id }) => id === item?.id),
        'it is the same item',
      )
    })
  }
}

t.test(
  'what somebody has taken out of a folder before it may be read is deleted here, and can be restored',
  async t => {
    const { account, server } = listedWith('li')
    using _account = account
    await account.sync()
    await putThere(account, 'append')
    await account.sync()
    account.server.expunge('Archive', 2)
    server.rights = 'lri'
    for (let run = 0; run < 3; run++) t.match(await account.sync(), { errors: { length: 0 } })
    t.same(account.subjects('Archive'), ['old'])
    t.same(account.serverSubjects('Archive'), ['old'], 'nobody puts it back')
    t.equal([...account.store.read.kept.deleted()].length, 1)
  },
)

t.test('an upload whose answer is lost is not taken for done', async t => {
  const { account } = listedWith('li')
  using _account = account
  await account.sync()
  await putThere(account, 'append')
  await account.loseAppend()
  t.match(account.store.read.pending.inflight(), [{ kind: 'append' }])
})

import t from 'tap'
import { ModelServer } from '../support/model/server.ts'
import { ModelAccount } from '../support/model-account.ts'

const inbox = ({ store }: ModelAccount) => store.read.getFolder('INBOX')
const resume = (account: ModelAccount, consent: 'accept' | 'restore') =>
  account.change({ kind: 'resumeFolder', path: 'INBOX', consent })
const deleteMost = (account: ModelAccount) => {
  const items = account.items('INBOX').slice(0, 80)
  return account.change({ kind: 'delete', items: items.map(({ id }) => id), isPermanent: true })
}

t.test('what is restored out of deletions that were held is held no more, from that moment on', async t => {
  using account = new ModelAccount()
  account.deliver('INBOX', ...Array.from({ length: 100 }, (_, index) => `m${index}`))
  await account.sync()
  await deleteMost(account)
  t.match(await account.sync(), { errors: [{ code: 'SYNC_DELETIONS_HELD' }] })
  t.equal(inbox(account).deletions, 'held')
  await resume(account, 'restore')
  const { deletions, error } = inbox(account)
  t.same({ deletions, error }, { deletions: undefined, error: undefined }, 'before any run')
  t.equal(account.items('INBOX').length, 100)
  await t.rejects(resume(account, 'accept'), { code: 'STORE_FOLDER_NOT_HELD' })
  await deleteMost(account)
  t.match(await account.sync(), { errors: [{ code: 'SYNC_DELETIONS_HELD' }] }, 'the next ones are asked about anew')
  t.equal(account.serverSubjects('INBOX').length, 100)
})

t.test(
  'what is wanted back, is about to come from another folder and is moved on at that moment comes once',
  async t => {
    using account = new ModelAccount()
    account.server = new ModelServer(['INBOX', 'Archive', 'Zoo'])
    const { server } = account
    const moveAll = (from: string, to: string) => {
      for (const uid of [...server.folder(from).messages.keys()]) server.move(from, uid, to)
    }
    const run = () => account.sync().catch(() => undefined)
    account.deliver('Zoo', ...Array.from({ length: 30 }, (_, index) => `m${index}`))
    await account.sync()
    moveAll('Zoo', 'Archive')
    server.renumber('Zoo')
    for (const message of server.folder('Archive').messages.values()) message.poison = 'lost'
    await run()
    t.equal(account.store.read.getFolder('Zoo').state, 'paused')
    await account.change({ kind: 'resumeFolder', path: 'Zoo', consent: 'restore' })
    account.connected = remote => {
      const examine = remote.examine.bind(remote)
      let isInboxSeen = false
      remote.examine = (path, cursor) => {
        if (path === 'Archive' && isInboxSeen) moveAll('Archive', 'INBOX')
        isInboxSeen ||= path === 'INBOX'
        return examine(path, cursor)
      }
      return remote
    }
    await run()
    moveAll('Archive', 'INBOX')
    for (const message of server.folder('INBOX').messages.values()) message.poison = undefined
    for (let count = 0; count < 6; count++) await run()
    const left = Object.fromEntries([...server.folders].map(([path, { messages }]) => [path, messages.size]))
    t.same(left, { INBOX: 30, Archive: 0, Zoo: 0 })
    t.same(account.subjects('INBOX').length, 30)
  },
)

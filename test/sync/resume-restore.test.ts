import t from 'tap'
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

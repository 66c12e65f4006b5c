import t from 'tap'
import { ModelAccount } from '../support/model-account.ts'

t.test('what another client moves into a new folder is not doubled by runs that read no list of folders', async t => {
  using account = new ModelAccount()
  account.settings = { ...account.settings, conflictResolution: 'client' }
  account.deliver('INBOX', 'one', 'two')
  await account.sync()
  account.structure = 'skip'
  await account.change({
    kind: 'flag',
    items: account.items('INBOX').map(({ id }) => id),
    add: ['\\Flagged'],
    remove: [],
  })
  account.server.create('New')
  account.server.move('INBOX', 1, 'New')
  for (let count = 0; count < 4; count++) await account.sync()
  t.same([account.serverSubjects('INBOX'), account.serverSubjects('New')], [['two'], ['one']])
  t.same([account.subjects('INBOX'), account.subjects('New')], [['two'], ['one']])
})

import t from 'tap'
import { ModelAccount } from '../support/model-account.ts'

t.test('a body that could not be fetched is fetched once its message is somewhere else', async t => {
  using account = new ModelAccount()
  account.deliver('Archive', 'stuck')
  account.settings = { ...account.settings, downloadMode: 'headers' }
  await account.sync()
  account.settings = { ...account.settings, downloadMode: 'full' }
  const [message] = account.server.folder('Archive').messages.values()
  if (message) message.poison = 'missing'
  for (let run = 0; run < 3; run++) {
    await account.sync()
    account.clock.ms += 7 * 3_600_000 // until its next attempt
  }
  const { incoming } = account.store.read
  t.match(incoming.ignored(undefined), { length: 1 })
  account.server.move('Archive', 1, 'INBOX')
  for (let run = 0; run < 3; run++) t.match(await account.sync(), { errors: { length: 0 } })
  t.match(account.items('INBOX'), { length: 1, 0: { bodyState: 'full' } })
  t.same(incoming.ignored(undefined), [])
})

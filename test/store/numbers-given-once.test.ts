import { join } from 'node:path'
import t from 'tap'
import { Database } from '../../src/store/database.ts'
import { makeReconcilable, numbersOf } from '../../src/store/maintenance/backup/restored-rows.ts'
import { salvageDatabase } from '../../src/store/maintenance/repair/salvage.ts'
import { DATABASE_FILE } from '../../src/store/store-presence.ts'
import { ModelAccount } from '../support/model-account.ts'

/** Changes messages here that are deleted on the server before it knows: the versions of here lose, and are kept. */
async function lose(account: ModelAccount, ...subjects: readonly string[]): Promise<void> {
  account.deliver('INBOX', ...subjects)
  await account.sync()
  const { id: folder } = account.store.read.getFolder('INBOX')
  const items = account.items('INBOX').filter(({ subject }) => subjects.includes(subject ?? ''))
  await account.change({ kind: 'flag', items: items.map(({ id }) => id), add: ['\\Flagged'], remove: [] })
  for (const { uid } of items) {
    account.server.expunge('INBOX', uid)
    account.store.transact(transactor => transactor.vanish(folder, account.server.folder('INBOX').uidValidity, uid))
  }
  for (let run = 0; run < 3; run++) await account.sync()
}

const kept = (account: ModelAccount) => account.store.read.kept.conflicts().map(({ id }) => id)

t.test('a salvaged store gives no number of a kept version again', async t => {
  using account = new ModelAccount()
  await lose(account, 'one', 'two')
  t.same(kept(account), [1, 2])
  await account.change({ kind: 'discardConflicts', conflicts: [2] })
  account.close()
  salvageDatabase(account.dir, account.clock.ms)
  await lose(account, 'three')
  t.same(kept(account), [1, 3])
})

t.test('a restored store gives no number of a kept version again, though its backup knew of none', async t => {
  using account = new ModelAccount()
  account.deliver('INBOX', 'stays')
  await account.sync()
  const backup = join(account.root, 'backup.sqlite')
  account.store.database.exec(`VACUUM INTO '${backup}'`)
  await lose(account, 'one')
  const before = numbersOf(join(account.dir, DATABASE_FILE))
  for (const known of [before, undefined]) {
    using database = Database.openWriter(backup)
    const headerHashOf = () => Buffer.alloc(32)
    makeReconcilable(database, { before: known, now: account.clock.ms, headerHashOf })
    const last = Number(database.find(`SELECT seq FROM sqlite_sequence WHERE name = 'conflict'`)?.seq)
    t.ok(last >= 1, `${last}`)
  }
})

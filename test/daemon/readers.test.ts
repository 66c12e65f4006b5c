import { join } from 'node:path'
import t from 'tap'
import { InlineReaders, readOne } from '../../src/daemon/reading/readers.ts'

t.test('a profile that was never synchronized has nothing, and says so', async t => {
  const dir = join(t.testdir(), 'none')
  await using readers = new InlineReaders()
  t.same(await readOne(readers, 'folders', { dir }), [])
  t.match(await readOne(readers, 'summary', { dir }), { folders: 0, lastSync: null })
  const none = { code: 'STORE_NONE', advice: /postern sync/ }
  await t.rejects(readOne(readers, 'items', { dir, folder: 'INBOX' }), none)
  await t.rejects(readOne(readers, 'item', { dir, row: 1 }), none)
  await t.rejects(readOne(readers, 'body', { dir, row: 1 }), none)
  await t.rejects(readOne(readers, 'stubs', { dir, folder: 'INBOX' }), none)
})

import { join } from 'node:path'
import t from 'tap'
import { InlineReaders, readOne, WorkerReaders } from '../../src/daemon/reading/readers.ts'

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

t.test('who reads slowly is not waited for without an end', async t => {
  const alive = setInterval(() => undefined, 1000) // the worker alone does not keep a process
  t.teardown(() => clearInterval(alive))
  await using readers = new WorkerReaders(50)
  const slow = readers.stream('folders', { dir: join(t.testdir(), 'none') })
  t.same((await slow.next()).value, [])
  await readers.quiesced() // it has not come to its end
  await slow.return(undefined)
})

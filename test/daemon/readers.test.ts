import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { InlineReaders, readOne, WorkerReaders } from '../../src/daemon/reading/readers.ts'
import { Store } from '../../src/store/store.ts'
import { DATABASE_FILE } from '../../src/store/store-presence.ts'
import { SearchStore } from '../support/search-store.ts'
import { silentLogger } from '../support/silent-logger.ts'

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

t.test('a store that is just being made is not there yet', async t => {
  const dir = t.testdir()
  const file = join(dir, DATABASE_FILE)
  await using readers = new InlineReaders()
  for (const begin of ['', 'PRAGMA journal_mode = WAL']) {
    const database = new DatabaseSync(file)
    database.exec(begin)
    database.close()
    t.match(await readOne(readers, 'summary', { dir }), { folders: 0, lastSync: null }, begin)
    t.same(await readOne(readers, 'mailboxFolders', { dir }), [])
  }
  Store.open(dir, { clock: Date.now, log: silentLogger() })[Symbol.dispose]()
  const wanted = { dir, folder: 'INBOX' }
  await t.rejects(readOne(readers, 'items', wanted), { code: 'STORE_NO_SUCH_FOLDER' }, 'now it is')
})

t.test('a large message is checked in pieces, each of which is worth nothing, and read in parts', async t => {
  const body = Buffer.alloc(3_000_000, 'abcdefg')
  const dir = t.testdir()
  using made = new SearchStore(dir)
  await made.add({ octets: body }, { octets: '' })
  const alive = setInterval(() => undefined, 1000)
  t.teardown(() => clearInterval(alive))
  await using readers = new WorkerReaders()
  for (const [start, end] of [
    [2, 7],
    [7, 2_000_000],
    [0, Number.POSITIVE_INFINITY],
  ] as const) {
    const wanted = { dir, folder: made.inbox, uid: 1, start, end, isHeader: false }
    const chunks = await Array.fromAsync(readers.stream('mailboxOctets', wanted))
    t.ok(Buffer.concat(chunks).equals(body.subarray(start, end)))
  }
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

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { addItem, openStore, storeWithInbox } from '../support/store.ts'

t.test('a store is made, closed and opened again', async t => {
  const { store, inbox, dir } = storeWithInbox(t)
  await addItem(store, inbox, 1)
  store[Symbol.dispose]()
  const again = openStore(dir)
  t.teardown(() => again[Symbol.dispose]())
  t.equal(again.read.counts(inbox).items, 1)
})

t.test('a newer schema is refused and not touched', async t => {
  const { store, dir } = storeWithInbox(t)
  store[Symbol.dispose]()
  const file = join(dir, 'store.sqlite')
  const database = new DatabaseSync(file)
  database.exec('PRAGMA user_version = 99')
  database.close()
  const before = readFileSync(file)
  t.throws(() => openStore(dir), { code: 'STORE_NEWER_SCHEMA' })
  t.ok(readFileSync(file).equals(before))
})

t.test('a file that is no database is refused', async t => {
  const dir = t.testdir()
  writeFileSync(join(dir, 'store.sqlite'), 'this is no database, and long enough to be looked at as one'.repeat(20))
  t.throws(() => openStore(dir), { code: 'STORE_UNREADABLE' })
})

t.test('a transaction that fails changes nothing', async t => {
  const { store, inbox } = storeWithInbox(t)
  t.throws(() =>
    store.transact(transactor => {
      transactor.setFolderError(inbox, { code: 'X', message: 'x' })
      throw new Error('on purpose')
    }),
  )
  t.equal(store.read.getFolder('INBOX').error, undefined)
})

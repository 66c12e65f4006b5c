import { existsSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { type CheckReport, checkStore } from '../../src/store/maintenance/repair/check-store.ts'
import { type RepairReport, repairStore } from '../../src/store/maintenance/repair/repair-store.ts'
import type { HeaderHashOf } from '../../src/store/maintenance/sent-hashes.ts'
import { packFile } from '../../src/store/packs/pack-format.ts'
import { headerHash } from '../../src/sync/local/header-hash.ts'
import { ModelAccount, messageOf } from '../support/model-account.ts'
import { finish, spoil } from '../support/store.ts'

const check = (account: ModelAccount, isFull = true): CheckReport => finish(checkStore(account.dir, { isFull }))
function repair(account: ModelAccount): RepairReport {
  account.close()
  return finish(repairStore(account.dir, { ...account.options, isFull: true, headerHashOf }))
}

const headerHashOf: HeaderHashOf = (packs, location) => headerHash(packs.head(location, 262_144))

async function filled(): Promise<ModelAccount> {
  const account = new ModelAccount()
  account.deliver('INBOX', 'one', 'two', 'three')
  account.deliver('Archive', 'old')
  await account.sync()
  return account
}

async function addLocal(account: ModelAccount, subject: string, octets = messageOf(subject)): Promise<number> {
  const file = join(account.root, 'new.eml')
  writeFileSync(file, octets)
  const { items } = await account.change({ kind: 'add', folder: 'INBOX', file, flags: [] })
  return items[0] ?? 0
}

const pack = (account: ModelAccount) => packFile(join(account.dir, 'packs'), 1)

function flipBit({ location: { offset } }: { location: { offset: number } }, account: ModelAccount): void {
  spoil(pack(account), offset + 3)
}

t.test('a sound store has nothing to complain of', async t => {
  using account = await filled()
  t.match(check(account), { ok: true, problems: { length: 0 }, items: 4, bodies: 4, packs: { count: 1, dead: 0 } })
  t.match(check(account).folders, [
    { path: 'Archive', items: 1 },
    { path: 'INBOX', items: 3 },
  ])
  t.match(repair(account), { done: { length: 0 }, refetched: 0, lost: { length: 0 }, kept: { length: 0 } })
  t.match(await account.sync(), { downloaded: 0, errors: { length: 0 } })
})

t.test('a damaged body that the server has is fetched again, and the item stays what it is', async t => {
  using account = await filled()
  const [, item] = account.items('INBOX')
  if (!item) return
  await account.change({ kind: 'flag', items: [item.id], add: ['\\Flagged'], remove: [] })
  flipBit(item, account)
  t.match(check(account, false), { ok: true }, 'records look right')
  t.match(check(account), { ok: false, problems: [{ kind: 'body', items: [item.id] }] })
  t.match(repair(account), { refetched: 1, lost: { length: 0 } })
  t.match(check(account), { ok: false, problems: [{ advice: /next `postern sync`/ }] })
  await account.sync()
  t.match(check(account), { ok: true })
  t.same(account.subjects('INBOX'), ['one', 'two', 'three'])
  t.match(account.items('INBOX')[1], { id: item.id, uid: item.uid, localUid: item.localUid })
})

t.test('a damaged body that only we have is kept, told, and holds up nothing else', async t => {
  using account = await filled()
  const id = await addLocal(account, 'mine')
  await addLocal(account, 'other')
  const item = account.items('INBOX').find(item => item.id === id)
  if (item) flipBit(item, account)
  t.match(repair(account), { refetched: 0, lost: [new RegExp(`^item ${id}, `)] })
  t.match(await account.sync(), { errors: { length: 0 } })
  t.same(account.serverSubjects('INBOX').slice(3), ['other'], 'the other one is uploaded')
  t.equal(account.items('INBOX').length, 5, 'the row is kept')
  t.match(check(account), { ok: false, problems: [{ advice: /Only this store had it/ }] })
})

t.test('a run that meets a damaged body on its way up tells it and goes on', async t => {
  using account = await filled()
  const id = await addLocal(account, 'mine')
  await addLocal(account, 'other')
  const item = account.items('INBOX').find(item => item.id === id)
  if (item) flipBit(item, account)
  t.match(await account.sync(), { errors: [{ folder: 'INBOX', message: /checksum/ }] })
  t.same(account.serverSubjects('INBOX').slice(3), ['other'])
})

t.test('a pack that lost its end, and one that is gone', async t => {
  for (const destroy of [(file: string) => truncateSync(file, 300), (file: string) => rmSync(file)]) {
    using account = await filled()
    account.close()
    destroy(pack(account))
    t.throws(() => account.store, { code: 'STORE_PACK_DAMAGED' }, 'it is not used as it is')
    t.match(check(account), { ok: false })
    t.ok(check(account).problems.some(({ kind }) => kind === 'pack'))
    t.ok(repair(account).refetched >= 3)
    account.deliver('INBOX', 'four')
    await account.sync()
    t.same(account.subjects('INBOX'), ['one', 'two', 'three', 'four'])
    t.same(account.subjects('Archive'), ['old'])
    t.match(check(account), { ok: true })
  }
})

t.test('a staged body that is damaged goes back into the queue', async t => {
  using account = await filled()
  account.close()
  edit(
    account,
    `INSERT INTO stage SELECT 1, folder, 1, 77, 0, '', 0, NULL, 'full', NULL, 5, 0, 0, 0, 1, 999999, 5 FROM item LIMIT 1`,
  )
  edit(account, 'UPDATE folder SET uid_validity = 1')
  t.match(repair(account), { refetched: 1 })
  t.match(check(account), { ok: true, queued: { download: 1, import: 0 } })
})

function edit(account: ModelAccount, ...statements: string[]): void {
  account.close()
  const database = new DatabaseSync(join(account.dir, 'store.sqlite'))
  database.enableDefensive(false)
  database.exec('PRAGMA foreign_keys = OFF')
  database.exec('PRAGMA writable_schema = ON')
  for (const sql of statements) database.exec(sql)
  database.close()
}

t.test('rows that contradict each other are cured, and nothing is lost or doubled', async t => {
  const damages = [
    `INSERT INTO op(item, kind, state, destination) VALUES(9999, 'append', 'ready', 1)`,
    `INSERT INTO op(item, kind, state, destination) SELECT id, 'append', 'ready', folder FROM item LIMIT 1`,
    `UPDATE item SET remote_folder = NULL WHERE id = 1`,
    `UPDATE item SET remote_folder = 99 WHERE id = 1`,
    `UPDATE item SET folder = 99, remote_folder = 99 WHERE id = 1`,
    `UPDATE folder SET local_uid_next = 1`,
    `UPDATE meta SET modseq = 0`,
    `DELETE FROM meta`,
    `DELETE FROM pack`,
    `INSERT INTO dlq(folder, uid_validity, uid, bits, keywords, size, internal_date, want, seen_at)
       SELECT id, 12345, 7, 0, '', 5, 0, 'full', 0 FROM folder WHERE path = 'INBOX'`,
  ]
  for (const damage of damages) {
    using account = await filled()
    edit(account, damage)
    t.match(check(account), { ok: false }, damage)
    t.ok(repair(account).done.length > 0)
    t.match(check(account), { ok: true }, 'cured')
    for (let run = 0; run < 4; run++) await account.sync()
    t.same(account.subjects('INBOX').toSorted(), ['one', 'three', 'two'])
    t.same(account.subjects('Archive'), ['old'])
    t.same(account.serverSubjects('INBOX'), ['one', 'two', 'three'], 'nothing is doubled on the server')
    t.match(check(account), { ok: true })
  }
})

// Without a Message-ID only the header that was sent tells that the server has it.
const ANONYMOUS = Buffer.from('Subject: anonymous\r\n\r\nno id\r\n')

const setRemoteFolder = (value: string) => (account: ModelAccount) =>
  edit(account, `UPDATE item SET uid = 7, remote_folder = ${value} WHERE message_id IS NULL`, 'DELETE FROM op')
const UPLOAD_DAMAGES: readonly (readonly [what: string, damage: (account: ModelAccount) => void])[] = [
  ['the page with what is under way', account => destroyTable(account, 'op')],
  ['an item without a folder', setRemoteFolder('NULL')],
  ['an item of an unknown folder', setRemoteFolder('99')],
]

t.test('an upload without a Message-ID that has reached the server is not sent again after a repair', async t => {
  for (const answer of ['lost', 'received'] as const) {
    for (const [what, damage] of UPLOAD_DAMAGES) {
      using account = await filled()
      await addLocal(account, 'anonymous', ANONYMOUS)
      if (answer === 'lost') await account.loseAppend()
      else t.match(await account.sync(), { uploaded: 1 })
      damage(account)
      t.ok(repair(account).done.length > 0, what)
      for (let run = 0; run < 4; run++) t.match(await account.sync(), { errors: { length: 0 } })
      t.same(account.serverSubjects('INBOX'), ['one', 'two', 'three', 'anonymous'], `${what}, answer ${answer}`)
      t.same(account.subjects('INBOX').toSorted(), ['anonymous', 'one', 'three', 'two'], `${what}, answer ${answer}`)
      t.match(check(account), { ok: true, queued: { upload: 0 } })
    }
  }
})

function destroyTable(account: ModelAccount, table: string): void {
  const sql = `SELECT rootpage FROM sqlite_schema WHERE name = '${table}'`
  const page = Number(account.store.database.find(sql)?.rootpage) - 1
  edit(account, 'PRAGMA wal_checkpoint(TRUNCATE)')
  destroyPage(account, page)
}

function destroyPage(account: ModelAccount, page: number): void {
  const file = join(account.dir, 'store.sqlite')
  const octets = readFileSync(file)
  octets.fill(0xa5, page * 4096, (page + 1) * 4096)
  writeFileSync(file, octets)
}

t.test('a broken index is made anew', async t => {
  using account = await filled()
  // The index is taken away, a row changed, and the index put back as it was.
  const index = `name = 'item_message_id'`
  edit(
    account,
    `CREATE TABLE kept AS SELECT * FROM sqlite_schema WHERE ${index}`,
    `DELETE FROM sqlite_schema WHERE ${index}`,
  )
  edit(account, `UPDATE item SET message_id = '<other@x>' WHERE id = 2`)
  edit(account, 'INSERT INTO sqlite_schema SELECT * FROM kept')
  edit(account, 'DROP TABLE kept')
  t.match(check(account), { ok: false, problems: [{ kind: 'database' }] })
  t.match(repair(account), { done: ['the indexes of the database were made anew'], kept: { length: 0 } })
  t.match(check(account), { ok: true })
})

t.test('a database with destroyed pages is salvaged, the old one is kept, the rest comes again', async t => {
  using account = await filled()
  for (let n = 0; n < 300; n++) account.deliver('INBOX', `m${n}`)
  await account.sync()
  const id = await addLocal(account, 'mine')
  edit(account, 'PRAGMA wal_checkpoint(TRUNCATE)')
  destroyPage(account, pageOf(join(account.dir, 'store.sqlite'), 'm150@x'))
  t.match(check(account), { ok: false, problems: [{ kind: 'database' }] })
  const report = repair(account)
  t.match(report, { done: [/rows were taken over/], kept: [/store\.sqlite\.damaged-\d+T\d+/] })
  t.ok(report.kept.every(existsSync))
  for (let run = 0; run < 4; run++) await account.sync()
  t.equal(new Set(account.subjects('INBOX')).size, 304)
  t.equal(account.items('INBOX').length, 304)
  t.equal(account.serverSubjects('INBOX').length, 304, 'with the one that was not uploaded yet, and none twice')
  t.ok(
    account.items('INBOX').some(item => item.id === id),
    'it has its id',
  )
  t.match(check(account), { ok: true })
})

function pageOf(file: string, text: string): number {
  const octets = readFileSync(file)
  for (let page = 2; page < octets.length / 4096; page++) {
    const at = page * 4096
    if (octets[at] === 0x0d && octets.subarray(at, at + 4096).includes(text)) return page // a leaf of a table
  }
  throw new Error(`no page has ${text}`)
}

t.test('a file that is no database at all: everything comes again, and nothing of the old is thrown away', async t => {
  using account = await filled()
  account.close()
  const file = join(account.dir, 'store.sqlite')
  writeFileSync(file, Buffer.alloc(50_000, 7))
  t.throws(() => account.store, { code: 'STORE_UNREADABLE' })
  t.match(repair(account), { done: [/^the database was damaged: 0 rows/] })
  t.ok(statSync(pack(account)).size > 0, 'bodies are kept')
  await account.sync()
  t.same(account.subjects('INBOX'), ['one', 'two', 'three'])
  t.match(check(account), { ok: true })
})

t.test('packs without a database are put aside, not removed', async t => {
  using account = await filled()
  account.close()
  for (const name of readdirSync(account.dir)) if (name.startsWith('store.sqlite')) rmSync(join(account.dir, name))
  await account.sync()
  t.same(account.subjects('INBOX'), ['one', 'two', 'three'])
  const aside = readdirSync(account.dir).find(name => name.startsWith('packs.without-database-'))
  t.ok(aside && statSync(packFile(join(account.dir, aside), 1)).size > 0)
})

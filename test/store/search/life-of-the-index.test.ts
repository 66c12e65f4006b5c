import { existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t, { type Test } from 'tap'
import { PosternError } from '../../../src/errors.ts'
import { Database } from '../../../src/store/database.ts'
import { SEARCH_FILE, SEARCH_VERSION } from '../../../src/store/search/search-database.ts'
import { SearchStore } from '../../support/search-store.ts'

const MESSAGES = 60 // so many that the full-text index is asked

async function indexed(t: Test): Promise<SearchStore> {
  const made = SearchStore.of(t)
  await made.add(
    ...Array.from({ length: MESSAGES }, (_, index) => `From: a@x\nSubject: s${index}\n\nnumber ${index}, words\n`),
  )
  t.equal(made.indexSome(), 0)
  return made
}

function find(made: SearchStore, text: string): number[] {
  return [...made.reader.search(made.inbox, made.uids, { kind: 'body', text }, 0)]
}

function inIndex(made: SearchStore): number {
  const database = new DatabaseSync(join(made.dir, SEARCH_FILE), { readOnly: true })
  const count = database.prepare('SELECT count(*) AS n FROM document').get()?.n
  database.close()
  return Number(count)
}

t.test('an index that is deleted is made anew', async t => {
  const made = await indexed(t)
  t.same(find(made, 'number 7,'), [8])
  made.closeIndex()
  for (const suffix of ['', '-wal', '-shm']) rmSync(join(made.dir, SEARCH_FILE + suffix), { force: true })
  t.same(find(made, 'number 7,'), [8], 'without it everything is read')
  t.equal(made.indexSome(), 0)
  t.equal(inIndex(made), MESSAGES)
  t.same(find(made, 'number 7,'), [8])
})

t.test('an index that is no database is made anew', async t => {
  const made = await indexed(t)
  made.closeIndex()
  for (const suffix of ['-wal', '-shm']) rmSync(join(made.dir, SEARCH_FILE + suffix), { force: true })
  writeFileSync(join(made.dir, SEARCH_FILE), 'no database '.repeat(1000))
  t.same(find(made, 'number 7,'), [8])
  t.equal(made.indexSome(), 0)
  t.equal(inIndex(made), MESSAGES)
})

t.test('an index that is damaged inside costs time only', async t => {
  const made = await indexed(t)
  made.closeIndex()
  const file = join(made.dir, SEARCH_FILE)
  const octets = readFileSync(file)
  for (let at = 4096; at < octets.length; at++) octets[at] = (octets[at] ?? 0) ^ 0x55
  writeFileSync(file, octets)
  t.same(find(made, 'number 7,'), [8])
  t.equal(made.reader.details(made.inbox, made.uids, ['preview']).length, MESSAGES)
  t.equal(made.indexSome(), 0)
  t.equal(inIndex(made), MESSAGES)
  t.same(find(made, 'number 7,'), [8])
})

t.test('an index that was cut off is made anew', async t => {
  const made = await indexed(t)
  made.closeIndex()
  truncateSync(join(made.dir, SEARCH_FILE), 5000)
  t.same(find(made, 'number 7,'), [8])
  t.equal(made.indexSome(), 0)
  t.equal(inIndex(made), MESSAGES)
})

t.test('an index of another version is made anew', async t => {
  const made = await indexed(t)
  made.closeIndex()
  const database = new DatabaseSync(join(made.dir, SEARCH_FILE))
  database.exec(`PRAGMA user_version = ${SEARCH_VERSION + 1}; UPDATE envelope SET preview = 'stale'`)
  database.close()
  const previews = () => made.reader.details(made.inbox, made.uids, ['preview']).map(({ preview }) => preview)
  t.equal(previews()[0], 'number 0, words')
  t.equal(made.indexSome(), 0)
  t.equal(previews()[0], 'number 0, words')
  t.equal(inIndex(made), MESSAGES)
})

t.test('the newest messages come first, and so many at once as are asked for', async t => {
  const made = SearchStore.of(t)
  const message = (name: string, internalDateMs: number) => ({
    octets: `From: a\nSubject: ${name}\n\n`,
    internalDateMs,
  })
  await made.add(message('old', 1000), message('new', 3000), message('middle', 2000))
  const subjects = () => {
    const database = new DatabaseSync(join(made.dir, SEARCH_FILE), { readOnly: true })
    const rows = database.prepare(`SELECT facts ->> 'subject' AS subject FROM document ORDER BY id`).all()
    database.close()
    return rows.map(({ subject }) => subject)
  }
  t.equal(made.indexSome(1), 2)
  t.same(subjects(), ['NEW'])
  await made.add(message('newer', 4000))
  t.equal(made.indexSome(2), 1)
  t.equal(made.indexSome(2), 0)
  t.same(subjects(), ['NEW', 'NEWER', 'MIDDLE', 'OLD'])
})

t.test('copies share what is made of them; what no item has any more is removed', async t => {
  const made = SearchStore.of(t)
  await made.add('From: a\n\nthe same\n', 'From: a\n\nthe same\n', 'From: a\n\nanother\n')
  t.equal(made.indexSome(), 0)
  t.equal(inIndex(made), 2)
  made.store.database.exec(`DELETE FROM item WHERE local_uid IN (1, 3)`)
  t.equal(made.indexSome(), 0)
  t.equal(inIndex(made), 1)
  t.same(find(made, 'the same'), [2])
  t.same(find(made, 'another'), [])
  made.store.database.exec('DELETE FROM item')
  t.equal(made.indexSome(), 0)
  t.equal(inIndex(made), 0)
})

t.test('bodies that move into another pack, and headers that get their bodies, are found', async t => {
  const made = SearchStore.of(t)
  const whole = 'From: a\nSubject: stub\n\nits body\n'
  await made.add({ octets: 'From: a\nSubject: stub\n\n', wholeOctets: 100 }, whole)
  made.indexSome()
  t.same(find(made, 'its body'), [2])
  // Item 1 gets the body, which lies where that of item 2 is.
  const columns = ['pack', 'offset', 'length', 'sha256'].map(name => `${name} = other.${name}`).join(', ')
  made.store.database.exec(
    `UPDATE item SET body_state = 'full', ${columns} FROM item AS other WHERE item.local_uid = 1 AND other.local_uid = 2`,
  )
  t.same(find(made, 'its body'), [1, 2])
  t.equal(made.indexSome(), 0)
  t.equal(inIndex(made), 1)
  t.same(find(made, 'its body'), [1, 2])
})

t.test('a body that cannot be read matches nothing and stops nothing', async t => {
  const made = SearchStore.of(t)
  await made.add('From: a\nSubject: one\n\nwords\n', 'From: a\nSubject: two\n\nwords\n')
  made.store.database.exec('UPDATE item SET offset = 1000000 WHERE local_uid = 1')
  t.same(find(made, 'words'), [2])
  t.match(made.reader.details(made.inbox, made.uids, ['structure']), [
    { uid: 1, isUnreadable: true, structure: undefined },
    { uid: 2, isUnreadable: undefined, structure: {} },
  ])
  t.same(
    made.reader.smallHeaders(made.inbox, made.uids).map(({ uid }) => uid),
    [2],
  )
  t.equal(made.indexSome(), 0, 'it is not tried again and again')
  t.equal(inIndex(made), 1)
})

t.test('structures and previews are the same, kept or not', async t => {
  const made = await indexed(t)
  const kinds = ['envelope', 'bodyStructure', 'structure', 'preview'] as const
  const kept = made.reader.details(made.inbox, made.uids, kinds)
  made.closeIndex()
  rmSync(join(made.dir, SEARCH_FILE))
  const parsed = made.reader.details(made.inbox, made.uids, kinds)
  t.same(kept, parsed)
  t.notOk(existsSync(join(made.dir, SEARCH_FILE)), 'a reader makes none')
  t.match(parsed[3], { uid: 4, preview: 'number 3, words', structure: { envelope: { subject: 's3' } } })
})

t.test('what could not be written is indexed once there is room', async t => {
  const made = SearchStore.of(t)
  await made.add(
    ...Array.from({ length: 100 }, (_, index) => `Subject: s${index}\n\n${'word '.repeat(2000)}${index}\n`),
  )
  t.equal(made.index.indexSome(made.store.read, { items: 1, ms: Number.POSITIVE_INFINITY }), 99)
  const { transaction } = Database.prototype
  Database.prototype.transaction = () => {
    throw new PosternError('STORE_DISK_FULL', 'full', { remedy: 'user', advice: 'none' })
  }
  t.throws(() => made.indexSome(), { code: 'STORE_DISK_FULL' })
  Database.prototype.transaction = transaction
  t.equal(made.indexSome(), 0)
  t.equal(inIndex(made), 100)
})

t.test('a store that cannot be read is no reason to throw the index away', async t => {
  const made = await indexed(t)
  const unreadable = () => {
    throw new PosternError('STORE_UNREADABLE', 'damaged', { remedy: 'user', advice: 'none' })
  }
  const { searched } = made.store.read
  const { hashes } = searched
  made.store.database.exec('UPDATE item SET size = size + 1')
  searched.hashes = unreadable
  t.throws(() => made.indexSome(), { code: 'STORE_UNREADABLE' })
  t.equal(inIndex(made), MESSAGES)
  searched.hashes = hashes
  t.equal(made.indexSome(), 0)
})

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t from 'tap'
import { checkStore } from '../../src/store/maintenance/repair/check-store.ts'
import { StoreReader } from '../../src/store/reader.ts'
import { ModelAccount } from '../support/model-account.ts'
import { finish } from '../support/store.ts'
import {
  dumpFixture,
  FIXTURE,
  FIXTURE_IN_THE_END,
  FIXTURES,
  liveForFixture,
  loadFixture,
} from '../support/store-fixture.ts'

const DAY_MS = 86_400_000

/** Every frozen store; while the schema of this program is not frozen, one that is made now. */
async function fixtures(): Promise<readonly string[]> {
  const frozen = existsSync(FIXTURES) ? readdirSync(FIXTURES).filter(name => name.startsWith('store-v')) : []
  const dirs = frozen.map(name => join(FIXTURES, name))
  if (dirs.includes(FIXTURE)) return dirs
  const made = join(t.testdir(), 'store-now')
  using account = new ModelAccount()
  await liveForFixture(account)
  dumpFixture(account, made)
  return [...dirs, made]
}

const dirs = await fixtures()

for (const dir of dirs) {
  t.test(`${dir.split(/[/\\]/).at(-1)} is opened, and has the schema of a new store`, async t => {
    using account = new ModelAccount()
    loadFixture(dir, account)
    account.store.read.folders()
    using fresh = new ModelAccount()
    fresh.store.read.folders()
    account.close()
    fresh.close()
    t.same(schemaOf(account.dir), schemaOf(fresh.dir))
    const { problems, ...report } = finish(checkStore(account.dir, { isFull: true }))
    t.same(problems, [])
    t.match(report, { queued: { download: 1, import: 1, upload: 2 }, tombs: 1 })
    t.same(account.subjects('INBOX').toSorted(), ['m1', 'm3', 'm6', 'm7', 'm8', 'mine'])
    t.same(account.subjects('Archive').toSorted(), ['a1', 'a2', 'm1', 'm2'])
    const [{ id }, { objects }] = [account.store.read.getFolder('Archive'), account.store.read]
    t.match(objects.list(id), [
      { href: 'mine.ics', isDirty: true },
      { href: 'both.ics', etag: '"1"' },
    ])
    t.match(objects.losers(id), [{ href: 'both.ics', side: 'local' }])
    t.same(objects.queue(id, 0, 10), ['new.ics'])
  })

  t.test(`${dir.split(/[/\\]/).at(-1)} is read as it is, before anybody brings it up to date`, async t => {
    using account = new ModelAccount()
    loadFixture(dir, account)
    t.same(finish(checkStore(account.dir, { isFull: true })).problems, [])
    using reader = StoreReader.open(account.dir)
    const inbox = reader.getFolder('INBOX')
    t.equal([...reader.items(inbox.id)].length, 6)
    t.match(reader.counts(inbox.id), { items: 6, queuedDownload: 1, queuedImport: 1 })
    t.ok(reader.incoming.ignored(undefined).length > 0)
  })

  t.test(`${dir.split(/[/\\]/).at(-1)} goes on where it was`, async t => {
    using account = new ModelAccount()
    loadFixture(dir, account)
    account.clock.ms += DAY_MS
    const before = new Map(account.items('INBOX').map(({ subject, id, localUid }) => [subject, { id, localUid }]))
    for (let run = 0; run < 5; run++) t.match(await account.sync(), { errors: { length: 0 } })
    for (const [path, subjects] of Object.entries(FIXTURE_IN_THE_END)) {
      t.same(account.subjects(path).toSorted(), subjects, path)
      t.same(
        account
          .serverSubjects(path)
          .filter(subject => subject !== 'ignored')
          .toSorted(),
        subjects,
        `${path} there`,
      )
    }
    const [m3] = account.items('INBOX').filter(({ subject }) => subject === 'm3')
    t.match(m3, { ...before.get('m3'), flags: { bits: 5, keywords: '' } }, 'numbers stay, changes are told')
    t.ok(account.server.folders.has('Made here'))
    const [deleted] = [...account.store.database.all('SELECT item FROM tomb ORDER BY id')]
    await account.change({ kind: 'restore', items: [Number(deleted?.item)] })
    await account.sync()
    t.ok(account.serverSubjects('INBOX').includes('m5'), 'what was deleted before can be brought back')
    t.match(finish(checkStore(account.dir, { isFull: true })), { ok: true })
  })
}

t.test('the same life gives the same files, so that a frozen store can be looked through', async t => {
  const made = ['one', 'two'].map(name => join(t.testdir(), name))
  for (const dir of made) {
    using account = new ModelAccount()
    await liveForFixture(account)
    dumpFixture(account, dir)
  }
  const [one = '', two = ''] = made
  for (const name of readdirSync(one)) t.ok(readFileSync(join(one, name)).equals(readFileSync(join(two, name))), name)
})

/** The schema without its comments and spaces: those may be changed. */
function schemaOf(dir: string): string[] {
  const database = new DatabaseSync(join(dir, 'store.sqlite'), { readOnly: true })
  const rows = database.prepare('SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name').all()
  database.close()
  return rows.map(
    ({ name, sql }) =>
      `${name}: ${String(sql)
        .replace(/--[^\n]*/g, '')
        .replace(/\s+/g, ' ')}`,
  )
}

import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { SCHEMA_VERSION } from '../../src/store/database.ts'
import { type BackupOptions, backupStore } from '../../src/store/maintenance/backup/backup-store.ts'
import { restoreStore } from '../../src/store/maintenance/backup/restore-store.ts'
import { checkStore } from '../../src/store/maintenance/repair/check-store.ts'
import { packFile } from '../../src/store/packs/pack-format.ts'
import { Store } from '../../src/store/store.ts'
import { restoredDir } from '../../src/store/store-folders.ts'
import { headerHash } from '../../src/sync/local/header-hash.ts'
import { ModelAccount, messageOf } from '../support/model-account.ts'
import { finish, spoil } from '../support/store.ts'

const profile = { name: 'work', email: 'ada@example.test', number: 1 }
const never = new AbortController().signal

const target = (account: ModelAccount) => join(account.root, 'backup')
const check = (account: ModelAccount) => finish(checkStore(account.dir, { isFull: true }))

function backup(account: ModelAccount, given: Partial<BackupOptions> = {}) {
  const options = { target: target(account), isCopy: false, profile, version: '0', clock: account.clock.now }
  return backupStore(account.store, { ...options, signal: never, onProgress: () => undefined, ...given })
}

function restore(account: ModelAccount, email = profile.email, source = target(account)) {
  return restoreStore(account.dir, {
    source,
    profile: { ...profile, email },
    headerHashOf: (packs, location) => headerHash(packs.head(location, 262_144)),
    close: () => account.close(),
    clock: account.clock.now,
    signal: never,
    onProgress: () => undefined,
  })
}

async function addLocal(account: ModelAccount, subject: string, octets = messageOf(subject)): Promise<number> {
  const file = join(account.root, 'new.eml')
  writeFileSync(file, octets)
  const { items } = await account.change({ kind: 'add', folder: 'INBOX', file, flags: [] })
  return items[0] ?? 0
}

async function filled(): Promise<ModelAccount> {
  const account = new ModelAccount()
  account.deliver('INBOX', 'one', 'two', 'three')
  account.deliver('Archive', 'old')
  await account.sync()
  return account
}

t.test('a backup is whole, checked, and stays what it is while the store goes on', async t => {
  using account = await filled()
  const report = await backup(account)
  t.match(report, { dir: target(account), items: 4, problems: { length: 0 } })
  const before = digest(target(account))
  account.deliver('INBOX', 'four')
  await account.sync()
  t.same(digest(target(account)), before)
  t.match(finish(checkStore(target(account), { isFull: true })), { ok: true, items: 4 })
  t.match(JSON.parse(readFileSync(join(target(account), 'manifest.json'), 'utf8')), {
    profile,
    schema: SCHEMA_VERSION,
    counts: { items: 4, folders: 2, toUpload: 0, problems: 0 },
    files: [{ name: 'store.sqlite' }, { name: 'packs/000001.pack' }],
  })
})

function digest(dir: string): unknown {
  return readdirSync(dir, { recursive: true }).map(name => {
    const file = join(dir, String(name))
    return [name, statSync(file).isFile() ? readFileSync(file).toString('base64') : '']
  })
}

t.test('changes while the database is copied are in the copy or not, never in part', async t => {
  using account = await filled()
  const ids = account.items('INBOX').map(({ id }) => id)
  const backing = backup(account)
  await account.change({ kind: 'flag', items: ids, add: ['\\Flagged'], remove: [] })
  t.match(await backing, { problems: { length: 0 } })
})

t.test('packs that are full are linked, or copied on demand', async t => {
  using account = await filled()
  const { store } = account
  // A second pack, as if the first were full.
  store.transact(transactor => transactor.setPackEnd(2, 0))
  account.deliver('INBOX', 'four')
  await account.sync()
  t.match(await backup(account), { linked: 1 })
  t.match(await backup(account, { target: join(account.root, 'other'), isCopy: true }), { linked: 0 })
})

t.test('a target that is in use is refused, and a backup that was stopped leaves nothing', async t => {
  using account = await filled()
  t.match(await backup(account), { items: 4 })
  await t.rejects(backup(account), { code: 'STORE_BACKUP_EXISTS' })
  const abort = new AbortController()
  const other = join(account.root, 'other')
  const stopped = backup(account, { target: other, signal: abort.signal, onProgress: () => abort.abort() })
  await t.rejects(stopped, { name: 'AbortError' })
  t.same(
    readdirSync(account.root).filter(name => name.startsWith('other')),
    [],
  )
})

t.test('what is no backup, or a damaged one, is refused before anything is touched', async t => {
  using account = await filled()
  await backup(account)
  const pristine = join(account.root, 'pristine')
  cpSync(target(account), pristine, { recursive: true })
  const damages: [what: string, damage: (dir: string) => void][] = [
    ['no manifest', dir => rmSync(join(dir, 'manifest.json'))],
    ['half a manifest', dir => writeFileSync(join(dir, 'manifest.json'), '{"format":')],
    ['another manifest', dir => edit(dir, 'postern-backup-1', 'postern-backup-9')],
    ['a way out', dir => edit(dir, 'packs/000001.pack', '../../000001.pack')],
    ['a missing pack', dir => rmSync(packFile(join(dir, 'packs'), 1))],
    ['a flipped bit in a pack', dir => spoil(packFile(join(dir, 'packs'), 1), 100)],
    ['a flipped bit in the database', dir => spoil(join(dir, 'store.sqlite'), 5000)],
    ['a longer file', dir => writeFileSync(packFile(join(dir, 'packs'), 1), 'x', { flag: 'a' })],
  ]
  const before = digest(account.dir)
  for (const [what, damage] of damages) {
    rmSync(target(account), { recursive: true, force: true })
    cpSync(pristine, target(account), { recursive: true })
    damage(target(account))
    await t.rejects(restore(account), { code: 'STORE_BACKUP_INVALID' }, what)
  }
  rmSync(target(account), { recursive: true, force: true })
  cpSync(pristine, target(account), { recursive: true })
  edit(target(account), `"schema": ${SCHEMA_VERSION}`, '"schema": 99')
  await t.rejects(restore(account), { code: 'STORE_NEWER_SCHEMA' })
  edit(target(account), '"schema": 99', `"schema": ${SCHEMA_VERSION}`)
  await t.rejects(restore(account, 'bob@example.test'), { code: 'STORE_BACKUP_OTHER_ACCOUNT' })
  t.same(digest(account.dir), before)
  t.match(await restore(account), { items: 4 }, 'the pristine one is taken')
})

function edit(dir: string, from: string, to: string): void {
  const file = join(dir, 'manifest.json')
  const text = readFileSync(file, 'utf8')
  if (!text.includes(from)) throw new Error(`no ${from}`)
  writeFileSync(file, text.replace(from, to))
}

t.test('after a restore the next runs agree with the server: nothing lost, nothing doubled', async t => {
  using account = await filled()
  await addLocal(account, 'waiting')
  await addLocal(account, 'anonymous', Buffer.from('Subject: anonymous\r\n\r\nno id\r\n'))
  const [one, two] = account.items('INBOX')
  await account.change({ kind: 'move', items: [two?.id ?? 0], folder: 'Archive' })
  await account.change({ kind: 'flag', items: [one?.id ?? 0], add: ['\\Flagged'], remove: [] })
  await backup(account)
  const validity = account.store.database.find('SELECT local_uid_validity AS v FROM folder')?.v

  // Everything that waited is uploaded, and both sides go on.
  await account.sync()
  await addLocal(account, 'later')
  account.deliver('INBOX', 'new')
  account.server.expunge('INBOX', 3)
  account.server.store('INBOX', 1, ['\\Seen'], [])
  await account.sync()
  await addLocal(account, 'unsent')
  const highest = Math.max(...account.items('INBOX').map(({ id }) => id))
  const onServer = ['INBOX', 'Archive'].map(path => account.serverSubjects(path).toSorted())

  const { before } = await restore(account)
  t.ok(before && existsSync(join(before, 'store.sqlite')))
  t.same(account.subjects('INBOX').toSorted(), ['anonymous', 'one', 'three', 'waiting'])
  for (let run = 0; run < 5; run++) t.match(await account.sync(), { errors: { length: 0 } })
  t.same(
    ['INBOX', 'Archive'].map(path => account.serverSubjects(path).toSorted()),
    onServer,
    'nothing is sent twice',
  )
  t.same(
    ['INBOX', 'Archive'].map(path => account.subjects(path).toSorted()),
    onServer,
    'and nothing is missing here',
  )
  t.match(account.items('INBOX').find(({ uid }) => uid === 1)?.flags, { bits: 5 }, 'flags of both sides')
  t.match(check(account), { ok: true, queued: { download: 0, import: 0, upload: 0 } })
  t.ok(Number(account.store.database.find('SELECT min(local_uid_validity) AS v FROM folder')?.v) > Number(validity))
  account.deliver('INBOX', 'last')
  await account.sync()
  t.ok(Number(account.items('INBOX').at(-1)?.id) > highest, 'no id is given to a second message')
  using old = Store.open(before ?? '', account.options)
  t.ok(
    [...old.read.items(old.read.getFolder('INBOX').id)].some(({ subject }) => subject === 'unsent'),
    'kept beside',
  )
})

t.test('deletions that were held when the backup was made are asked about anew', async t => {
  using account = await filled()
  const { id } = account.store.read.getFolder('INBOX')
  account.store.transact(({ held }) => held.holdDeletions(id, { code: 'SYNC_DELETIONS_HELD', message: 'many' }))
  await backup(account)
  await restore(account)
  const { deletions, error } = account.store.read.getFolder('INBOX')
  t.same({ deletions, error }, { deletions: undefined, error: undefined })
})

t.test('a backup may be one file, which every tar reads', async t => {
  using account = await filled()
  const archive = join(account.root, 'backup.tar')
  t.match(await backup(account, { target: archive }), { dir: archive, items: 4 })
  t.same(readdirSync(account.root).sort(), ['backup.tar', 'store'])
  const listed = execFileSync('tar', ['-tf', archive], { encoding: 'utf8' })
  t.equal(listed, 'manifest.json\nstore.sqlite\npacks/000001.pack\n')
  await t.rejects(backup(account, { target: archive }), { code: 'STORE_BACKUP_EXISTS' })
  account.deliver('INBOX', 'four')
  await account.sync()
  const before = readFileSync(archive)
  for (const damage of [
    (octets: Buffer) => octets.subarray(0, 9000),
    (octets: Buffer) => octets.subarray(0, octets.length - 1024),
    (octets: Buffer) => Buffer.concat([octets.subarray(0, 5000), Buffer.from('x'), octets.subarray(5001)]),
    (octets: Buffer) => Buffer.concat([octets.subarray(0, 3), Buffer.from('x'), octets.subarray(4)]),
    () => Buffer.from('no archive'),
    () => Buffer.alloc(1024),
  ]) {
    writeFileSync(archive, damage(before))
    await t.rejects(restore(account, profile.email, archive), { code: 'STORE_BACKUP_INVALID' })
  }
  writeFileSync(archive, before)
  await restore(account, profile.email, archive)
  t.same(account.subjects('INBOX'), ['one', 'two', 'three'])
  t.same(
    readdirSync(account.root).filter(name => name.startsWith('.')),
    [],
  )
  await account.sync()
  t.same(account.subjects('INBOX'), ['one', 'two', 'three', 'four'])
})

t.test('a restore over a store that is gone or unreadable', async t => {
  for (const destroy of [
    (dir: string) => rmSync(dir, { recursive: true }),
    (dir: string) => writeFileSync(join(dir, 'store.sqlite'), Buffer.alloc(9000, 1)),
  ]) {
    using account = await filled()
    await backup(account)
    account.close()
    destroy(account.dir)
    await restore(account)
    await account.sync()
    t.same(account.subjects('INBOX'), ['one', 'two', 'three'])
    t.match(check(account), { ok: true })
  }
})

t.test('a restore that a crash cut off is ended or undone by the next opening', async t => {
  await cutOff(t, dir => {
    cpSync(dir, restoredDir(dir), { recursive: true })
    rmSync(dir, { recursive: true })
  })
  await cutOff(t, dir => cpSync(dir, restoredDir(dir), { recursive: true }))
})

async function cutOff(t: Test, crash: (dir: string) => void): Promise<void> {
  using account = await filled()
  account.close()
  crash(account.dir)
  t.same(account.subjects('INBOX'), ['one', 'two', 'three'])
  t.notOk(existsSync(restoredDir(account.dir)))
}

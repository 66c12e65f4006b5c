import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { PosternError } from '../../src/errors.ts'
import { event } from '../support/dav.ts'
import { ModelCollectionsAccount } from '../support/model-collections.ts'

const MAIL = { delimiter: '/', role: undefined, rights: undefined, isSelectable: true, isExcluded: false }
const failing = (code: string) => new PosternError(code, `it is ${code}`, { remedy: 'retry', advice: 'Wait.' })

t.test('a folder is called like its collection; where that name is taken, what it is for is added', async t => {
  using account = new ModelCollectionsAccount()
  account.store.transact(transactor => {
    transactor.ensureInbox()
    transactor.putFolder({ ...MAIL, path: 'Work' })
  })
  account.serve('/a/', { name: 'Work' })
  account.serve('/b/', { name: 'work', kind: 'addressbook' })
  account.serve('/c/', { name: 'INBOX', components: ['VTODO'] })
  account.serve('/d/', { name: ' \u0007 ', components: ['VJOURNAL'] })
  await account.sync()
  t.match(
    account.store.read.collections().map(({ path, kind, components }) => [path, kind, components.join()]),
    [
      ['/d/', 'notes', 'VJOURNAL'],
      ['INBOX (tasks)', 'tasks', 'VTODO'],
      ['Work (calendar)', 'calendar', 'VEVENT'],
      ['work (contacts)', 'contacts', ''],
    ],
  )
  t.same(
    account.store.read.folders().map(({ path }) => path),
    ['INBOX', 'Work'],
  )
})

t.test('a mail folder gets the name that the server gives it, and a calendar yields', async t => {
  using account = new ModelCollectionsAccount()
  account.serve('/a/', { name: 'Work' }).write('other', 'x', 'a meeting')
  await account.sync()
  account.store.transact(transactor => transactor.putFolder({ ...MAIL, path: 'Work' }))
  t.match(account.store.read.getFolder('Work'), { kind: 'mail' })
  const [calendar] = Object.keys(account.seen())
  t.match(calendar, /^Work \(calendar \d+\)$/)
  t.match(await account.sync(), { errors: { length: 0 } })
  t.same(account.seen(), { [String(calendar)]: ['a meeting'] }, 'and keeps the name that it has then')
  t.throws(() => account.store.transact(({ folders }) => folders.rename(String(calendar), 'x')), {
    code: 'STORE_FOLDER_REFUSED',
  })
})

t.test('a collection that is gone takes nothing with it that cannot be brought back', async t => {
  using account = new ModelCollectionsAccount()
  account.serve('/a/', { name: 'Home' }).write('other', '/a/1.ics', 'told')
  account.serve('/b/', { name: 'Other' })
  await account.sync()
  const { id } = account.store.read.getAnyFolder('Home')
  const [told] = account.store.read.objects.list(id)
  account.store.transact(({ objects }) => objects.create(id, '/a/2.ics', Buffer.from('never told')))
  account.served.delete('/a/')
  t.match(await account.sync(), { errors: { length: 0 } })
  t.same(account.seen(), { Other: [] })
  t.match(account.store.read.keptObjects.conflicts(), [{ side: 'local', octets: Buffer.from('never told') }])
  await account.change({ kind: 'restoreObjects', objects: [told?.id ?? 0] })
  const [lost] = account.store.read.keptObjects.conflicts()
  await account.change({ kind: 'restoreLosers', losers: [lost?.id ?? 0], target: undefined })
  t.match(await account.sync(), { uploaded: 2, errors: { length: 0 } })
  t.same(account.seen(), { Other: ['told', 'never told'] })
  t.same(
    [...(account.served.get('/b/')?.objects.members.values() ?? [])].map(({ text }) => text),
    ['told', 'never told'],
  )
  account.serve('/a/', { name: 'Home' })
  await account.sync()
  t.same(Object.keys(account.seen()), ['Home', 'Other'], 'it may come again')
})

t.test('a kind that was not looked at is not gone', async t => {
  using account = new ModelCollectionsAccount()
  account.serve('/a/', { name: 'Home' })
  account.serve('/b/', { name: 'People', kind: 'addressbook' })
  await account.sync()
  account.served.delete('/b/')
  account.kinds = ['calendar']
  t.match(await account.sync({ structure: 'only' }), { errors: { length: 0 } })
  t.same(Object.keys(account.seen()), ['Home', 'People'])
})

t.test('a collection with much in it is held when it is gone, until a person says that this is right', async t => {
  using account = new ModelCollectionsAccount()
  const many = account.serve('/a/', { name: 'Many' })
  for (let each = 0; each < 60; each++) many.write('other', `/a/${each}.ics`, `day ${each}`)
  const other = account.serve('/b/', { name: 'Other' })
  await account.sync()
  account.served.delete('/a/')
  other.write('other', '/b/1.ics', 'goes on')
  for (let run = 0; run < 2; run++) await account.sync()
  t.equal(account.seen().Many?.length, 60)
  t.same(account.seen().Other, ['goes on'])
  t.match(account.store.read.getAnyFolder('Many'), { state: 'paused', error: { code: 'SYNC_MASS_DELETION' } })
  await account.change({ kind: 'resumeFolder', path: 'Many', consent: 'restore' })
  t.match(
    await account.sync(),
    { errors: [{ folder: 'Many', code: 'SYNC_MASS_DELETION' }] },
    'there is nowhere to put it',
  )
  await account.change({ kind: 'resumeFolder', path: 'Many', consent: 'accept' })
  t.match(await account.sync(), { errors: { length: 0 } })
  t.same(Object.keys(account.seen()), ['Other'])
  await t.rejects(account.change({ kind: 'resumeFolder', path: 'Other', consent: 'accept' }), {
    code: 'STORE_FOLDER_NOT_HELD',
  })
})

t.test('what vanished from a held collection is put there again when a person wants that', async t => {
  using account = new ModelCollectionsAccount()
  const many = account.serve('/a/', { name: 'Many' })
  for (let each = 0; each < 60; each++) many.write('other', `/a/${each}.ics`, `day ${each}`)
  await account.sync()
  for (let each = 0; each < 58; each++) many.write('other', `/a/${each}.ics`, undefined)
  t.match(await account.sync(), { errors: [{ code: 'SYNC_MASS_DELETION' }] })
  await account.change({ kind: 'resumeFolder', path: 'Many', consent: 'restore' })
  t.match(await account.sync(), { uploaded: 58, errors: { length: 0 } })
  t.equal(many.members.size, 60)
  t.match(account.store.read.getAnyFolder('Many'), { state: 'ok', consent: undefined })
})

t.test('much that is deleted here at once is not told before a person says that this is right', async t => {
  using account = new ModelCollectionsAccount()
  const many = account.serve('/a/', { name: 'Many' })
  for (let each = 0; each < 60; each++) many.write('other', `/a/${each}.ics`, `day ${each}`)
  await account.sync()
  const folder = account.store.read.getAnyFolder('Many').id
  const rows = account.store.read.objects.list(folder).map(({ id }) => id)
  const remove = async () => {
    await account.change({ kind: 'deleteObjects', objects: rows.slice(5) })
    account.store.transact(({ objects }) => objects.edit(rows[0] ?? 0, Buffer.from(`changed ${account.clock.ms}`)))
    return account.sync()
  }
  t.match(await remove(), { uploaded: 1, errors: [{ folder: 'Many', code: 'SYNC_DELETIONS_HELD' }] })
  t.equal(many.members.size, 60, 'what else was changed is told')
  await account.change({ kind: 'resumeFolder', path: 'Many', consent: 'restore' })
  t.match(await account.sync(), { errors: { length: 0 } })
  t.equal(account.seen().Many?.length, 60)
  t.match(await remove(), { errors: [{ code: 'SYNC_DELETIONS_HELD' }] })
  await account.change({ kind: 'resumeFolder', path: 'Many', consent: 'accept' })
  t.match(await account.sync(), { uploaded: 55, errors: { length: 0 } })
  t.equal(many.members.size, 5)
})

t.test('where the server takes no changes, those of before are undone and kept', async t => {
  using account = new ModelCollectionsAccount()
  const objects = account.serve('/a/', { name: 'Shared' })
  for (const name of ['edited', 'deleted']) objects.write('other', `/a/${name}.ics`, name)
  await account.sync()
  const folder = account.store.read.getAnyFolder('Shared').id
  const [edited, deleted] = account.store.read.objects.list(folder)
  account.store.transact(({ objects }) => {
    objects.edit(edited?.id ?? 0, Buffer.from('changed here'))
    objects.delete(deleted?.id ?? 0)
    objects.create(folder, '/a/new.ics', Buffer.from('made here'))
  })
  account.serve('/a/', { name: 'Shared', isReadOnly: true })
  t.match(await account.sync(), { uploaded: 0, conflicts: 2, errors: { length: 0 } })
  t.same(account.seen().Shared?.toSorted(), ['deleted', 'edited'])
  const kept = account.store.read.keptObjects.conflicts()
  t.same(
    kept.map(({ octets }) => octets.toString()),
    ['changed here', 'made here'],
  )
  t.equal(objects.history.filter(({ by }) => by === 'us').length, 0, 'the server was asked for nothing')
  const file = join(account.root, 'x.ics')
  writeFileSync(file, event('x', 'x'))
  const readOnly = { code: 'SYNC_READ_ONLY' }
  await t.rejects(account.change({ kind: 'add', folder: 'Shared', file, flags: [] }), readOnly)
  const [first] = account.store.read.objects.list(folder)
  await t.rejects(account.change({ kind: 'deleteObjects', objects: [first?.id ?? 0] }), readOnly)
  const [loser] = kept
  const target = { kind: 'restoreLosers', losers: [loser?.id ?? 0], target: 'Shared' } as const
  await t.rejects(account.change(target), readOnly)
})

t.test('a version that lost is put where it can be, and nowhere else', async t => {
  using account = new ModelCollectionsAccount()
  const objects = account.serve('/a/', { name: 'Work' })
  account.serve('/b/', { name: 'Private' })
  account.serve('/c/', { name: 'People', kind: 'addressbook' })
  account.store.transact(transactor => transactor.ensureInbox())
  objects.write('other', '/a/1.ics', 'first')
  await account.sync()
  const [known] = account.store.read.objects.list(account.store.read.getAnyFolder('Work').id)
  account.store.transact(({ objects }) => objects.edit(known?.id ?? 0, Buffer.from('mine')))
  objects.write('other', '/a/1.ics', 'theirs')
  t.match(await account.sync(), { conflicts: 1 })
  const [kept] = account.store.read.keptObjects.conflicts()
  const restore = (target: string) => account.change({ kind: 'restoreLosers', losers: [kept?.id ?? 0], target })
  for (const target of ['INBOX', 'People']) await t.rejects(restore(target), { code: 'SYNC_WRONG_COMPONENT' }, target)
  const { objects: [made] = [] } = await restore('Private')
  t.not(made, known?.id)
  t.equal(account.store.read.objects.find(made ?? 0)?.octets.toString(), 'mine', 'the id is that of what was made')
  await account.sync()
  t.same(account.seen(), { People: [], Private: ['mine'], Work: ['theirs'] })
})

t.test('only the classes of folders that a run is about are looked into', async t => {
  using account = new ModelCollectionsAccount()
  account.settings = { ...account.settings, automaticFolders: ['*', '!Never'], priorityFolders: ['Often'] }
  for (const name of ['Often', 'Sometimes', 'Never']) account.serve(`/${name}/`, { name }).write('other', '1', name)
  await account.sync({ scope: 'priority' })
  t.same(account.seen(), { Never: [], Often: ['Often'], Sometimes: [] })
  await account.sync({ scope: 'automatic', structure: 'skip' })
  t.same(account.seen(), { Never: [], Often: ['Often'], Sometimes: ['Sometimes'] })
  await account.sync({ folders: ['Never'], structure: 'skip' })
  t.same(account.seen().Never, ['Never'])
  await t.rejects(account.sync({ folders: ['Nowhere'] }), { code: 'STORE_NO_SUCH_FOLDER' })
})

t.test('mail that fails keeps nobody from the calendars, and is told', async t => {
  using account = new ModelCollectionsAccount()
  account.serve('/a/', { name: 'Home' }).write('other', '1', 'a meeting')
  account.connectMail = async () => Promise.reject(failing('NET_REFUSED'))
  await t.rejects(account.sync(), { code: 'NET_REFUSED' })
  t.same(account.seen(), { Home: ['a meeting'] })
  account.connections = 0
  account.connectMail = async () => Promise.reject(failing('UPSTREAM_SIGN_IN_REFUSED'))
  await t.rejects(account.sync(), { code: 'UPSTREAM_SIGN_IN_REFUSED' })
  t.equal(account.connections, 0, 'a password that was refused is not tried at the next door')
  account.connectMail = undefined
  account.failure = failing('NET_TIMEOUT')
  await t.rejects(account.sync(), { code: 'NET_TIMEOUT' })
  t.match(account.store.read.lastRun(), { error: { code: 'NET_TIMEOUT' } })
})

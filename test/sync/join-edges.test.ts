import t from 'tap'
import { PosternError } from '../../src/errors.ts'
import { countJoin } from '../../src/sync/objects/join/count-join.ts'
import { contact, event } from '../support/dav.ts'
import { ModelCollectionsAccount } from '../support/model-collections.ts'

function nameIn(text: string): string {
  return /(?:SUMMARY|FN):(.*)\r/.exec(text)?.[1] ?? text
}

function seen(account: ModelCollectionsAccount): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(Object.entries(account.seen()).map(([path, texts]) => [path, texts.map(nameIn).toSorted()]))
}

function served(account: ModelCollectionsAccount): Readonly<Record<string, readonly string[]>> {
  const all = [...account.served].map(([href, { objects }]) => {
    return [href, [...objects.members.values()].map(({ text }) => nameIn(text)).toSorted()]
  })
  return Object.fromEntries(all)
}

function doubt(account: ModelCollectionsAccount): void {
  account.store.transact(({ collections }) => collections.doubt())
}

function entry(account: ModelCollectionsAccount, name: string): number {
  const all = account.store.read.collections().flatMap(({ id }) => account.store.read.objects.list(id))
  return all.find(({ octets }) => nameIn(octets.toString()) === name)?.id ?? 0
}

t.test('what was deleted here is no obstacle where the account has another entry under its name', async t => {
  using account = new ModelCollectionsAccount()
  const work = account.serve('/work/', { name: 'Work' })
  for (const name of ['one', 'two']) work.write('other', `/work/${name}.ics`, event(name, name))
  await account.sync()
  account.store.transact(({ objects }) => objects.delete(entry(account, 'two')))
  account.served.clear()
  account.account = 'grace'
  account.serve('/work/', { name: 'Work' }).write('other', '/work/two.ics', event('one', 'one'))
  t.match(await account.sync(), { conflicts: 0, errors: { length: 0 } })
  t.same([seen(account), served(account)], [{ Work: ['one'] }, { '/work/': ['one'] }])
  const deleted = [...account.store.read.keptObjects.deleted(undefined)].map(({ octets }) => nameIn(octets.toString()))
  t.same(deleted, ['two'], 'and it can be restored')
})

t.test('collections of one name find each other by the last part of their places', async t => {
  using account = new ModelCollectionsAccount()
  for (const name of ['a', 'b']) {
    account.serve(`/ada/${name}/`, { name: 'Work' }).write('other', `/ada/${name}/1.ics`, event(name, name))
  }
  await account.sync()
  account.served.clear()
  account.account = 'the same one on another path'
  for (const name of ['b', 'a']) {
    account.serve(`/new/ada/${name}/`, { name: 'Work' }).write('other', `/new/ada/${name}/1.ics`, event(name, name))
  }
  t.match(await account.sync(), { uploaded: 0, conflicts: 0, errors: { length: 0 } })
  t.same(served(account), { '/new/ada/b/': ['b'], '/new/ada/a/': ['a'] })
  t.same(seen(account), { Work: ['a'], 'Work (calendar)': ['b'] })
})

t.test('what was deleted is restored into the very collection, not below it', async t => {
  using account = new ModelCollectionsAccount()
  account.serve('/dav/work/', { name: 'Work' }).write('other', '/dav/work/1.ics', event('one', 'one'))
  await account.sync()
  const id = entry(account, 'one')
  account.store.transact(({ objects }) => objects.delete(id))
  await account.sync()
  account.served.clear()
  account.account = 'grace'
  account.serve('/dav/', { name: 'Work' })
  await account.sync()
  await account.change({ kind: 'restoreObjects', objects: [id] })
  await account.sync()
  t.match([...(account.served.get('/dav/')?.objects.members.keys() ?? [])], [/^\/dav\/[^/]+\.ics$/])
})

t.test('a change of an entry without a UID is told to the same account, and a deletion as well', async t => {
  using account = new ModelCollectionsAccount()
  const nameless = (name: string) => contact('none', name).replace(/UID:.*\r\n/, '')
  const people = account.serve('/people/', { name: 'People', kind: 'addressbook' })
  for (const name of ['Alan', 'Zoe']) people.write('other', `/people/${name}.vcf`, nameless(name))
  await account.sync()
  account.store.transact(({ objects }) => {
    objects.edit(entry(account, 'Alan'), Buffer.from(nameless('Alan Turing')))
    objects.delete(entry(account, 'Zoe'))
  })
  doubt(account)
  t.match(await account.sync(), { conflicts: 0, errors: { length: 0 } })
  t.same([seen(account), served(account)], [{ People: ['Alan Turing'] }, { '/people/': ['Alan Turing'] }])
})

t.test('a UID that stands behind a photo is seen', async t => {
  using account = new ModelCollectionsAccount()
  const photo = `PHOTO:data:image/png;base64,${'A'.repeat(80_000)}\r\n`
  const withPhoto = (name: string) => contact('alan', name).replace('UID:', `${photo}UID:`)
  account.serve('/p/', { name: 'People', kind: 'addressbook' }).write('other', '/p/alan.vcf', withPhoto('Alan'))
  await account.sync()
  account.served.clear()
  account.account = 'grace'
  const there = account.serve('/g/', { name: 'People', kind: 'addressbook' })
  there.write('other', '/g/1.vcf', withPhoto('Alan Turing'))
  t.match(await account.sync(), { conflicts: 1, errors: { length: 0 } })
  t.same([seen(account), served(account)], [{ People: ['Alan Turing'] }, { '/g/': ['Alan Turing'] }])
})

async function count(account: ModelCollectionsAccount, remote = account.connect()) {
  const { signal } = new AbortController()
  return countJoin({ store: account.store, remote, account: account.account, signal, onFolder: () => undefined })
}

t.test('of an account without address books it is not said that any would be made', async t => {
  using account = new ModelCollectionsAccount()
  account.serve('/p/', { name: 'People', kind: 'addressbook' }).write('other', '/p/1.vcf', contact('alan', 'Alan'))
  await account.sync()
  account.served.clear()
  account.account = 'grace'
  account.kinds = ['calendar']
  t.match(await count(account), { local: 1, upload: 0, newCollections: { length: 0 } })
})

t.test('where nothing can be changed it is not said that anything would be', async t => {
  using account = new ModelCollectionsAccount()
  const work = account.serve('/w/', { name: 'Work', isReadOnly: true })
  for (const name of ['one', 'two', 'three']) work.write('other', `/w/${name}.ics`, event(name, name))
  await account.sync()
  work.write('other', '/w/one.ics', undefined)
  account.store.transact(({ objects }) => objects.delete(entry(account, 'two')))
  doubt(account)
  t.match(await count(account), { local: 2, same: 1, differing: 1, upload: 0, deleted: 0, download: 1 })
  t.match(await account.sync(), { conflicts: 1, uploaded: 0, downloaded: 1 })
})

t.test('a collection that refuses to be read keeps no other from being counted', async t => {
  using account = new ModelCollectionsAccount()
  for (const name of ['a', 'b']) {
    account.serve(`/${name}/`, { name }).write('other', `/${name}/1.ics`, event(name, name))
  }
  await account.sync()
  doubt(account)
  account.serve('/c/', { name: 'c' })
  const remote = account.connect()
  const refused = new PosternError('UPSTREAM_REFUSED', 'not for you', { remedy: 'user', advice: '-' })
  const open: typeof remote.open = place => {
    const collection = remote.open(place)
    if (place.href !== '/b/') collection.changes = async () => Promise.reject(refused)
    return collection
  }
  t.match(await count(account, { ...remote, open }), { local: 2, account: 1, same: 1, upload: 0, download: 0 })
})

t.test('what waits for a place is put into no calendar that comes later', async t => {
  using account = new ModelCollectionsAccount()
  const refused = new PosternError('UPSTREAM_REFUSED', 'none are made', { remedy: 'user', advice: '-' })
  account.serve('/ada/', { name: 'Work' }).write('other', '/ada/1.ics', event('one', 'one'))
  await account.sync()
  account.served.clear()
  account.account = 'grace'
  for (const name of ['y', 'z']) account.serve(`/${name}/`, { name })
  account.makes = () => {
    throw refused
  }
  await account.sync()
  account.serve('/team/', { name: 'Shared by another' })
  t.match(await account.sync(), { uploaded: 0, errors: [{ code: 'SYNC_COLLECTION_NOT_MADE' }] })
  t.same(served(account), { '/y/': [], '/z/': [], '/team/': [] })
})

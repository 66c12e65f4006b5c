import t from 'tap'
import { PosternError } from '../../src/errors.ts'
import { contact, event } from '../support/dav.ts'
import { ModelCollectionsAccount } from '../support/model-collections.ts'

const refused = new PosternError('UPSTREAM_REFUSED', 'the server makes no calendars.', { remedy: 'retry', advice: '-' })

/** What the user sees, by folder: the names of the entries. */
function seen(account: ModelCollectionsAccount): Readonly<Record<string, readonly string[]>> {
  const names = Object.entries(account.seen()).map(([path, texts]) => [path, texts.map(nameIn).toSorted()])
  return Object.fromEntries(names)
}

/** What the server has, by the names of its collections. */
function served(account: ModelCollectionsAccount): Readonly<Record<string, readonly string[]>> {
  const all = [...account.served.values()].map(({ listed, objects }) => {
    return [listed.name, [...objects.members.values()].map(({ text }) => nameIn(text)).toSorted()]
  })
  return Object.fromEntries(all)
}

function nameIn(text: string): string {
  return /(?:SUMMARY|FN):(.*)\r/.exec(text)?.[1] ?? text
}

/** Another server and another user, with nothing yet. */
function move(account: ModelCollectionsAccount, to = 'grace'): void {
  account.served.clear()
  account.account = to
}

/** What unbinding and binding say to the store. */
function doubt(account: ModelCollectionsAccount): void {
  account.store.transact(({ collections }) => collections.doubt())
}

function entry(account: ModelCollectionsAccount, folder: string, name: string): number {
  const { id } = account.store.read.getAnyFolder(folder)
  const found = account.store.read.objects.list(id).find(({ octets }) => nameIn(octets.toString()) === name)
  return found?.id ?? 0
}

/** An account with a calendar and an address book, all of it here. */
async function started(): Promise<ModelCollectionsAccount> {
  const account = new ModelCollectionsAccount()
  const work = account.serve('/ada/work/', { name: 'Work' })
  for (const name of ['one', 'two', 'three']) work.write('other', `/ada/work/${name}.ics`, event(name, name))
  const people = account.serve('/ada/people/', { name: 'People', kind: 'addressbook' })
  people.write('other', '/ada/people/alan.vcf', contact('alan', 'Alan'))
  await account.sync()
  return account
}

t.test('what is here and what another account has become one, each once on both sides', async t => {
  using account = await started()
  move(account)
  const there = account.serve('/grace/job/', { name: 'work' })
  // The same name and ETag as before, and something else; the same in other words; the same under another UID.
  there.write('other', '/ada/work/one.ics', event('another', 'theirs'))
  there.write('other', '/grace/job/2.ics', event('two', 'two').replace('PRODID:-//Postern//test//EN\r\n', ''))
  there.write('other', '/grace/job/3.ics', event('3', 'three'))
  t.match(await account.sync(), { conflicts: 0, errors: { length: 0 } })
  const all = { People: ['Alan'], work: ['one', 'theirs', 'three', 'two'] }
  t.same(seen(account), all)
  t.same(served(account), all, 'the address book was made there')
  t.match(await account.sync(), { downloaded: 0, uploaded: 0, conflicts: 0, errors: { length: 0 } })
  t.same(served(account), all)
  const { objects } = account.served.get('/grace/job/') ?? {}
  t.same(
    objects?.history.filter(({ by, over }) => by === 'us' && over !== undefined),
    [],
    'nothing was replaced there',
  )
})

for (const winner of ['server', 'client'] as const) {
  t.test(`of two versions of an entry that of the ${winner} counts, and the other one is kept`, async t => {
    using account = await started()
    account.settings = { ...account.settings, conflictResolution: winner }
    move(account)
    account.serve('/g/', { name: 'Work' }).write('other', '/g/1.ics', event('one', 'another one'))
    t.match(await account.sync(), { conflicts: 1, errors: { length: 0 } })
    const [stays, kept] = winner === 'server' ? ['another one', 'one'] : ['one', 'another one']
    t.same(seen(account).Work, [stays, 'three', 'two'].toSorted())
    await account.sync()
    t.same(served(account).Work, [stays, 'three', 'two'].toSorted())
    t.same(
      account.store.read.keptObjects.conflicts().map(({ octets }) => nameIn(octets.toString())),
      [kept],
    )
  })
}

t.test('collections that change names and places find each other', async t => {
  using account = new ModelCollectionsAccount()
  for (const name of ['A', 'B'])
    account.serve(`/${name}/`, { name }).write('other', `/${name}/1.ics`, event(name, name))
  await account.sync()
  move(account)
  for (const name of ['A', 'B', 'C']) {
    const href = `/${name === 'A' ? 'B' : name === 'B' ? 'C' : 'A'}/`
    account.serve(href, { name }).write('other', `${href}1.ics`, event(`new ${name}`, `new ${name}`))
  }
  t.match(await account.sync(), { errors: { length: 0 } })
  // The place is what a collection is known by: what was at /A/ is at /A/.
  const all = [['A', 'new C'], ['B', 'new A'], ['new B']]
  t.same(Object.values(seen(account)).toSorted(), all)
  t.same(Object.values(served(account)).toSorted(), all)
})

t.test('what the account cannot make stays here, which is told until it can', async t => {
  using account = await started()
  move(account)
  account.makes = () => {
    throw refused
  }
  account.serve('/g/', { name: 'Garden' })
  account.serve('/h/', { name: 'House' })
  const told = {
    code: 'SYNC_COLLECTION_NOT_MADE',
    message: /it cannot be made there: the server makes no calendars\. What is in it stays here alone\.$/,
  }
  const errors = [
    { folder: 'Work', ...told },
    { folder: 'People', ...told },
  ]
  t.match(await account.sync(), { uploaded: 0, errors })
  t.match(await account.sync(), { errors })
  const here = { Garden: [], House: [], People: ['Alan'], Work: ['one', 'three', 'two'] }
  t.same(seen(account), here)
  t.match(account.store.read.getAnyFolder('Work'), { state: 'ok', error: { code: 'SYNC_COLLECTION_NOT_MADE' } })
  account.store.transact(({ objects }) => objects.edit(entry(account, 'Work', 'one'), Buffer.from(event('one', 'One'))))
  account.store.transact(({ objects }) => objects.delete(entry(account, 'Work', 'two')))
  // Somebody makes it with other tools, and puts something into it.
  account.serve('/w/', { name: 'Work' }).write('other', '/w/x.ics', event('x', 'x'))
  t.match(await account.sync(), { errors: [{ folder: 'People' }] })
  t.same(seen(account), { ...here, Work: ['One', 'three', 'x'] })
  t.same(served(account), { Garden: [], House: [], Work: ['One', 'three', 'x'] })
  t.match(account.store.read.getAnyFolder('Work'), { error: undefined })
  // An empty one is missed by nobody.
  account.store.transact(({ objects }) => objects.bury(entry(account, 'People', 'Alan'), 'local'))
  t.match(await account.sync(), { errors: { length: 0 } })
  t.same(Object.keys(seen(account)), ['Garden', 'House', 'Work'])
})

t.test('what can be made is made although another one cannot, and each is told of once', async t => {
  using account = await started()
  account.serve('/ada/club/', { name: 'Club', kind: 'addressbook' }).write('other', '/c', contact('zoe', 'Zoe'))
  await account.sync()
  move(account)
  account.makes = ({ kind, name }) => {
    if (kind === 'calendar') throw refused
    return name !== 'Club'
  }
  const why = { code: 'SYNC_COLLECTION_NOT_MADE' }
  const errors = [
    { folder: 'Work', ...why, message: /makes no calendars/ },
    { folder: 'Club', ...why, message: /it was made there, and is not listed/ },
  ]
  for (let run = 0; run < 2; run++) {
    const { errors: told } = await account.sync()
    t.match(told, errors)
    t.equal(told.length, 2)
  }
  t.same(seen(account), { Club: ['Zoe'], People: ['Alan'], Work: ['one', 'three', 'two'] })
  t.same(served(account), { People: ['Alan'] })
  account.makes = undefined
  t.match(await account.sync(), { errors: { length: 0 } })
  t.same(served(account), seen(account))
})

t.test('bound to the same account again, changes that waited are told, and nothing else is touched', async t => {
  using account = await started()
  const work = account.served.get('/ada/work/')?.objects
  account.store.transact(({ objects }) => {
    const { id } = account.store.read.getAnyFolder('Work')
    objects.edit(entry(account, 'Work', 'one'), Buffer.from(event('one', 'One')))
    objects.delete(entry(account, 'Work', 'two'))
    objects.create(id, '/ada/work/mine.ics', Buffer.from(event('mine', 'mine')))
  })
  t.equal(account.store.read.merge.untold().entries, 3)
  doubt(account)
  work?.write('other', '/ada/work/three.ics', event('three', 'Three'))
  account.served.get('/ada/people/')?.objects.write('other', '/ada/people/alan.vcf', undefined)
  account.settings = { ...account.settings, conflictResolution: 'client' }
  t.match(await account.sync(), { conflicts: 0, errors: { length: 0 } })
  const all = { People: ['Alan'], Work: ['One', 'Three', 'mine'] }
  t.same(seen(account), all, 'what only the account had changed is taken; what vanished there is not deleted here')
  t.same(served(account), all)
})

t.test('what was deleted here comes back where it is another one, and can be deleted again', async t => {
  using account = await started()
  account.store.transact(({ objects }) => objects.delete(entry(account, 'Work', 'two')))
  account.store.transact(({ objects }) => objects.delete(entry(account, 'Work', 'three')))
  move(account)
  account.serve('/g/', { name: 'Work' }).write('other', '/g/2.ics', event('two', 'two'))
  t.match(await account.sync(), { conflicts: 0, errors: { length: 0 } })
  t.same(seen(account).Work, ['one', 'two'])
  t.same(served(account).Work, ['one', 'two'])
  const deleted = [...account.store.read.keptObjects.deleted(undefined)].map(({ octets }) => nameIn(octets.toString()))
  t.same(deleted.toSorted(), ['three', 'two'], 'and both can be restored')
})

t.test('the same server under another name: nothing is doubled, deleted or asked', async t => {
  using account = await started()
  account.store.transact(({ objects }) => {
    const { id } = account.store.read.getAnyFolder('Work')
    objects.create(id, '/ada/work/mine.ics', Buffer.from(event('mine', 'mine')))
    objects.delete(entry(account, 'Work', 'two'))
  })
  account.account = 'ada, by another name of the host'
  t.match(await account.sync(), { downloaded: 0, uploaded: 2, conflicts: 0, errors: { length: 0 } })
  t.same(seen(account), { People: ['Alan'], Work: ['mine', 'one', 'three'] })
  t.same(served(account), seen(account))
})

t.test('a change whose answer was lost before is known again', async t => {
  using account = await started()
  const id = entry(account, 'Work', 'one')
  account.store.transact(({ objects }) => {
    objects.edit(id, Buffer.from(event('one', 'One')))
    objects.sending(id)
  })
  account.served.get('/ada/work/')?.objects.write('us', '/ada/work/one.ics', event('one', 'One'))
  account.store.transact(({ objects }) => objects.edit(id, Buffer.from(event('one', 'ONE'))))
  doubt(account)
  t.match(await account.sync(), { conflicts: 0, errors: { length: 0 } })
  t.same(served(account).Work, ['ONE', 'three', 'two'])
})

t.test('what cannot be read there keeps nothing else, and is doubled by nobody', async t => {
  using account = await started()
  account.unreadable.set('/ada/work/two.ics', refused)
  account.account = 'ada, by another name of the host'
  t.match(await account.sync(), { uploaded: 0, conflicts: 0, errors: [{ folder: 'Work', code: 'UPSTREAM_REFUSED' }] })
  t.same(seen(account).Work, ['one', 'three', 'two'])
  account.unreadable.clear()
  await account.sync()
  await account.sync()
  t.same(seen(account).Work, ['one', 'three', 'two'])
  t.same(served(account).Work, ['one', 'three', 'two'])
})

t.test('of a server that is away nothing is unreadable: what was read so far is joined with nothing', async t => {
  using account = await started()
  move(account)
  const there = account.serve('/g/', { name: 'Work' })
  there.write('other', '/g/1.ics', event('one', 'one'))
  there.write('other', '/g/2.ics', event('two', 'two'))
  const lost = new PosternError('UPSTREAM_LOST', 'it is away', { remedy: 'retry', advice: '-' })
  account.onAsked = () => {
    account.failure = lost
    throw lost
  }
  await t.rejects(account.sync(), { code: 'UPSTREAM_LOST' })
  t.match(account.store.read.getAnyFolder('Work'), { joining: 'compare' })
  account.onAsked = undefined
  account.failure = undefined
  t.match(await account.sync(), { errors: { length: 0 } })
  t.same(served(account).Work, ['one', 'three', 'two'])
  t.same(seen(account).Work, ['one', 'three', 'two'])
})

t.test('what was deleted before is restored at the place that its collection has now', async t => {
  using account = await started()
  const id = entry(account, 'Work', 'one')
  await account.change({ kind: 'deleteObjects', objects: [id] })
  await account.sync()
  move(account)
  account.serve('/g/', { name: 'Work' })
  await account.sync()
  await account.change({ kind: 'restoreObjects', objects: [id] })
  t.match(await account.sync(), { uploaded: 1, errors: { length: 0 } })
  const hrefs = [...(account.served.get('/g/')?.objects.members.keys() ?? [])]
  t.equal(hrefs.length, 3)
  t.ok(
    hrefs.every(href => href.startsWith('/g/')),
    hrefs.join(),
  )
})

t.test('where nothing can be changed, what the account lacks is kept aside', async t => {
  using account = await started()
  account.serve('/ada/work/', { name: 'Work', isReadOnly: true })
  await account.sync()
  doubt(account)
  account.served.get('/ada/work/')?.objects.write('other', '/ada/work/one.ics', undefined)
  t.match(await account.sync(), { uploaded: 0, conflicts: 1, errors: { length: 0 } })
  t.same(seen(account).Work, ['three', 'two'])
  move(account)
  account.serve('/g/', { name: 'Work', isReadOnly: true })
  account.serve('/h/', { name: 'Other' })
  t.match(await account.sync(), { conflicts: 2 })
})

t.test('a run of the most urgent folders alone finds their places too', async t => {
  using account = await started()
  account.settings = { ...account.settings, priorityFolders: ['Work'] }
  move(account)
  account.serve('/g/', { name: 'Work' })
  t.match(await account.sync({ scope: 'priority', structure: 'skip' }), { uploaded: 3, errors: { length: 0 } })
  t.same(served(account), { People: [], Work: ['one', 'three', 'two'] })
  t.same(seen(account).People, ['Alan'])
  await account.sync({ structure: 'skip' })
  t.same(served(account).People, ['Alan'])
})

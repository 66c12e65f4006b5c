import { join } from 'node:path'
import t from 'tap'
import { StoreReaders } from '../../src/daemon/reading/reader-operations.ts'
import { contact, event } from '../support/dav.ts'
import { ModelCollectionsAccount } from '../support/model-collections.ts'

t.test('what is in calendars is listed, counted and kept like mail, under ids of its own', async t => {
  using account = new ModelCollectionsAccount()
  using readers = new StoreReaders()
  const dir = join(account.root, 'store')
  const work = account.serve('/a/', { name: 'Work' })
  for (const name of ['1', '2', '3']) work.write('other', `/a/${name}.ics`, event(name, `Meeting ${name}`))
  account.serve('/b/', { name: 'People', kind: 'addressbook' }).write('other', '/b/1.vcf', contact('c', 'Ada'))
  await account.sync()
  const { id: folder } = account.store.read.getAnyFolder('Work')
  const [first, second, third] = account.store.read.objects.list(folder).map(({ id }) => id)
  const rows = (name: 'items' | 'deleted' | 'ignored', wanted: string | undefined) =>
    [...readers[name]({ dir, folder: wanted as string })].flat()

  t.match(rows('items', 'Work'), [{ row: `o${first}` }, { row: `o${second}` }, { row: `o${third}` }])
  t.match([...readers.object({ dir, row: first ?? 0 })], [{ folder: 'Work', subject: 'Meeting 1', error: null }])
  t.match([...readers.folders({ dir })].flat(), [
    { path: 'People', kind: 'contacts', items: 1 },
    { path: 'Work', kind: 'calendar', items: 3, unread: 0, ignored: 0 },
  ])

  account.store.transact(({ objects }) => {
    objects.edit(first ?? 0, Buffer.from(event('1', 'Refused')))
    objects.delete(second ?? 0)
    for (let attempt = 0; attempt < 3; attempt++) {
      for (const id of [first, second]) objects.refused(id ?? 0, 'the server says no')
    }
  })
  t.match(rows('ignored', undefined), [
    { row: `o${first}`, folder: 'Work', stage: 'upload', error: 'the server says no', subject: 'Refused', since: null },
    { row: `o${second}`, folder: 'Work', stage: 'deletion' },
  ])
  t.match([...readers.summary({ dir })], [{ folders: 2, items: 3, ignored: 2, queued: { upload: 0 } }])
  t.same(rows('ignored', 'People'), [])
  t.match(rows('deleted', 'Work'), [{ row: `o${second}`, state: 'deleting', deletedAt: null }])
  await account.change({ kind: 'clearIgnored', folder: 'Work' })
  t.match([...readers.summary({ dir })], [{ ignored: 0, queued: { upload: 2 } }], 'they are tried again')
  t.match(await account.sync(), { uploaded: 2, errors: { length: 0 } })
  t.match(rows('deleted', undefined), [
    { row: `o${second}`, state: 'deleted', deletedBy: 'local', restorableUntil: /^\d/ },
  ])
  const restored = await account.change({ kind: 'restoreDeleted', from: 'Work', sinceMs: account.clock.ms + 1 })
  t.match(restored, { objects: [], changed: 0 }, 'none that late')
  t.match(await account.change({ kind: 'restoreDeleted', from: 'Work', sinceMs: 0 }), { objects: [second], changed: 1 })
  t.match(await account.sync(), { uploaded: 1 })
  t.throws(() => [...readers.item({ dir, row: first ?? 0 })], { code: 'STORE_NO_SUCH_ITEM' }, 'it is no message')
})

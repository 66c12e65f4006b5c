import t from 'tap'
import { DEFAULT_SYNC_SETTINGS } from '../../src/sync/settings.ts'
import { killedIn } from '../support/blocks.ts'
import { Killed } from '../support/model/faults.ts'
import { ModelAccount } from '../support/model-account.ts'

for (const resolution of ['server', 'client'] as const) {
  const isServer = resolution === 'server'
  const account = async () => {
    const made = new ModelAccount()
    made.settings = { ...DEFAULT_SYNC_SETTINGS, conflictResolution: resolution }
    made.deliver('Archive', 'a', 'b', 'c')
    await made.sync()
    await made.change({ kind: 'renameFolder', path: 'Archive', newPath: 'Mine' })
    return made
  }
  const paths = ({ store }: ModelAccount) => store.read.folders().map(({ path }) => path)

  t.test(`a folder is renamed on both sides, the ${resolution} wins`, async t => {
    using each = await account()
    const ids = each.items('Mine').map(({ id }) => id)
    each.server.rename('Archive', 'Theirs')
    await each.sync()
    t.match(await each.sync(), { downloaded: 0, uploaded: 0, errors: { length: 0 } })
    const name = isServer ? 'Theirs' : 'Mine'
    t.same(paths(each), ['INBOX', name])
    t.same([...each.server.folders.keys()].sort(), ['INBOX', name])
    t.same(
      each.items(name).map(({ id }) => id),
      ids,
      'with the same messages',
    )
  })

  t.test(`killed while it is made again, the ${resolution} wins`, async t => {
    using each = await account()
    await each.sync().catch(() => undefined)
    await each.change({ kind: 'renameFolder', path: 'Mine', newPath: 'Archive' })
    each.server.folders.delete('Mine')
    each.guard = killedIn(0, 'held', 'uploadHomeless')
    if (isServer) await each.sync()
    else t.ok((await each.sync().catch(error => error)) instanceof Killed)
    each.guard = store => store
    for (let run = 0; run < 4; run++) await each.sync()
    t.same(paths(each), isServer ? ['INBOX'] : ['Archive', 'INBOX'])
    if (!isServer) t.same(each.serverSubjects('Archive').sort(), ['a', 'b', 'c'])
  })

  t.test(`a folder is renamed here and deleted there, the ${resolution} wins`, async t => {
    using each = await account()
    each.server.folders.delete('Archive')
    for (let run = 0; run < 4; run++) await each.sync()
    t.match(await each.sync(), { errors: { length: 0 } })
    t.same(paths(each), isServer ? ['INBOX'] : ['INBOX', 'Mine'])
    t.same(isServer ? [] : each.serverSubjects('Mine').sort(), isServer ? [] : ['a', 'b', 'c'])
    if (isServer) t.equal([...each.store.read.kept.deleted()].length, 3, 'restorable')
  })
}

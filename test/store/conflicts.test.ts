import t, { type Test } from 'tap'
import type { Resolution } from '../../src/store/changes/conflicts.ts'
import { packFlags, unpackFlags } from '../../src/store/flags.ts'
import type { Store } from '../../src/store/store.ts'
import { sweep } from '../../src/sync/sweep.ts'
import { addItem, RECOGNITION, remoteMessage, storeWithInbox } from '../support/store.ts'

const SEEN = { add: packFlags(['\\Seen']), remove: packFlags([]) }

/** A store with a message of the server, and what one does to it. */
async function oneMessage(t: Test, resolution: Resolution) {
  const { store, inbox } = storeWithInbox(t)
  await addItem(store, inbox, 1)
  const id = [...store.read.items(inbox)][0]?.id ?? 0
  const folder = (path: string, role?: string) => {
    const facts = { delimiter: '/', objectId: undefined, rights: undefined, isSelectable: true, isExcluded: false }
    store.transact(transactor => transactor.putFolder({ path, role, ...facts }))
    return store.read.getFolder(path).id
  }
  const goneOnServer = async () => {
    store.transact(transactor => transactor.vanish(inbox, 1, 1))
    for (let cycle = 0; cycle < 2; cycle++) await sweep(store, resolution)
  }
  const flagOnServer = (...flags: string[]) =>
    store.transact(transactor => {
      transactor.setServerFlags(inbox, 1, { uid: 1, flags: packFlags(flags) }, resolution)
    })
  return { store, inbox, id, folder, goneOnServer, flagOnServer }
}

const flagsOf = (store: Store, folder: number) =>
  [...store.read.items(folder)].map(({ flags }) => unpackFlags(flags).join(' '))

t.test('changed here, deleted on the server: the server wins, the local version is kept', async t => {
  const { store, inbox, id, goneOnServer } = await oneMessage(t, 'server')
  store.transact(({ local }) => local.setFlags(id, SEEN))
  await goneOnServer()
  t.equal(store.read.counts(inbox).items, 0)
  const [kept] = store.read.kept.conflicts()
  t.match(kept, { item: id, side: 'local', reason: 'deleted-on-server', path: 'INBOX', messageId: '<1@x>' })
  t.same(kept && unpackFlags(kept.flags), ['\\Seen'])
  t.same(kept && Buffer.concat([...store.read.body(kept.location)]).toString(), 'hello')
  store.transact(({ undo }) => undo.restoreConflict(kept?.id ?? 0))
  t.same(flagsOf(store, inbox), ['\\Seen'])
  t.match(store.read.pending.appends(Number.MAX_SAFE_INTEGER), [{ item: id, folder: inbox }])
  t.same(store.read.kept.conflicts(), [])
})

t.test('changed here, deleted on the server: the client wins, it is appended again', async t => {
  const { store, inbox, id, goneOnServer } = await oneMessage(t, 'client')
  store.transact(({ local }) => local.setFlags(id, SEEN))
  await goneOnServer()
  t.same(flagsOf(store, inbox), ['\\Seen'])
  t.match(store.read.pending.appends(Number.MAX_SAFE_INTEGER), [{ item: id, folder: inbox }])
  t.same(store.read.kept.conflicts(), [])
  store.transact(transactor => {
    t.ok(transactor.adopt(inbox, remoteMessage(2, { messageId: '<1@x>' }), { ...RECOGNITION, resolution: 'client' }))
  })
  t.same(store.read.pending.appends(Number.MAX_SAFE_INTEGER), [], 'the server has shown it again: nothing to upload')
})

t.test('moved here, deleted on the server', async t => {
  for (const resolution of ['server', 'client'] as const) {
    const { store, id, folder, goneOnServer } = await oneMessage(t, resolution)
    const archive = folder('Archive')
    store.transact(({ local }) => local.move(id, archive))
    await goneOnServer()
    const isKept = store.read.kept.conflicts().map(({ path, other }) => [path, other.path])
    t.same(isKept, resolution === 'server' ? [['Archive', 'INBOX']] : [])
    t.equal(store.read.counts(archive).items, resolution === 'server' ? 0 : 1)
  }
})

t.test('what was only touched, marked as deleted, or thrown away here is no conflict', async t => {
  for (const change of ['touch', 'mark', 'trash'] as const) {
    const { store, id, folder, goneOnServer } = await oneMessage(t, 'server')
    const trash = folder('Trash', 'trash')
    const back = { add: packFlags([]), remove: packFlags(['\\Seen']) }
    store.transact(({ local }) => {
      if (change === 'mark') local.setFlags(id, { add: packFlags(['\\Deleted']), remove: packFlags([]) })
      else if (change === 'trash') local.move(id, trash)
      else for (const each of [SEEN, back]) local.setFlags(id, each)
    })
    await goneOnServer()
    t.same(store.read.kept.conflicts(), [], change)
    t.match([...store.read.kept.deleted()], [{ item: id, deletedBy: 'server' }], change)
  }
})

t.test('a flag that the server does not keep is no change that it missed', async t => {
  const { store, id, goneOnServer } = await oneMessage(t, 'server')
  store.transact(({ local }) => local.setFlags(id, SEEN))
  const nothing = { add: packFlags([]), remove: packFlags([]) }
  store.transact(({ push }) => push.flagsStored([{ item: id, revision: 1 }], nothing))
  await goneOnServer()
  t.same(store.read.kept.conflicts(), [])
})

t.test('deleted here, changed on the server: the server wins, the deletion is forgotten', async t => {
  const { store, inbox, id, flagOnServer } = await oneMessage(t, 'server')
  store.transact(({ local }) => local.delete(id, { isPermanent: true }))
  flagOnServer('\\Deleted')
  t.equal(store.read.counts(inbox).items, 0, 'another who wants it gone changes nothing')
  flagOnServer('\\Deleted', '\\Flagged')
  t.same(flagsOf(store, inbox), ['\\Flagged'], 'and the mark is taken off')
  t.match([...store.read.items(inbox)], [{ id, uid: 1 }])
  t.same(store.read.kept.conflicts(), [])
})

t.test('deleted here, changed on the server: the client wins, the server’s version is kept', async t => {
  const { store, inbox, id, flagOnServer } = await oneMessage(t, 'client')
  store.transact(({ local }) => local.delete(id, { isPermanent: true }))
  flagOnServer('\\Flagged')
  flagOnServer('\\Flagged', '$Late')
  const kept = store.read.kept.conflicts()
  t.match(kept, [{ item: id, side: 'server', reason: 'deleted-here', path: 'INBOX' }], 'once, as it is now')
  t.same(kept[0] && unpackFlags(kept[0].flags), ['\\Flagged', '$Late'])
  t.same(store.read.pending.deletions(inbox, 1), [1], 'and the deletion goes through')
  store.transact(({ push }) => push.expunged(inbox, 1, [1], false))
  store.transact(({ undo }) => undo.restoreConflict(kept[0]?.id ?? 0))
  t.same(flagsOf(store, inbox), ['\\Flagged $Late'])
  t.same([...store.read.kept.deleted()], [], 'no second version of the same message is left')
})

t.test('a change of our own whose answer was lost is no change on the server', async t => {
  const { store, inbox, id, flagOnServer } = await oneMessage(t, 'server')
  store.transact(({ local }) => {
    local.setFlags(id, SEEN)
    local.delete(id, { isPermanent: true })
  })
  flagOnServer('\\Seen')
  t.equal(store.read.counts(inbox).items, 0)
})

t.test('taking the deletion back takes the conflict with it', async t => {
  const { store, inbox, id, flagOnServer } = await oneMessage(t, 'client')
  store.transact(({ local }) => local.delete(id, { isPermanent: true }))
  flagOnServer('\\Flagged')
  store.transact(({ undo }) => undo.restore(id))
  t.same(store.read.kept.conflicts(), [])
  t.same(flagsOf(store, inbox), ['\\Flagged'])
})

t.test('moved on both sides', async t => {
  for (const resolution of ['server', 'client'] as const) {
    const { store, inbox, id, folder } = await oneMessage(t, resolution)
    const [mine, theirs] = [folder('Mine'), folder('Theirs')]
    store.transact(({ local }) => local.move(id, mine))
    store.transact(transactor => {
      transactor.vanish(inbox, 1, 1)
      t.ok(transactor.adopt(theirs, remoteMessage(9, { messageId: '<1@x>' }), { ...RECOGNITION, resolution }))
    })
    t.equal(store.read.getItem(id).folder, resolution === 'server' ? theirs : mine)
    const { pending } = store.read
    t.same(pending.movedFrom(), resolution === 'server' ? [] : [theirs], `${resolution} wins`)
    const moves = pending.moves(theirs).map(({ destination }) => destination)
    t.same(moves, resolution === 'server' ? [] : [mine])
  }
})

t.test('deleted here, moved on the server', async t => {
  for (const resolution of ['server', 'client'] as const) {
    const { store, inbox, id, folder } = await oneMessage(t, resolution)
    const theirs = folder('Theirs')
    store.transact(({ local }) => local.delete(id, { isPermanent: true }))
    store.transact(transactor => {
      transactor.vanish(inbox, 1, 1)
      t.ok(transactor.adopt(theirs, remoteMessage(9, { messageId: '<1@x>' }), { ...RECOGNITION, resolution }))
    })
    const kept = store.read.kept.conflicts().map(({ side, path }) => [side, path])
    t.same(kept, resolution === 'server' ? [] : [['server', 'Theirs']])
    t.equal(store.read.counts(theirs).items, resolution === 'server' ? 1 : 0)
  }
})

t.test('a message that arrived before it vanished elsewhere is the same one', async t => {
  const { store, inbox, id, folder } = await oneMessage(t, 'server')
  const theirs = folder('Theirs')
  store.transact(transactor => {
    transactor.setPosition(theirs, { uidValidity: 1, uidNext: 1, highestModseq: 1n }, true)
  })
  store.transact(({ local }) => local.setFlags(id, SEEN))
  await addItem(store, theirs, 7, 'hello', '<1@x>')
  store.transact(transactor => transactor.vanish(inbox, 1, 1))
  for (let cycle = 0; cycle < 2; cycle++) await sweep(store, 'server')
  t.same(store.read.kept.conflicts(), [])
  t.match([...store.read.items(theirs)], [{ id, uid: 7 }])
  t.same(flagsOf(store, theirs), ['\\Seen'], 'with the change that was made here')
})

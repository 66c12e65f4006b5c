import t from 'tap'
import type { IncomingMessage } from '../../src/store/changes/adoption.ts'
import { packFlags } from '../../src/store/flags.ts'
import type { Store } from '../../src/store/store.ts'
import { sweep } from '../../src/sync/sweep.ts'
import { addItem, RECOGNITION, remoteMessage, storeWithInbox } from '../support/store.ts'

const NONE = packFlags([])
const SENT = { uidNext: 1, headerHash: undefined }

function addFolder(store: Store, path: string): number {
  const facts = {
    path,
    delimiter: '/',
    role: undefined,
    isSelectable: true,
    isExcluded: false,
    rights: undefined,
  }
  store.transact(transactor => transactor.putFolder(facts))
  const { id } = store.read.getFolder(path)
  store.transact(transactor => transactor.setPosition(id, { uidValidity: 1, uidNext: 1, highestModseq: 1n }, true))
  return id
}

t.test('a copy and its original are not taken for each other when both answers were lost', async t => {
  const { store, inbox } = storeWithInbox(t)
  const [archive, projects] = [addFolder(store, 'Archive'), addFolder(store, 'Projects')]
  await addItem(store, inbox, 1)
  const [original = 0] = [...store.read.items(inbox)].map(({ id }) => id)
  const copy = store.transact(transactor => {
    const id = transactor.local.copy(original, archive)
    transactor.local.move(original, projects)
    transactor.push.appendStarted(id, archive, SENT)
    transactor.push.moveStarted(original, projects, undefined)
    return id
  })
  // Only the move has reached the server.
  store.transact(transactor => transactor.adopt(projects, { ...remoteMessage(9), messageId: '<1@x>' }, RECOGNITION))
  t.equal(store.read.getItem(original).uid, 9)
  t.match(store.read.pending.inflight(), [{ item: copy, kind: 'append' }], 'the copy is still looked for')
})

t.test('a copy that may have arrived is no reason to give up an original that somebody moved', async t => {
  const { store, inbox } = storeWithInbox(t)
  const [archive, projects] = [addFolder(store, 'Archive'), addFolder(store, 'Projects')]
  await addItem(store, inbox, 1)
  const [original = 0] = [...store.read.items(inbox)].map(({ id }) => id)
  store.transact(transactor => {
    const copy = transactor.local.copy(original, archive)
    transactor.push.appendStarted(copy, archive, SENT)
    transactor.vanish(inbox, 1, 1)
    transactor.adopt(projects, { ...remoteMessage(9), messageId: '<1@x>' }, RECOGNITION)
  })
  t.equal(store.read.getItem(original).uid, 9)
})

t.test('an original that somebody moves is not taken for the copy that was sent to another folder', async t => {
  const { store, inbox } = storeWithInbox(t)
  const [archive, projects] = [addFolder(store, 'Archive'), addFolder(store, 'Projects')]
  await addItem(store, inbox, 1)
  const [original = 0] = [...store.read.items(inbox)].map(({ id }) => id)
  const copy = store.transact(transactor => {
    const id = transactor.local.copy(original, archive)
    transactor.push.appendStarted(id, archive, SENT)
    return id
  })
  const message = { ...remoteMessage(9), messageId: '<1@x>' }
  // Projects is looked at before INBOX, from which it was moved.
  t.notOk(store.transact(transactor => transactor.adopt(projects, message, RECOGNITION)))
  t.match(store.read.pending.inflight(), [{ item: copy, kind: 'append' }], 'the copy is still looked for')
})

t.test('a message that is numbered anew is not taken for its copy on the way into the same folder', async t => {
  const { store, inbox } = storeWithInbox(t)
  await addItem(store, inbox, 1)
  const [original = 0] = [...store.read.items(inbox)].map(({ id }) => id)
  const copy = store.transact(transactor => {
    const id = transactor.local.copy(original, inbox)
    transactor.push.appendStarted(id, inbox, SENT)
    return id
  })
  store.transact(transactor => transactor.loseUids(inbox))
  const found = { ...remoteMessage(9), messageId: '<1@x>' }
  store.transact(transactor => transactor.adopt(inbox, found, RECOGNITION))
  t.equal(store.read.getItem(original).uid, 9)
  t.match(store.read.pending.inflight(), [{ item: copy, kind: 'append' }], 'the copy is still looked for')
  store.transact(transactor => transactor.adopt(inbox, { ...found, uid: 10 }, RECOGNITION))
  t.equal(store.read.getItem(copy).uid, 10, 'unless it is there as well')
})

t.test(
  'what was moved here without an answer is not taken for a copy that was deleted here, in a folder numbered anew',
  async t => {
    const { store, inbox } = storeWithInbox(t)
    const archive = addFolder(store, 'Archive')
    await addItem(store, inbox, 1)
    await addItem(store, archive, 1)
    const [thrown = 0] = [...store.read.items(inbox)].map(({ id }) => id)
    const [moved = 0] = [...store.read.items(archive)].map(({ id }) => id)
    store.transact(({ local, push }) => {
      local.delete(thrown, { isPermanent: true })
      local.move(moved, inbox)
      push.moveStarted(moved, inbox, undefined)
    })
    store.transact(transactor => {
      transactor.loseUids(inbox)
      // Another client has removed the one that was deleted here.
      transactor.adopt(inbox, { ...remoteMessage(9), messageId: '<1@x>' }, RECOGNITION)
      transactor.setPosition(inbox, { uidValidity: 2, uidNext: 10, highestModseq: 1n }, true)
    })
    t.equal(store.read.getItem(moved).uid, 9)
    t.same(store.read.pending.deletions(inbox, 2), [], 'the only one is not removed')
  },
)

t.test('a move without an answer out of a folder that is deleted becomes an upload when it never arrived', async t => {
  const { store } = storeWithInbox(t)
  const [archive, projects] = [addFolder(store, 'Archive'), addFolder(store, 'Projects')]
  await addItem(store, archive, 1)
  const [id = 0] = [...store.read.items(archive)].map(({ id }) => id)
  store.transact(transactor => {
    transactor.local.move(id, projects)
    transactor.push.moveStarted(id, projects, undefined)
    transactor.folders.delete('Archive')
    transactor.push.searched(id)
    transactor.push.giveUpSearched()
  })
  const toAppend = () => store.read.pending.appends(Number.MAX_SAFE_INTEGER)
  t.same(toAppend(), [], 'not before the folder was looked into')
  const [deletion] = store.read.pending.folders()
  store.transact(({ push }) => push.folderDone(deletion?.seq ?? 0))
  t.match(toAppend(), [{ item: id, folder: projects }])
})

t.test('what is deleted here while the answer is lost takes no copy with it', async t => {
  for (const kind of ['made here', 'from the server']) {
    const { store, inbox } = storeWithInbox(t)
    const archive = addFolder(store, 'Archive')
    await addItem(store, inbox, 1)
    if (kind === 'from the server') await addItem(store, archive, 1)
    const [original = 0] = [...store.read.items(inbox)].map(({ id }) => id)
    store.transact(transactor => {
      if (kind === 'made here') {
        const made = transactor.local.copy(original, archive)
        transactor.push.appendStarted(made, archive, SENT)
        transactor.push.appended(made, { uidValidity: 1, uid: 1 })
      }
      transactor.local.delete(original, { isPermanent: true })
      transactor.vanish(inbox, 1, 1) // we have expunged it, but never heard so
    })
    for (let cycle = 0; cycle < 4; cycle++) await sweep(store, 'client')
    t.same([...store.read.items(inbox)], [], kind)
    t.match([...store.read.items(archive)], { length: 1, 0: { uid: 1 } }, kind)
    t.same(store.read.pending.deletions(archive, 1), [], kind)
  }
})

t.test(
  'a message that came here twice while it was moved, and was uploaded again, is not uploaded a third time',
  async t => {
    const { store, inbox } = storeWithInbox(t)
    const [archive, projects] = [addFolder(store, 'Archive'), addFolder(store, 'Projects')]
    await addItem(store, archive, 1)
    for (let cycle = 0; cycle < 4; cycle++) await sweep(store, 'client')
    await addItem(store, inbox, 1) // somebody has moved it there
    const [first = 0] = [...store.read.items(archive)].map(({ id }) => id)
    const [second = 0] = [...store.read.items(inbox)].map(({ id }) => id)
    store.transact(transactor => {
      transactor.local.move(second, projects)
      transactor.vanish(archive, 1, 1)
      transactor.vanish(inbox, 1, 1)
      transactor.held.hold(archive, { code: 'SYNC_MASS_DELETION', message: 'much' })
      transactor.held.resume(archive, 'restore')
      transactor.held.endRestore(archive)
      transactor.held.restoreVanished([first])
      transactor.push.appendStarted(first, archive, SENT)
      transactor.push.appended(first, { uidValidity: 1, uid: 2 })
    })
    for (let cycle = 0; cycle < 2; cycle++) await sweep(store, 'client')
    t.same(store.read.pending.appends(0), [])
    t.match([...store.read.items(projects)], { length: 1 }, 'where the user has put it')
  },
)

t.test('flags of a message whose move was not answered wait until it is found', async t => {
  const { store, inbox } = storeWithInbox(t)
  const archive = addFolder(store, 'Archive')
  await addItem(store, inbox, 1)
  const [id = 0] = [...store.read.items(inbox)].map(({ id }) => id)
  store.transact(transactor => {
    transactor.local.move(id, archive)
    transactor.local.setFlags(id, { add: packFlags(['\\Flagged']), remove: NONE })
    transactor.push.moveStarted(id, archive, undefined)
  })
  t.same(store.read.pending.flags(inbox), [], 'its old UID says nothing any more')
  store.transact(transactor => transactor.adopt(archive, { ...remoteMessage(5), messageId: '<1@x>' }, RECOGNITION))
  t.match(store.read.pending.flags(archive), [{ item: id, uid: 5, local: packFlags(['\\Flagged']) }])
})

t.test('a folder that comes back under its name numbers its messages anew', async t => {
  const { store, inbox } = storeWithInbox(t)
  const folder = addFolder(store, 'Doomed')
  await addItem(store, folder, 1)
  await addItem(store, inbox, 2)
  const [moved = 0] = [...store.read.items(inbox)].map(({ id }) => id)
  const isRemade = store.transact(transactor => {
    transactor.local.move(moved, folder)
    return transactor.loseFolder(store.read.getFolder('Doomed'))
  })
  t.ok(isRemade, 'for what was put into it')
  t.match(store.read.pending.folders(), [{ kind: 'create', path: 'Doomed' }])
  store.transact(transactor => {
    transactor.setPosition(folder, { uidValidity: 2, uidNext: 1, highestModseq: 1n }, true)
    transactor.push.moveStarted(moved, folder, undefined)
    transactor.adopt(folder, { ...remoteMessage(1), messageId: '<2@x>' }, RECOGNITION)
  })
  t.equal(store.read.getItem(moved).uid, 1)
})

t.test('what is restored while its deletion has no answer is there in the end', async t => {
  for (const reached of ['nothing', 'the mark', 'the removal']) {
    const { store, inbox } = storeWithInbox(t)
    await addItem(store, inbox, 1)
    const [id = 0] = [...store.read.items(inbox)].map(({ id }) => id)
    store.transact(transactor => transactor.local.delete(id, { isPermanent: true }))
    store.transact(transactor => transactor.undo.restore(id)) // after the kill, before the next run
    store.transact(transactor => {
      const flags = packFlags(['\\Deleted'])
      if (reached === 'the mark') transactor.setServerFlags(inbox, 1, { uid: 1, flags }, 'server')
      if (reached === 'the removal') transactor.vanish(inbox, 1, 1)
    })
    for (let cycle = 0; cycle < 2; cycle++) await sweep(store, 'server')
    const { flags, uid } = store.read.getItem(id)
    t.same(flags, NONE, reached)
    t.equal(uid, reached === 'the removal' ? 0 : 1)
    const uploads = store.read.pending.appends(Date.UTC(2030)).map(({ item }) => item)
    t.same(uploads, reached === 'the removal' ? [id] : [], 'uploaded again only when it is gone')
    t.notOk(store.read.hasRestored())
  }
})

/** Copies of one message, sent into a folder that nobody has looked into yet; gives the folder and the copies. */
async function sentCopies({ store, inbox }: ReturnType<typeof storeWithInbox>, count: number) {
  await addItem(store, inbox, 1)
  const [original = 0] = [...store.read.items(inbox)].map(({ id }) => id)
  return store.transact(transactor => {
    const facts = { delimiter: '/', role: undefined, isSelectable: true, isExcluded: false, rights: undefined }
    transactor.putFolder({ path: 'New', ...facts })
    const { id: fresh } = store.read.getFolder('New')
    const copies = Array.from({ length: count }, () => {
      const copy = transactor.local.copy(original, fresh)
      transactor.push.appendStarted(copy, fresh, SENT)
      return copy
    })
    return { fresh, copies }
  })
}

/** What PLAN does with new UIDs; gives those that it takes for messages of somebody else. */
function arrive(store: Store, folder: number, uidValidity: number, messages: readonly IncomingMessage[]) {
  return store.transact(transactor =>
    transactor
      .adoptGiven(folder, uidValidity, messages, RECOGNITION.resolution)
      .filter(message => !transactor.adopt(folder, message, RECOGNITION))
      .map(({ uid }) => uid),
  )
}

t.test('what was given a UID in a folder that was never looked at is recognised by that', async t => {
  const world = storeWithInbox(t)
  const { store, inbox } = world
  const { fresh, copies } = await sentCopies(world, 1)
  const [copy = 0] = copies
  store.transact(({ push }) => push.appended(copy, { uidValidity: 7, uid: 3 }))
  t.match(store.read.pending.inflight(), [{ item: copy }], 'nobody has seen it there yet')
  const [third, fourth] = [3, 4].map(uid => remoteMessage(uid, { size: 4711 })) as [IncomingMessage, IncomingMessage]
  t.same(arrive(store, fresh, 1, [third]), [3], 'of another UIDVALIDITY')
  t.same(arrive(store, inbox, 7, [third]), [3], 'in another folder')
  t.same(arrive(store, fresh, 7, [third, fourth]), [4], 'whatever the server has made of its octets')
  t.equal(store.read.getItem(copy).uid, 3)
  t.same(store.read.pending.inflight(), [])
})

t.test('a UID that was given to one copy is not for another, whichever turns up first', async t => {
  const world = storeWithInbox(t)
  const { store } = world
  const { fresh, copies } = await sentCopies(world, 2)
  const [answered = 0, unanswered = 0] = copies
  store.transact(({ push }) => push.appended(answered, { uidValidity: 7, uid: 2 }))
  const alike = [1, 2, 3].map(uid => remoteMessage(uid, { messageId: '<1@x>' }))
  t.same(arrive(store, fresh, 7, alike), [3], 'the third one is of somebody else')
  t.equal(store.read.getItem(answered).uid, 2)
  t.equal(store.read.getItem(unanswered).uid, 1)
})

t.test('a server that gives one UID to two messages has both of them, once', async t => {
  const world = storeWithInbox(t)
  const { store } = world
  const { fresh, copies } = await sentCopies(world, 2)
  store.transact(({ push }) => {
    for (const copy of copies) push.appended(copy, { uidValidity: 7, uid: 1 })
  })
  const alike = [1, 2].map(uid => remoteMessage(uid, { messageId: '<1@x>' }))
  t.same(arrive(store, fresh, 7, alike), [])
  t.same(copies.map(copy => store.read.getItem(copy).uid).sort(), [1, 2])
})

t.test('the UID counts in a folder that was made anew meanwhile, although it is a smaller one', async t => {
  const world = storeWithInbox(t)
  const { store } = world
  const { fresh, copies } = await sentCopies(world, 1)
  store.transact(transactor => {
    transactor.setPosition(fresh, { uidValidity: 6, uidNext: 100, highestModseq: 1n }, true)
    transactor.push.appendFailed(copies[0] ?? 0, 'busy', false)
    transactor.push.appendStarted(copies[0] ?? 0, fresh, { ...SENT, uidNext: 100 })
    transactor.push.appended(copies[0] ?? 0, { uidValidity: 7, uid: 1 })
    transactor.loseUids(fresh)
  })
  t.same(arrive(store, fresh, 7, [remoteMessage(1, { size: 4711 })]), [])
})

t.test('the UID counts no more once the message is sent again, wherever to', async t => {
  const world = storeWithInbox(t)
  const { store, inbox } = world
  const { fresh, copies } = await sentCopies(world, 1)
  store.transact(transactor => {
    transactor.push.appended(copies[0] ?? 0, { uidValidity: 8, uid: 1 })
    transactor.push.searched(copies[0] ?? 0)
    transactor.push.giveUpSearched()
    transactor.push.appendStarted(copies[0] ?? 0, inbox, SENT)
  })
  for (const folder of [fresh, inbox]) t.same(arrive(store, folder, 8, [remoteMessage(1, { size: 4711 })]), [1])
})

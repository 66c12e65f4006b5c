import t from 'tap'
import { packFlags, unpackFlags } from '../../src/store/flags.ts'
import { sweep } from '../../src/sync/sweep.ts'
import { addItem, RECOGNITION, remoteMessage, storeWithInbox } from '../support/store.ts'

t.test('flags of the server reach a message wherever it is', async t => {
  const { store, inbox } = storeWithInbox(t)
  const seen = packFlags(['\\Seen', '$Label'])
  store.transact(transactor => transactor.incoming.enqueue(inbox, 1, remoteMessage(1)))
  store.transact(transactor => transactor.setServerFlags(inbox, 1, { uid: 1, flags: seen }, 'server'))
  t.match(store.read.known(inbox, 1).get(1), { where: 'dlq', flags: seen })
  store.transact(transactor => transactor.incoming.stage(inbox, 1, 1, { pack: 1, offset: 24, length: 5 }))
  t.match(store.read.known(inbox, 1).get(1), { where: 'stage', flags: seen })
  await addItem(store, inbox, 2)
  store.transact(transactor => transactor.setServerFlags(inbox, 1, { uid: 2, flags: seen }, 'server'))
  const [item] = [...store.read.items(inbox)].filter(({ uid }) => uid === 2)
  t.same(item && unpackFlags(item.flags), ['\\Seen', '$Label'])
})

t.test('a message that vanished is hidden at once and buried a cycle later', async t => {
  const { store, inbox } = storeWithInbox(t)
  await addItem(store, inbox, 1)
  store.transact(transactor => transactor.vanish(inbox, 1, 1))
  t.equal(store.read.counts(inbox).items, 0)
  t.equal(await sweep(store, 'server'), 0, 'it may have been moved')
  t.equal(await sweep(store, 'server'), 1, 'nobody has it')
  t.equal(store.read.adoptable().all, 0)
})

t.test('a message that another client moved is recognised and keeps its id', async t => {
  const { store, inbox } = storeWithInbox(t)
  await addItem(store, inbox, 1)
  const [before] = [...store.read.items(inbox)]
  const other = {
    path: 'Other',
    delimiter: '/',
    role: undefined,
    rights: undefined,
    isSelectable: true,
    isExcluded: false,
  }
  store.transact(transactor => transactor.putFolder(other))
  const target = store.read.getFolder('Other').id
  store.transact(transactor => transactor.vanish(inbox, 1, 1))
  t.equal(
    store.transact(transactor => transactor.adopt(target, remoteMessage(9, { messageId: '<1@x>' }), RECOGNITION)),
    true,
  )
  t.match([...store.read.items(target)], [{ id: before?.id, uid: 9 }])
})

t.test('a new UIDVALIDITY costs no download of what is recognised, and keeps local UIDs', async t => {
  const { store, inbox } = storeWithInbox(t)
  await addItem(store, inbox, 1)
  await addItem(store, inbox, 2)
  const before = [...store.read.items(inbox)].map(({ id, localUid }) => ({ id, localUid }))
  store.transact(transactor => transactor.loseUids(inbox))
  t.equal(store.read.adoptable().all, 2)
  store.transact(transactor => {
    t.equal(transactor.adopt(inbox, remoteMessage(11, { messageId: '<1@x>' }), RECOGNITION), true)
    t.equal(transactor.adopt(inbox, remoteMessage(12, { messageId: '<other@x>' }), RECOGNITION), false)
    transactor.vanishLost(inbox)
  })
  t.match([...store.read.items(inbox)], [{ ...before[0], uid: 11 }])
  t.equal([...store.read.items(inbox)].length, 1, 'the one that was not recognised is gone')
})

t.test('the third failure puts a message on the ignore list', async t => {
  const { store, inbox } = storeWithInbox(t)
  store.transact(transactor => transactor.incoming.enqueue(inbox, 1, remoteMessage(1)))
  for (let attempt = 1; attempt <= 3; attempt++) {
    store.transact(transactor => transactor.incoming.failDownload(inbox, 1, 1, 'no body'))
    t.match(
      store.read.counts(inbox),
      attempt < 3 ? { queuedDownload: 1, ignored: 0 } : { queuedDownload: 0, ignored: 1 },
    )
  }
})

t.test('a staged body that cannot be read is fetched again, and ignored in the end', async t => {
  const { store, inbox } = storeWithInbox(t)
  store.transact(transactor => transactor.incoming.enqueue(inbox, 1, remoteMessage(1)))
  for (let attempt = 1; attempt <= 3; attempt++) {
    store.transact(transactor => transactor.incoming.stage(inbox, 1, 1, { pack: 1, offset: 24, length: 5 }))
    const [staged] = store.read.incoming.staged(inbox, 1)
    if (staged) store.transact(transactor => transactor.incoming.failImport(staged, 'damaged'))
  }
  t.match(store.read.counts(inbox), { queuedDownload: 0, queuedImport: 0, ignored: 1 })
})

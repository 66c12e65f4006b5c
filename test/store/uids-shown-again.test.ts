import t from 'tap'
import { packFlags } from '../../src/store/flags.ts'
import type { Store } from '../../src/store/store.ts'
import { addItem, RECOGNITION, remoteMessage, storeWithInbox } from '../support/store.ts'

const uids = (store: Store, folder: number) =>
  [...store.read.items(folder)].map(({ uid, messageId }) => [uid, messageId])

t.test('a message that comes back under its UID is the item that it was', async t => {
  const { store, inbox } = storeWithInbox(t)
  for (const uid of [5, 6]) await addItem(store, inbox, uid)
  const [before] = store.read.items(inbox)
  store.transact(transactor => transactor.vanish(inbox, 1, 5))
  // Another message with the same Message-ID vanished as well: the UID decides.
  store.transact(transactor => transactor.vanish(inbox, 1, 6))
  const message = { ...remoteMessage(5, { messageId: '<6@x>' }), flags: packFlags(['\\Seen']) }
  t.ok(store.transact(transactor => transactor.adopt(inbox, message, RECOGNITION)))
  t.match([...store.read.items(inbox)], [{ id: before?.id, uid: 5 }])
})

t.test(
  'another message under the UID of one that vanished is another message, and the old one can be restored',
  async t => {
    const { store, inbox } = storeWithInbox(t)
    await addItem(store, inbox, 5)
    const [before] = store.read.items(inbox)
    store.transact(transactor => transactor.vanish(inbox, 1, 5))
    t.notOk(
      store.transact(transactor =>
        transactor.adopt(inbox, remoteMessage(5, { size: 99, messageId: '<new@x>' }), RECOGNITION),
      ),
    )
    store.transact(({ undo }) => undo.restore(before?.id ?? 0))
    t.same(uids(store, inbox), [[0, '<5@x>']])
  },
)

t.test('a folder that is deleted and made anew may give its old UIDs to other messages', async t => {
  const { store, inbox } = storeWithInbox(t)
  for (const uid of [1, 2, 3]) await addItem(store, inbox, uid)
  const third = [...store.read.items(inbox)][2]
  store.transact(({ local }) => local.delete(third?.id ?? 0, { isPermanent: true }))
  store.transact(({ push }) => push.expunged(inbox, 1, [3], true)) // only marked there, to be left alone
  store.transact(transactor => transactor.loseFolder(store.read.getFolder('INBOX')))
  store.transact(transactor => transactor.ensureInbox())
  t.equal(store.read.knownCount(inbox, 1), 0, 'nothing is held against its new messages')
  // The server numbered them the other way round.
  const adopted = [remoteMessage(1, { messageId: '<2@x>' }), remoteMessage(2, { messageId: '<1@x>' })]
  for (const message of adopted) t.ok(store.transact(transactor => transactor.adopt(inbox, message, RECOGNITION)))
  t.same(uids(store, inbox), [
    [1, '<2@x>'],
    [2, '<1@x>'],
  ])
})

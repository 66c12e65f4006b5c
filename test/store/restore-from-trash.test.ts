import t from 'tap'
import { addItem, storeWithInbox } from '../support/store.ts'

t.test('what was deleted into the Trash is restored to where it came from', async t => {
  const { store, inbox } = storeWithInbox(t)
  const id = await itemIn(store, inbox)
  const trash = addFolder(store, 'Trash', 'trash')
  store.transact(({ local }) => t.equal(local.delete(id, { isPermanent: false }), 'trashed'))
  t.equal(store.read.getItem(id).folder, trash)
  store.transact(({ undo }) => undo.restore(id))
  t.equal(store.read.getItem(id).folder, inbox)
  t.throws(() => store.transact(({ undo }) => undo.restore(id)), { code: 'STORE_NO_SUCH_ITEM' }, 'it is not deleted')
})

t.test('what somebody else put into the Trash is restored to the Inbox', async t => {
  const { store, inbox } = storeWithInbox(t)
  const id = await itemIn(store, inbox)
  const trash = addFolder(store, 'Trash', 'trash')
  store.transact(({ local }) => local.move(id, trash))
  store.transact(({ undo }) => undo.restore(id))
  t.equal(store.read.getItem(id).folder, inbox)
})

type Store = ReturnType<typeof storeWithInbox>['store']

async function itemIn(store: Store, folder: number): Promise<number> {
  await addItem(store, folder, 1)
  return [...store.read.items(folder)][0]?.id ?? 0
}

function addFolder(store: Store, path: string, role: string): number {
  const facts = { path, role, delimiter: '/', rights: undefined, isSelectable: true, isExcluded: false }
  store.transact(transactor => transactor.putFolder(facts))
  return store.read.getFolder(path).id
}

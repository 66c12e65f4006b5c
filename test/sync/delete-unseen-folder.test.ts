import t from 'tap'
import type { Store } from '../../src/store/store.ts'
import { pushFolders } from '../../src/sync/push/push-folders.ts'
import type { RemoteMail, RemoteStatus } from '../../src/sync/remote.ts'
import { addItem, remoteMessage, storeWithInbox } from '../support/store.ts'

const FACTS = { delimiter: '/', role: undefined, rights: undefined, isSelectable: true, isExcluded: false }

/** Pushes what the user did to folders, to a server that answers so to STATUS; tells what was deleted there. */
async function pushTo(store: Store, status: Partial<RemoteStatus>): Promise<readonly string[]> {
  const deleted: string[] = []
  const remote = {
    status: async () => ({ uidValidity: 1, uidNext: 1, messages: 0, highestModseq: undefined, ...status }),
    deleteFolder: async (path: string) => void deleted.push(path),
  } as Partial<RemoteMail> as RemoteMail // all that a deletion uses
  await pushFolders({ store, remote, onRefused: ({ message }) => t.fail(message) })
  return deleted
}

function withFolder(t: Parameters<typeof storeWithInbox>[0]) {
  const { store } = storeWithInbox(t)
  store.transact(transactor => transactor.putFolder({ path: 'Old', ...FACTS }))
  return { store, old: store.read.getFolder('Old').id }
}

const position = { uidValidity: 1, uidNext: 8, highestModseq: undefined }

t.test('a folder that was read to its end is deleted on the server', async t => {
  const { store, old } = withFolder(t)
  await addItem(store, old, 7)
  store.transact(transactor => transactor.setPosition(old, position, true))
  store.transact(transactor => void transactor.folders.delete('Old'))
  t.same(await pushTo(store, { uidNext: 8, messages: 1 }), ['Old'])
})

t.test('a folder with mail that came later stays', async t => {
  const { store, old } = withFolder(t)
  store.transact(transactor => transactor.setPosition(old, position, true))
  store.transact(transactor => void transactor.folders.delete('Old'))
  t.same(await pushTo(store, { uidNext: 9, messages: 1 }), [])
})

t.test('a folder with mail that was never downloaded stays', async t => {
  const { store, old } = withFolder(t)
  store.transact(transactor => {
    transactor.setPosition(old, position, true)
    transactor.incoming.enqueue(old, 1, remoteMessage(7))
  })
  store.transact(transactor => void transactor.folders.delete('Old'))
  t.same(await pushTo(store, { uidNext: 8, messages: 1 }), [])
})

t.test('a folder that was never read is deleted only when it is empty', async t => {
  const first = withFolder(t).store
  first.transact(transactor => void transactor.folders.delete('Old'))
  t.same(await pushTo(first, { uidNext: 4, messages: 3 }), [])
  const second = withFolder(t).store
  second.transact(transactor => void transactor.folders.delete('Old'))
  t.same(await pushTo(second, { uidNext: 4, messages: 0 }), ['Old'])
})

import t from 'tap'
import { PosternError } from '../../src/errors.ts'
import type { Store } from '../../src/store/store.ts'
import { pushFolders } from '../../src/sync/push/push-folders.ts'
import type { RemoteFolder, RemoteMail, RemoteStatus } from '../../src/sync/remote.ts'
import { addItem, remoteMessage, storeWithInbox } from '../support/store.ts'

const FACTS = { delimiter: '/', role: undefined, rights: undefined, isSelectable: true, isExcluded: false }

interface Server {
  readonly folders: Map<string, RemoteStatus>
  /** What others do once the folder has another name, or is just about to get it. */
  readonly meanwhile?: (folders: Map<string, RemoteStatus>, renamed: string) => void
  readonly refusesRename?: boolean
}

/** Pushes what the user did to folders, to a server with an `Old` of that status; tells which folders it has then. */
async function pushTo(store: Store, status: Partial<RemoteStatus>, given: Partial<Server> = {}): Promise<string[]> {
  const folders = given.folders ?? new Map([['Old', { ...EMPTY, ...status }]])
  const remote = {
    listFolders: async () =>
      [...folders].map(([path, status]) => ({ ...LISTED, path, status })) satisfies readonly RemoteFolder[],
    status: async (path: string) => folders.get(path),
    renameFolder: async (path: string, newPath: string) => {
      const found = folders.get(path)
      if (given.refusesRename) given.meanwhile?.(folders, path)
      if (given.refusesRename || !found || folders.has(newPath)) throw refused()
      folders.delete(path)
      folders.set(newPath, found)
      given.meanwhile?.(folders, newPath)
    },
    deleteFolder: async (path: string) => void folders.delete(path),
  } as Partial<RemoteMail> as RemoteMail // all that a deletion uses
  await pushFolders({ store, remote, onRefused: ({ message }) => t.fail(message) })
  return [...folders.keys()]
}

const EMPTY: RemoteStatus = { uidValidity: 1, uidNext: 1, messages: 0, highestModseq: undefined }
const LISTED = { delimiter: '/', selectable: true, subscribed: true, role: undefined, rights: undefined }

function refused(): PosternError {
  return new PosternError('UPSTREAM_REFUSED', 'NO', { remedy: 'retry', advice: '-' })
}

function withFolder(t: Parameters<typeof storeWithInbox>[0]) {
  const { store } = storeWithInbox(t)
  store.transact(transactor => transactor.putFolder({ path: 'Old', ...FACTS }))
  return { store, old: store.read.getFolder('Old').id }
}

function withChild(): Map<string, RemoteStatus> {
  return new Map([
    ['Old', { ...EMPTY, uidNext: 8 }],
    ['Old/Child', EMPTY],
  ])
}

const position = { uidValidity: 1, uidNext: 8, highestModseq: undefined }

t.test('a folder that was read to its end is deleted on the server', async t => {
  const { store, old } = withFolder(t)
  await addItem(store, old, 7)
  store.transact(transactor => transactor.setPosition(old, position, true))
  store.transact(transactor => void transactor.folders.delete('Old'))
  t.same(await pushTo(store, { uidNext: 8, messages: 1 }), [])
})

t.test('mail that comes at the last moment keeps the folder, under its name', async t => {
  const { store, old } = withFolder(t)
  store.transact(transactor => transactor.setPosition(old, position, true))
  store.transact(transactor => void transactor.folders.delete('Old'))
  const meanwhile: Server['meanwhile'] = (folders, renamed) => {
    // It came between the answer about the folder and its new name.
    if (renamed !== 'Old') folders.set(renamed, { ...EMPTY, uidNext: 9, messages: 1 })
  }
  t.same(await pushTo(store, { uidNext: 8 }, { meanwhile }), ['Old'])
})

t.test('where the name is in use again, the mail keeps the new one', async t => {
  const { store, old } = withFolder(t)
  store.transact(transactor => transactor.setPosition(old, position, true))
  store.transact(transactor => void transactor.folders.delete('Old'))
  const meanwhile: Server['meanwhile'] = (folders, renamed) => {
    folders.set(renamed, { ...EMPTY, uidNext: 9, messages: 1 }).set('Old', EMPTY)
  }
  const left = await pushTo(store, { uidNext: 8 }, { meanwhile })
  t.match(left.toSorted(), ['Old', /^Old \(being deleted \d+\)$/])
})

t.test('a deletion that a crash cut off after the new name goes on', async t => {
  const { store, old } = withFolder(t)
  store.transact(transactor => transactor.setPosition(old, position, true))
  store.transact(transactor => void transactor.folders.delete('Old'))
  const { seq } = store.read.pending.folders()[0] ?? { seq: 0 }
  const folders = new Map([[`Old (being deleted ${seq})`, { ...EMPTY, uidNext: 8 }]])
  t.same(await pushTo(store, {}, { folders }), [])
})

t.test('a server that renames nothing deletes as well; a folder that holds others is not renamed', async t => {
  for (const given of [{ refusesRename: true }, { folders: withChild() }]) {
    const { store, old } = withFolder(t)
    store.transact(transactor => transactor.setPosition(old, position, true))
    store.transact(transactor => void transactor.folders.delete('Old'))
    t.notOk((await pushTo(store, { uidNext: 8 }, given)).some(path => /^Old($| )/.test(path)))
  }
})

t.test('mail that comes while a server refuses the other name keeps the folder', async t => {
  const { store, old } = withFolder(t)
  store.transact(transactor => transactor.setPosition(old, { uidValidity: 1, uidNext: 1, highestModseq: 1n }, true))
  store.transact(({ folders }) => void folders.delete('Old'))
  const meanwhile = (folders: Map<string, RemoteStatus>, path: string) =>
    void folders.set(path, { ...EMPTY, uidNext: 2, messages: 1 })
  t.same(await pushTo(store, {}, { refusesRename: true, meanwhile }), ['Old'])
})

t.test('a folder that was made anew under the name keeps its mail, though it counts to the same UID', async t => {
  const { store, old } = withFolder(t)
  store.transact(transactor => transactor.setPosition(old, { uidValidity: 1, uidNext: 5, highestModseq: 1n }, true))
  store.transact(({ folders }) => void folders.delete('Old'))
  t.same(await pushTo(store, { uidValidity: 2, uidNext: 5, messages: 1 }), ['Old'])
})

t.test('what the server does not have is not deleted under the name', async t => {
  const { store } = withFolder(t)
  store.transact(transactor => void transactor.folders.delete('Old'))
  t.same(await pushTo(store, {}, { folders: new Map([['Other', EMPTY]]) }), ['Other'])
})

t.test('a folder with mail that came later stays', async t => {
  const { store, old } = withFolder(t)
  store.transact(transactor => transactor.setPosition(old, position, true))
  store.transact(transactor => void transactor.folders.delete('Old'))
  t.same(await pushTo(store, { uidNext: 9, messages: 1 }), ['Old'])
})

t.test('a folder with mail that was never downloaded stays', async t => {
  const { store, old } = withFolder(t)
  store.transact(transactor => {
    transactor.setPosition(old, position, true)
    transactor.incoming.enqueue(old, 1, remoteMessage(7))
  })
  store.transact(transactor => void transactor.folders.delete('Old'))
  t.same(await pushTo(store, { uidNext: 8, messages: 1 }), ['Old'])
})

t.test('a folder with mail that is on the ignore list, seen by nobody, stays', async t => {
  const { store, old } = withFolder(t)
  store.transact(transactor => {
    transactor.setPosition(old, position, true)
    transactor.incoming.enqueue(old, 1, remoteMessage(7))
    for (let attempt = 0; attempt < 3; attempt++) transactor.incoming.failDownload(old, 1, 7, 'no')
  })
  t.match(store.read.incoming.ignored(undefined), [{ folder: 'Old', uid: 7 }])
  store.transact(transactor => void transactor.folders.delete('Old'))
  t.same(await pushTo(store, { uidNext: 8, messages: 1 }), ['Old'])
})

t.test('a folder that was never read is deleted only when it is empty', async t => {
  const first = withFolder(t).store
  first.transact(transactor => void transactor.folders.delete('Old'))
  t.same(await pushTo(first, { uidNext: 4, messages: 3 }), ['Old'])
  const second = withFolder(t).store
  second.transact(transactor => void transactor.folders.delete('Old'))
  t.same(await pushTo(second, { uidNext: 4, messages: 0 }), [])
})

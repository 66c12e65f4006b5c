import t from 'tap'
import type { Store } from '../../src/store/store.ts'
import { storeWithInbox } from '../support/store.ts'

const FACTS = { delimiter: '/', role: undefined, rights: undefined, isSelectable: true, isExcluded: false }

function withFolders(t: Parameters<typeof storeWithInbox>[0], ...paths: string[]): Store {
  const { store } = storeWithInbox(t)
  store.transact(transactor => {
    for (const path of paths) transactor.putFolder({ path, ...FACTS })
  })
  return store
}

/** Gives up the oldest change, as PUSH does after three refusals. */
function giveUpFirst(store: Store): void {
  const [change] = store.read.pending.folders()
  if (!change) throw new Error('nothing is pending')
  store.transact(transactor => transactor.giveUpFolderChange(change))
}

const paths = (store: Store) => store.read.folders().map(({ path }) => path)

t.test('a refused rename is undone', async t => {
  const store = withFolders(t, 'A', 'A/x')
  store.transact(({ folders }) => folders.rename('A', 'B'))
  giveUpFirst(store)
  t.same(paths(store), ['A', 'A/x', 'INBOX'])
})

t.test('a refused rename whose old name is in use again stays as it is until the folders are listed', async t => {
  const store = withFolders(t, 'A')
  store.transact(({ folders }) => folders.rename('A', 'B'))
  store.transact(({ folders }) => void folders.create('A'))
  giveUpFirst(store)
  t.same(paths(store), ['A', 'B', 'INBOX'])
})

t.test('a refused rename of a folder that was renamed again, or deleted, undoes nothing', async t => {
  const store = withFolders(t, 'A', 'D')
  store.transact(({ folders }) => folders.rename('A', 'B'))
  store.transact(({ folders }) => folders.rename('B', 'C'))
  giveUpFirst(store)
  t.same(paths(store), ['C', 'D', 'INBOX'])
})

t.test('a refused creation of a folder that was renamed meanwhile undoes nothing', async t => {
  const store = withFolders(t)
  store.transact(({ folders }) => void folders.create('A'))
  const [change] = store.read.pending.folders()
  store.transact(({ push }) => push.folderFailed(change?.seq ?? 0, 'no'))
  store.transact(({ folders }) => folders.rename('A', 'B'))
  giveUpFirst(store)
  t.same(paths(store), ['B', 'INBOX'])
})

t.test('a rename that would give a folder below the name of another is refused with words', async t => {
  const store = withFolders(t, 'A', 'A/x', 'B/x')
  t.throws(() => store.transact(({ folders }) => folders.rename('A', 'B')), {
    code: 'STORE_FOLDER_EXISTS',
    message: /"B\/x"/,
  })
  t.same(paths(store), ['A', 'A/x', 'B/x', 'INBOX'])
})

import { pino } from 'pino'
import t, { type Test } from 'tap'
import { packFlags, unpackFlags } from '../../src/store/flags.ts'
import type { FolderFailure } from '../../src/sync/progress.ts'
import { deniedBy } from '../../src/sync/push/enforce-rights.ts'
import { pushAccount } from '../../src/sync/push/push-account.ts'
import { DEFAULT_SYNC_SETTINGS } from '../../src/sync/settings.ts'
import { connectTo, polite, startScriptedImap } from '../support/imap-script.ts'
import { addItem, storeWithInbox } from '../support/store.ts'

const WRITES = /^\S+ (APPEND|UID (STORE|MOVE|COPY|EXPUNGE)|STORE|COPY|MOVE|EXPUNGE|CREATE|DELETE|RENAME)\b/
const FLAG = { add: packFlags(['\\Flagged', '$Mine']), remove: packFlags(['\\Seen']) }

/** A store with messages 1 to 5 in Shared, and one in the Inbox; `rights` and the answer to SELECT are Shared's. */
async function shared(t: Test, { rights, isReadOnly }: { rights?: string; isReadOnly: boolean }) {
  const { store, inbox } = storeWithInbox(t)
  const facts = { delimiter: '/', role: undefined, rights, isSelectable: true, isExcluded: false }
  store.transact(transactor => transactor.putFolder({ path: 'Shared', ...facts }))
  const folder = store.read.getFolder('Shared').id
  store.transact(transactor => {
    transactor.setPosition(folder, { uidValidity: 1, uidNext: 6, highestModseq: 1n }, true)
  })
  for (let uid = 1; uid <= 5; uid++) await addItem(store, folder, uid)
  await addItem(store, inbox, 9)
  let readOnly = isReadOnly
  const server = await startScriptedImap(
    t,
    '* OK ready',
    polite('MOVE UIDPLUS', command => {
      const code = readOnly && command.includes('Shared') ? 'READ-ONLY' : 'READ-WRITE'
      if (command.startsWith('SELECT')) return `* 5 EXISTS\r\n* OK [UIDVALIDITY 1] ok\r\nTAG OK [${code}] done\r\n`
      if (command.startsWith('UID MOVE')) return '* OK [COPYUID 1 5 7] moved\r\nTAG OK done\r\n'
      return /^UID (STORE|EXPUNGE)/.test(command) ? 'TAG OK done\r\n' : undefined
    }),
  )
  await using stack = new AsyncDisposableStack()
  const remote = stack.use(await connectTo(server))
  const kept = stack.move()
  t.teardown(() => kept.disposeAsync())
  const push = async (revertReadOnly: boolean) => {
    const refused: FolderFailure[] = []
    const told = { onUploaded: () => undefined, onRefused: (failure: FolderFailure) => refused.push(failure) }
    const settings = { ...DEFAULT_SYNC_SETTINGS, revertReadOnly }
    await pushAccount({ store, remote, settings, log: pino({ level: 'silent' }), clock: () => 0, ...told }, true)
    return refused
  }
  const ids = [...store.read.items(folder)].map(({ id }) => id)
  const [stranger = 0] = [...store.read.items(inbox)].map(({ id }) => id)
  return {
    ...{ store, inbox, folder, ids, stranger, push },
    writes: () => server.received.filter(line => WRITES.test(line)),
    allow: () => {
      readOnly = false
    },
    changeEverything: () =>
      store.transact(({ local }) => {
        local.setFlags(ids[0] ?? 0, FLAG)
        local.delete(ids[1] ?? 0, { isPermanent: true })
        local.move(ids[2] ?? 0, inbox)
        local.copy(ids[3] ?? 0, folder)
        local.move(stranger, folder)
      }),
  }
}

for (const answer of [{ isReadOnly: true }, { isReadOnly: false, rights: 'lr' }]) {
  const how = answer.rights ? 'its rights are lr' : 'SELECT says READ-ONLY'
  t.test(`a folder in which nothing can be changed: ${how}; changes are undone`, async t => {
    const { store, inbox, folder, ids, stranger, push, writes, changeEverything } = await shared(t, answer)
    changeEverything()
    t.same(await push(true), [], 'silently')
    t.same(writes(), [])
    t.same([...store.read.items(folder)].map(({ id }) => id).sort(), ids, 'all are there again, and nothing else')
    t.same(unpackFlags(store.read.getItem(ids[0] ?? 0).flags), [])
    t.equal(store.read.getItem(stranger).folder, inbox)
    t.match(store.read.kept.conflicts(), [{ side: 'local', reason: 'read-only', path: 'Shared' }])
    t.same(await push(true), [])
    t.same(writes(), [])
  })

  t.test(`${how}; changes stay here`, async t => {
    const { store, folder, ids, stranger, push, writes, changeEverything, allow } = await shared(t, answer)
    changeEverything()
    t.match(await push(false), [{ folder: 'Shared', code: 'SYNC_READ_ONLY' }])
    t.same(await push(false), [], 'told once')
    t.same(writes(), [])
    t.match(store.read.getFolder('Shared'), { error: { code: 'SYNC_READ_ONLY' } })
    t.same(unpackFlags(store.read.getItem(ids[0] ?? 0).flags), ['\\Flagged', '$Mine'])
    t.equal(store.read.getItem(stranger).folder, folder)
    t.throws(() => store.read.getItem(ids[1] ?? 0), 'it stays deleted here')
    t.ok(store.read.getItem(stranger).isBlocked)
    t.same(store.read.kept.conflicts(), [])
    if (answer.rights) return
    allow()
    store.transact(({ local }) => local.move(stranger, store.read.getFolder('INBOX').id))
    const [copy] = [...store.read.items(folder)].filter(({ uid }) => uid === 0)
    store.transact(({ local }) => void local.delete(copy?.id ?? 0, { isPermanent: true }))
    t.same(await push(false), [])
    t.ok(writes().length > 0, 'sent as soon as the server allows it')
    t.equal(store.read.getFolder('Shared').error, undefined)
    t.notOk(store.read.getItem(ids[0] ?? 0).isBlocked)
  })
}

t.test('each right allows its own: \\Seen alone', async t => {
  const { store, folder, ids, push, writes } = await shared(t, { isReadOnly: false, rights: 'lrs' })
  store.transact(({ local }) => {
    local.setFlags(ids[0] ?? 0, { add: packFlags(['\\Seen', '\\Flagged']), remove: packFlags([]) })
    local.delete(ids[1] ?? 0, { isPermanent: true })
  })
  t.same(await push(true), [])
  t.match(writes(), [/UID STORE 1 \+FLAGS\.SILENT \(\\Seen\)/])
  t.same(unpackFlags(store.read.getItem(ids[0] ?? 0).flags), ['\\Seen'])
  t.equal(store.read.counts(folder).items, 5)
})

t.test('what rights deny', async t => {
  t.same(deniedBy(undefined), { append: false, remove: false, flags: false, seen: false })
  t.same(deniedBy('lrswipkxte'), { append: false, remove: false, flags: false, seen: false })
  t.same(deniedBy('lrswipcd'), { append: false, remove: false, flags: false, seen: false }, 'RFC 2086')
  t.same(deniedBy('lrst'), { append: true, remove: true, flags: true, seen: false })
  t.same(deniedBy('lri'), { append: false, remove: true, flags: true, seen: true })
})

t.test('folders are made, renamed and deleted where that is allowed', async t => {
  const { store } = await shared(t, { isReadOnly: false, rights: 'lrswi' })
  const no = { code: 'STORE_FOLDER_REFUSED' }
  t.throws(() => store.transact(({ folders }) => folders.create('Shared/Below')), no)
  t.throws(() => store.transact(({ folders }) => folders.rename('Shared', 'Mine')), no)
  t.throws(() => store.transact(({ folders }) => folders.delete('Shared')), no)
  t.same(store.read.pending.folders(), [])
  store.transact(({ folders }) => void folders.create('Beside'))
  t.throws(() => store.transact(({ folders }) => folders.rename('Beside', 'Shared/Below')), no)
  const facts = { delimiter: '/', role: undefined, isSelectable: true, isExcluded: false }
  store.transact(transactor => transactor.putFolder({ path: 'Shared', rights: 'lrswikx', ...facts }))
  store.transact(({ folders }) => void folders.create('Shared/Below'))
  t.match(store.read.pending.folders(), [{ path: 'Beside' }, { kind: 'create', path: 'Shared/Below' }])
})

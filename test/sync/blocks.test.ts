import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { SyncResult } from '../../src/sync/progress.ts'
import { assertNoScans, killedIn, LargestTransaction } from '../support/blocks.ts'
import { Killed } from '../support/model/faults.ts'
import { ModelAccount } from '../support/model-account.ts'

const MESSAGES = 500 // three blocks
const MAX_ROWS = 1600 // the one transaction of PLAN changes three for each message that vanished

const NAMES = Array.from({ length: MESSAGES }, (_, index) => `m${index}`)

/** An account with all of these in a folder, here and on the server. */
async function account(t: Test, path = 'INBOX', names: readonly string[] = NAMES): Promise<ModelAccount> {
  const made = new ModelAccount()
  t.teardown(() => made[Symbol.dispose]())
  made.deliver('INBOX', 'first')
  made.deliver(path, ...names)
  await made.sync()
  return made
}

/** Runs what is killed in its second block, as the process sees it, then takes the fault away. */
async function dies(
  t: Test,
  each: ModelAccount,
  at: ReturnType<typeof killedIn>,
  work = () => each.sync() as Promise<unknown>,
) {
  each.guard = at
  const end = await work().catch(error => error)
  t.ok(end instanceof Killed, String(end))
  each.guard = store => store
  each.close() // and opened anew
}

async function settled(each: ModelAccount): Promise<SyncResult[]> {
  const results: SyncResult[] = []
  for (let run = 0; run < 3; run++) results.push(await each.sync())
  return results
}

const loseOnServer = ({ server }: ModelAccount, path: string) => {
  for (const uid of [...server.folder(path).messages.keys()]) server.expunge(path, uid)
}
const resume = (each: ModelAccount, path: string) => each.change({ kind: 'resumeFolder', path, consent: 'restore' })
const tombs = ({ store }: ModelAccount) => store.database.all('SELECT id FROM tomb').length
const folderOf = ({ store }: ModelAccount, path: string) => store.read.getFolder(path)

function assertWhole(t: Test, each: ModelAccount, path: string) {
  t.same(each.serverSubjects(path).sort(), NAMES.toSorted(), 'each is on the server once')
  t.same(each.subjects(path).sort(), NAMES.toSorted(), 'and here')
  t.match(folderOf(each, path), { state: 'ok', consent: undefined, deletions: undefined, error: undefined })
}

t.test('holding a folder that is cut short hides nothing for long', async t => {
  const each = await account(t, 'Archive')
  loseOnServer(each, 'Archive')
  await dies(t, each, killedIn(2, 'held', 'showAgain'))
  t.match(folderOf(each, 'Archive'), { state: 'paused' })
  t.equal(each.items('Archive').length, 400, 'so few are left that they would not be too much any more')
  await each.sync()
  t.equal(each.items('Archive').length, MESSAGES)
  await resume(each, 'Archive')
  await settled(each)
  assertWhole(t, each, 'Archive')
})

t.test('what vanished is brought back, in however many goes', async t => {
  const each = await account(t, 'Archive')
  loseOnServer(each, 'Archive')
  await each.sync()
  await resume(each, 'Archive')
  await dies(t, each, killedIn(1, 'held', 'restoreVanished'))
  t.match(folderOf(each, 'Archive'), { consent: 'restore' }, 'the word holds')
  await settled(each)
  assertWhole(t, each, 'Archive')
})

t.test('deletions here are taken back, in however many goes', async t => {
  const each = await account(t, 'Archive')
  const items = each.items('Archive').map(({ id }) => id)
  await each.change({ kind: 'delete', items, isPermanent: true })
  await each.sync()
  t.match(folderOf(each, 'Archive'), { deletions: 'held' })
  await dies(t, each, killedIn(2, 'undo', 'restoreDoomed'), () => resume(each, 'Archive'))
  // So few are left that they would not be too much any more.
  t.match(folderOf(each, 'Archive'), { deletions: 'held', consent: 'restore' })
  await settled(each)
  assertWhole(t, each, 'Archive')
})

t.test('a run that is under way tells the server of no deletion that is being taken back', async t => {
  const each = await account(t, 'Archive')
  const items = each.items('Archive').map(({ id }) => id)
  await each.change({ kind: 'delete', items, isPermanent: true })
  await each.sync()
  const { id } = folderOf(each, 'Archive')
  each.deliver('Archive', 'more') // so that it is looked at
  let isAsked = false
  each.connected = remote => {
    const examine = remote.examine.bind(remote)
    Reflect.set(remote, 'examine', (...args: Parameters<typeof examine>) => {
      if (!isAsked) {
        isAsked = true
        each.store.transact(({ held }) => held.resume(id, 'restore'))
        each.store.transact(({ undo }) => undo.restoreDoomed(items.slice(0, 400)))
      }
      return examine(...args)
    })
    return remote
  }
  await each.sync()
  t.ok(isAsked)
  t.equal(each.serverSubjects('Archive').length, MESSAGES + 1)
  await settled(each)
  t.equal(each.serverSubjects('Archive').length, MESSAGES + 1)
  t.equal(each.items('Archive').length, MESSAGES + 1)
  t.match(folderOf(each, 'Archive'), { consent: undefined, deletions: undefined, error: undefined })
})

t.test('a folder that is gone on the server is made again with all of it, in however many goes', async t => {
  const each = await account(t, 'Archive')
  each.server.folders.delete('Archive')
  await each.sync()
  await dies(t, each, killedIn(1, 'held', 'uploadHomeless'), () => resume(each, 'Archive'))
  t.match(folderOf(each, 'Archive'), { state: 'paused', consent: 'restore' })
  await settled(each)
  assertWhole(t, each, 'Archive')
})

t.test('a sweep that is cut short has ended no cycle, and the next one goes on', async t => {
  const each = await account(t, 'Archive')
  for (let count = 0; count < MESSAGES; count++) each.deliver('Archive', `stays-${count}`)
  await each.sync()
  for (const uid of [...each.server.folder('Archive').messages.keys()].slice(0, 450))
    each.server.expunge('Archive', uid)
  await each.sync()
  const cycle = each.store.read.cycle()
  await dies(t, each, killedIn(1, undefined, 'settle'))
  t.equal(each.store.read.cycle(), cycle)
  t.equal(tombs(each), 200, 'the first block')
  await settled(each)
  t.equal(tombs(each), 450)
  t.equal(each.items('Archive').length, 2 * MESSAGES - 450)
  t.ok(each.store.read.cycle() > cycle)
})

t.test('flags whose answer is written down in part are told again', async t => {
  const each = await account(t, 'Archive')
  const items = each.items('Archive').map(({ id }) => id)
  await each.change({ kind: 'flag', items, add: ['\\Flagged'], remove: [] })
  await dies(t, each, killedIn(1, 'push', 'flagsStored'))
  t.equal(each.store.read.pending.flags(folderOf(each, 'Archive').id).length, MESSAGES - 200)
  await settled(each)
  t.equal(each.store.read.pending.flags(folderOf(each, 'Archive').id).length, 0)
  const { messages } = each.server.folder('Archive')
  t.ok([...messages.values()].every(({ flags }) => flags.has('\\Flagged')))
})

t.test('deletions whose answer is written down in part are deletions', async t => {
  const each = await account(t, 'Archive', [...NAMES, ...NAMES.map(name => `stays-${name}`)])
  const items = each.items('Archive').map(({ id }) => id)
  await each.change({ kind: 'delete', items: items.slice(0, 450), isPermanent: true })
  await dies(t, each, killedIn(1, 'push', 'expunged'))
  t.equal(tombs(each), 200, 'the first block')
  await settled(each)
  t.equal(tombs(each), 450)
  t.equal(each.items('Archive').length, 550)
  t.equal(each.serverSubjects('Archive').length, 550)
})

for (const revertReadOnly of [true, false]) {
  const what = revertReadOnly ? 'taken back' : 'kept here alone'
  t.test(`changes that the server does not allow are ${what}, in however many goes`, async t => {
    const each = await account(t, 'Archive')
    each.settings = { ...each.settings, revertReadOnly }
    each.connected = remote => {
      const list = remote.listFolders.bind(remote)
      Reflect.set(remote, 'listFolders', async () => (await list()).map(folder => ({ ...folder, rights: 'lr' })))
      return remote
    }
    const items = each.items('Archive').map(({ id }) => id)
    await each.change({ kind: 'flag', items, add: ['\\Flagged'], remove: [] })
    await each.change({ kind: 'delete', items: items.slice(0, 30), isPermanent: true })
    const { id } = folderOf(each, 'Archive')
    const left = () => {
      const { pending } = each.store.read
      return pending.flags(id).length + pending.deletions(id, 1).length
    }
    t.equal(left(), MESSAGES)
    await dies(t, each, killedIn(1, 'readOnly', revertReadOnly ? 'revert' : 'block'))
    t.equal(left(), MESSAGES - 200, 'the first block')
    await settled(each)
    t.equal(left(), 0)
    t.ok([...each.server.folder('Archive').messages.values()].every(({ flags }) => !flags.has('\\Flagged')))
    t.equal(each.serverSubjects('Archive').length, MESSAGES)
    const kept = each.store.database.find('SELECT count(*) AS n FROM item WHERE is_blocked')
    t.equal(kept?.n, revertReadOnly ? 0 : MESSAGES)
    each.connected = remote => remote
    await settled(each)
    const [message] = each.server.folder('Archive').messages.values()
    t.equal(each.store.read.pending.blocked().length, 0)
    t.equal(message?.flags.has('\\Flagged'), !revertReadOnly)
  })
}

t.test('however many messages are brought back, no transaction changes more than a block of them', async t => {
  const each = await account(t, 'Archive')
  loseOnServer(each, 'Archive')
  await each.sync()
  const largest = new LargestTransaction()
  each.guard = largest.guard
  await assertNoScans(t, each.store, MESSAGES, async () => {
    await resume(each, 'Archive')
    const items = each.items('Archive').map(({ id }) => id)
    t.equal(items.length, MESSAGES)
    await each.sync()
  })
  await settled(each)
  assertWhole(t, each, 'Archive')
  t.ok(largest.rows > 200, `${largest.rows} rows`)
  t.ok(largest.rows < MAX_ROWS, `${largest.rows} rows`)
})

t.test('the list of folders is read as often for changes in many folders as for one', async t => {
  const each = await account(t, 'Archive', ['one'])
  for (let index = 0; index < 20; index++) {
    each.server.create(`folder-${index}`)
    each.deliver(`folder-${index}`, `m${index}`)
  }
  await each.sync()
  const { read } = each.store
  const folders = read.folders.bind(read)
  const callsFor = async (paths: readonly string[]) => {
    let calls = 0
    Reflect.set(read, 'folders', () => {
      calls++
      return folders()
    })
    const items = paths.flatMap(path => each.items(path).map(({ id }) => id))
    await each.change({ kind: 'flag', items, add: ['\\Flagged'], remove: [] })
    t.match(await each.sync(), { errors: { length: 0 } })
    t.equal(read.pending.changedFolders().length, 0)
    Reflect.deleteProperty(read, 'folders')
    return calls
  }
  const one = await callsFor(['Archive'])
  t.equal(await callsFor(Array.from({ length: 20 }, (_, index) => `folder-${index}`)), one)
})

t.test('what has no Message-ID is looked for by its size among what was sent', async t => {
  const each = await account(t, 'Archive', ['one'])
  const nameless = (text: string) => Buffer.from(`Subject: ${text}\r\n\r\n${text}.\r\n`)
  const file = join(each.root, 'mine.eml')
  writeFileSync(file, nameless('mine'))
  await each.change({ kind: 'add', folder: 'Archive', file, flags: [] })
  await each.loseAppend()
  for (const name of NAMES) each.server.append('Archive', nameless(name), [], each.clock.ms)
  await assertNoScans(t, each.store, MESSAGES, () => each.sync())
  await settled(each)
  t.same(each.subjects('Archive').sort(), ['one', 'mine', ...NAMES].sort())
  t.same(each.serverSubjects('Archive').sort(), ['one', 'mine', ...NAMES].sort())
})

import t from 'tap'
import { isTooMuch } from '../../src/sync/plan/mass-deletion.ts'
import { planStructure } from '../../src/sync/plan/plan-structure.ts'
import { ModelAccount } from '../support/model-account.ts'

const names = (count: number) => Array.from({ length: count }, (_, index) => `m${index}`)

/** An account with so many messages in its Inbox, all of them here. */
async function account(messages: number): Promise<ModelAccount> {
  const made = new ModelAccount()
  made.deliver('INBOX', ...names(messages))
  await made.sync()
  return made
}

const loseOnServer = ({ server }: ModelAccount, uids: number, path = 'INBOX') => {
  for (const uid of [...server.folder(path).messages.keys()].slice(0, uids)) server.expunge(path, uid)
}

const deleteHere = (each: ModelAccount, count: number) => {
  const items = each
    .items('INBOX')
    .slice(0, count)
    .map(({ id }) => id)
  return each.change({ kind: 'delete', items, isPermanent: true })
}

const inbox = ({ store }: ModelAccount) => store.read.getFolder('INBOX')
const resume = (each: ModelAccount, consent: 'accept' | 'restore' | undefined) =>
  each.change({ kind: 'resumeFolder', path: 'INBOX', consent })

t.test('what is too much', async t => {
  const loss = { folder: 1, path: 'INBOX', role: undefined, consent: undefined, recent: 0 }
  const cases: readonly (readonly [doomed: number, remaining: number, isTooMuch: boolean])[] = [
    [50, 0, true],
    [50, 20, false],
    [51, 49, true],
    [51, 51, false],
    [20, 0, true],
    [19, 0, false],
    [0, 0, false],
  ]
  for (const [doomed, remaining, expected] of cases) {
    t.equal(isTooMuch({ ...loss, doomed, remaining }), expected, `${doomed} of ${doomed + remaining}`)
  }
  t.equal(isTooMuch({ ...loss, doomed: 30, remaining: 20, recent: 40 }), true, 'within an hour')
  t.equal(isTooMuch({ ...loss, role: 'trash', doomed: 500, remaining: 0 }), false, 'the Trash is there to be emptied')
})

t.test('the server forgets most of a folder: it is held, and everything stays', async t => {
  using each = await account(100)
  loseOnServer(each, 80)
  t.match(await each.sync(), { errors: [{ folder: 'INBOX', code: 'SYNC_MASS_DELETION' }] })
  t.equal(each.items('INBOX').length, 100)
  t.match(inbox(each), { state: 'paused' })
  t.match(await each.sync(), { errors: { length: 0 } }, 'told once')

  await resume(each, undefined)
  t.match(await each.sync(), { errors: [{ code: 'SYNC_MASS_DELETION' }] }, 'without a word it is the same again')

  await resume(each, 'restore')
  t.match(await each.sync(), { uploaded: 80, downloaded: 0, errors: { length: 0 } })
  t.equal(each.serverSubjects('INBOX').length, 100)
  t.equal(each.items('INBOX').length, 100)

  loseOnServer(each, 80)
  await each.sync()
  await resume(each, 'accept')
  for (let run = 0; run < 3; run++) t.match(await each.sync(), { uploaded: 0, errors: { length: 0 } })
  t.equal(each.items('INBOX').length, 20)
  each.deliver('INBOX', ...names(100))
  await each.sync()
  loseOnServer(each, 120)
  t.match(await each.sync(), { errors: [{ code: 'SYNC_MASS_DELETION' }] }, 'a word counts once')
})

t.test('what another client moves is not lost', async t => {
  using each = await account(100)
  for (const uid of [...each.server.folder('INBOX').messages.keys()]) each.server.move('INBOX', uid, 'Archive')
  for (let run = 0; run < 3; run++) t.match(await each.sync(), { errors: { length: 0 } })
  t.equal(each.items('Archive').length, 100)
  for (const uid of [...each.server.folder('Archive').messages.keys()]) each.server.move('Archive', uid, 'INBOX')
  for (let run = 0; run < 3; run++)
    t.match(await each.sync(), { errors: { length: 0 } }, 'whichever folder is looked at first')
  t.equal(each.items('INBOX').length, 100)
  t.equal(each.items('Archive').length, 0)
})

t.test('a folder that goes away is held, and made again', async t => {
  using each = await account(1)
  each.deliver('Archive', ...names(30))
  await each.sync()
  each.server.folders.delete('Archive')
  t.match(await each.sync(), { errors: [{ folder: 'Archive', code: 'SYNC_MASS_DELETION' }] })
  t.equal(each.items('Archive').length, 30)
  t.match(await each.sync(), { errors: { length: 0 } })
  await each.change({ kind: 'resumeFolder', path: 'Archive', consent: 'restore' })
  for (let run = 0; run < 2; run++) t.match(await each.sync(), { errors: { length: 0 } })
  t.equal(each.serverSubjects('Archive').length, 30)
  each.server.folders.delete('Archive')
  await each.sync()
  await each.change({ kind: 'resumeFolder', path: 'Archive', consent: 'accept' })
  for (let run = 0; run < 3; run++) t.match(await each.sync(), { errors: { length: 0 } })
  t.throws(() => each.items('Archive'), { code: 'STORE_NO_SUCH_FOLDER' })
  t.equal([...each.store.read.kept.deleted()].length, 30, 'restorable')
})

t.test('a list of folders without the Inbox is not all that there is', async t => {
  using each = await account(1)
  planStructure(each.store, [])
  t.equal(each.store.read.folders().length, 2)
  t.equal(each.items('INBOX').length, 1)
})

t.test('the user deletes most of a folder: the server is not told until that is right', async t => {
  using each = await account(100)
  await deleteHere(each, 80)
  t.match(await each.sync(), { errors: [{ folder: 'INBOX', code: 'SYNC_DELETIONS_HELD' }] })
  t.equal(each.serverSubjects('INBOX').length, 100)
  t.match(inbox(each), { state: 'ok', deletions: 'held', error: { code: 'SYNC_DELETIONS_HELD' } })

  const [first] = each.items('INBOX')
  await each.change({ kind: 'flag', items: [first?.id ?? 0], add: ['\\Flagged'], remove: [] })
  each.deliver('INBOX', 'fresh')
  t.match(await each.sync(), { downloaded: 1, errors: { length: 0 } }, 'everything else goes on')
  t.ok(
    each.server
      .folder('INBOX')
      .messages.get(first?.uid ?? 0)
      ?.flags.has('\\Flagged'),
  )
  t.match(inbox(each), { error: { code: 'SYNC_DELETIONS_HELD' } }, 'and it still says so')

  await resume(each, 'restore')
  t.equal(each.items('INBOX').length, 101)
  t.match(await each.sync(), { errors: { length: 0 } })
  t.match(inbox(each), { deletions: undefined, error: undefined })

  await deleteHere(each, 80)
  await each.sync()
  await resume(each, 'accept')
  t.match(await each.sync(), { errors: { length: 0 } })
  t.equal(each.serverSubjects('INBOX').length, 21)
  t.match(inbox(each), { deletions: undefined, error: undefined })
  await t.rejects(resume(each, 'accept'), { code: 'STORE_FOLDER_NOT_HELD' })
})

t.test('many small steps within an hour are one large step', async t => {
  using each = await account(100)
  for (let step = 0; step < 5; step++) {
    await deleteHere(each, 10)
    t.match(await each.sync(), { errors: { length: 0 } })
  }
  await deleteHere(each, 10)
  t.match(await each.sync(), { errors: [{ code: 'SYNC_DELETIONS_HELD' }] })
  t.equal(each.serverSubjects('INBOX').length, 50)
  each.clock.ms += 2 * 3_600_000
  t.match(await each.sync(), { errors: { length: 0 } })
  t.equal(each.serverSubjects('INBOX').length, 40, 'a step a day is daily life')
})

t.test('moving all of a folder away is no loss', async t => {
  using each = await account(100)
  await each.change({ kind: 'move', items: each.items('INBOX').map(({ id }) => id), folder: 'Archive' })
  t.match(await each.sync(), { errors: { length: 0 } })
  t.equal(each.serverSubjects('Archive').length, 100)
})

t.test('a folder numbered anew whose messages are not recognised is held', async t => {
  using each = await account(30)
  const other = () => {
    each.server.renumber('INBOX')
    loseOnServer(each, 100)
    each.deliver('INBOX', ...names(30).map(name => `other-${name}`))
  }
  other()
  t.match(await each.sync(), { errors: [{ folder: 'INBOX', code: 'SYNC_UIDS_LOST' }] })
  t.equal(each.items('INBOX').length, 30)
  t.match(await each.sync(), { downloaded: 0, errors: { length: 0 } })
  await resume(each, 'restore')
  for (let run = 0; run < 2; run++) t.match(await each.sync(), { errors: { length: 0 } })
  t.equal(each.serverSubjects('INBOX').length, 60)
  t.equal(each.items('INBOX').length, 60)

  each.server.renumber('INBOX')
  for (let run = 0; run < 2; run++)
    t.match(await each.sync(), { downloaded: 0, errors: { length: 0 } }, 'all are recognised')

  other()
  t.match(await each.sync(), { errors: [{ code: 'SYNC_UIDS_LOST' }] })
  await resume(each, 'accept')
  for (let run = 0; run < 3; run++) t.match(await each.sync(), { errors: { length: 0 } })
  t.equal(each.items('INBOX').length, 30)
})

t.test('a yes to deletions is no yes to later ones', async t => {
  using each = await account(200)
  await deleteHere(each, 110)
  t.match(await each.sync(), { errors: [{ code: 'SYNC_DELETIONS_HELD' }] })
  await resume(each, 'accept')
  each.clock.ms += 1000
  await deleteHere(each, 90) // before the server was told of the others
  t.match(await each.sync(), { errors: [{ code: 'SYNC_DELETIONS_HELD' }] })
  t.equal(each.server.folder('INBOX').messages.size, 200)
  await resume(each, 'accept')
  t.match(await each.sync(), { errors: { length: 0 } })
  t.equal(each.server.folder('INBOX').messages.size, 0)
})

t.test('a yes to deletions that others have made meanwhile is used up', async t => {
  using each = await account(100)
  await deleteHere(each, 80)
  await each.sync()
  await resume(each, 'accept')
  loseOnServer(each, 80) // somebody else was faster
  for (let run = 0; run < 3; run++) await each.sync()
  each.deliver('INBOX', ...names(100).map(name => `later-${name}`))
  await each.sync()
  await deleteHere(each, 110)
  t.match(await each.sync(), { errors: [{ code: 'SYNC_DELETIONS_HELD' }] })
  t.equal(each.server.folder('INBOX').messages.size, 120)
})

t.test('after a yes, a small deletion is nothing to ask about', async t => {
  using each = await account(200)
  await deleteHere(each, 110)
  await each.sync()
  await resume(each, 'accept')
  t.match(await each.sync(), { errors: { length: 0 } })
  await deleteHere(each, 1)
  t.match(await each.sync(), { errors: { length: 0 } })
  t.equal(each.server.folder('INBOX').messages.size, 89)
})

t.test('deletions that are held stay told of, although the folder cannot be opened for a while', async t => {
  using each = await account(100)
  await deleteHere(each, 80)
  await each.sync()
  each.store.transact(transactor =>
    transactor.setFolderError(inbox(each).id, { code: 'UPSTREAM_REFUSED', message: 'NO' }),
  )
  for (let run = 0; run < 3; run++) await each.sync()
  t.match(inbox(each), { deletions: 'held', error: { code: 'SYNC_DELETIONS_HELD' } })
})

t.test('what the user wants back and somebody has moved is not deleted while it is slow to arrive', async t => {
  using each = await account(30)
  const ids = each.items('INBOX').map(({ id }) => id)
  for (const uid of [...each.server.folder('INBOX').messages.keys()]) each.server.move('INBOX', uid, 'Archive')
  each.server.renumber('INBOX')
  const moved = [...each.server.folder('Archive').messages.values()]
  for (const message of moved) message.poison = 'lost'
  const run = () => each.sync().catch(() => undefined)
  await run()
  t.match(inbox(each), { state: 'paused' })
  await resume(each, 'restore')
  for (let count = 0; count < 6; count++) await run()
  t.equal(each.store.database.all('SELECT id FROM tomb').length, 0)
  for (const message of moved) message.poison = undefined
  for (let count = 0; count < 6; count++) await run()
  const arrived = each.items('Archive').map(({ id }) => id)
  t.same(new Set(arrived), new Set(ids), 'they are the same items')
  t.equal(arrived.length, ids.length)
  t.equal(each.server.folder('INBOX').messages.size, 0, 'and nothing was uploaded beside them')
})

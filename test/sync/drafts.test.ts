import t from 'tap'
import { ModelAccount, messageOf } from '../support/model-account.ts'

/** An account with Drafts and a Trash, which the model server has from the beginning. */
async function account(): Promise<ModelAccount> {
  const made = new ModelAccount()
  for (const path of ['Drafts', 'Trash']) made.server.create(path)
  made.deliver('INBOX', 'a', 'b')
  made.deliver('Drafts', 'unfinished')
  await made.sync()
  return made
}

const idOf = (each: ModelAccount, path: string, index = 0) => each.items(path)[index]?.id ?? 0

/** Puts a message into Drafts here, as a client would. */
async function write(each: ModelAccount, subject: string): Promise<number> {
  await using writer = each.store.openPackWriter()
  const octets = messageOf(subject)
  writer.begin(octets.length)
  writer.write(octets)
  const location = writer.end()
  const ends = await writer.sync()
  const none = { bits: 0, keywords: '' }
  const digest = { sha256: Buffer.alloc(32), messageId: `<${subject}@x>`, subject, from: undefined, dateMs: undefined }
  return each.store.transact(transactor => {
    for (const { pack, octets } of ends) transactor.setPackEnd(pack, octets)
    const message = { location, digest, flags: none, internalDateMs: 0 }
    return transactor.local.addMessage(each.store.read.getFolder('Drafts').id, message)
  })
}

t.test('drafts are neither fetched nor sent', async t => {
  using each = await account()
  await write(each, 'mine')
  t.match(await each.sync(), { downloaded: 0, uploaded: 0, errors: { length: 0 } })
  t.same(each.subjects('Drafts'), ['mine'])
  t.same(each.serverSubjects('Drafts'), ['unfinished'])
  t.equal(each.store.read.counts(each.store.read.getFolder('Drafts').id).queuedUpload, 0)
})

t.test('a draft that is moved out is uploaded where it goes', async t => {
  using each = await account()
  const id = await write(each, 'mine')
  await each.change({ kind: 'move', items: [id], folder: 'Archive' })
  t.match(await each.sync(), { uploaded: 1, errors: { length: 0 } })
  t.same(each.serverSubjects('Archive'), ['mine'])
  t.match(each.items('Archive'), [{ id }], 'under its id')
  t.match(await each.sync(), { uploaded: 0, downloaded: 0, errors: { length: 0 } })
})

t.test('a message of the server becomes a draft; the server’s goes to its Trash', async t => {
  using each = await account()
  const id = idOf(each, 'INBOX')
  await each.change({ kind: 'move', items: [id], folder: 'Drafts' })
  t.match(each.items('Drafts'), [{ id, uid: 0 }])
  for (let run = 0; run < 3; run++) t.match(await each.sync(), { uploaded: 0, downloaded: 0, errors: { length: 0 } })
  t.same(each.serverSubjects('INBOX'), ['b'])
  t.same(each.serverSubjects('Trash'), ['a'], 'moved, not destroyed')
  t.same(each.subjects('Trash'), ['a'])
  t.same(each.subjects('Drafts'), ['a'])
  t.same(each.serverSubjects('Drafts'), ['unfinished'])

  await each.change({ kind: 'move', items: [id], folder: 'INBOX' })
  t.match(await each.sync(), { uploaded: 1, errors: { length: 0 } })
  t.same(each.serverSubjects('INBOX'), ['b', 'a'], 'and back, as a new one')
})

t.test('what was never uploaded leaves nothing behind', async t => {
  using each = await account()
  await each.change({ kind: 'copy', items: [idOf(each, 'INBOX')], folder: 'Archive' })
  const copy = idOf(each, 'Archive')
  await each.change({ kind: 'move', items: [copy], folder: 'Drafts' })
  t.match(await each.sync(), { uploaded: 0, errors: { length: 0 } })
  t.same(each.serverSubjects('Archive'), [])
  t.same(each.serverSubjects('Trash'), [])
})

t.test('copies go both ways', async t => {
  using each = await account()
  await each.change({ kind: 'copy', items: [idOf(each, 'INBOX')], folder: 'Drafts' })
  t.match(await each.sync(), { uploaded: 0, errors: { length: 0 } })
  t.same(each.subjects('Drafts'), ['a'])
  await each.change({ kind: 'copy', items: [idOf(each, 'Drafts')], folder: 'Archive' })
  t.match(await each.sync(), { uploaded: 1, errors: { length: 0 } })
  t.same(each.serverSubjects('Archive'), ['a'])
  t.same(each.serverSubjects('INBOX'), ['a', 'b'])
})

t.test('without a Trash nothing of the server becomes a draft', async t => {
  using each = new ModelAccount()
  each.server.create('Drafts')
  each.deliver('INBOX', 'a')
  await each.sync()
  const move = each.change({ kind: 'move', items: [idOf(each, 'INBOX')], folder: 'Drafts' })
  await t.rejects(move, { code: 'STORE_FOLDER_EXCLUDED' })
  t.same(each.subjects('INBOX'), ['a'])
})

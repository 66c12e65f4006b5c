import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { PosternError } from '../../src/errors.ts'
import { ModelRemote } from '../support/model/remote.ts'
import { ModelAccount, messageOf } from '../support/model-account.ts'

async function filled(): Promise<ModelAccount> {
  const account = new ModelAccount()
  account.deliver('INBOX', 'one', 'two')
  account.deliver('Archive', 'old')
  await account.sync()
  return account
}

t.test('a folder that nobody may open keeps nothing else from its end', async t => {
  for (const answer of [{ code: 'NOPERM' }, { code: undefined, text: 'Permission denied' }]) {
    using account = await filled()
    using _refused = refuse('Archive', answer)
    account.deliver('Archive', 'new') // so that it is looked at
    account.server.expunge('INBOX', 1)
    t.match(await account.sync(), { errors: [{ folder: 'Archive', code: 'UPSTREAM_REFUSED' }] })
    t.equal(tombs(account), 0, 'it may have been moved there')
    for (let run = 0; run < 3; run++) await account.sync()
    t.equal(tombs(account), 1, 'the next runs wait for it no more')
    t.same(account.subjects('Archive'), ['old'])
  }
})

t.test('what was moved into a folder that the server cannot open now is waited for', async t => {
  for (const code of ['SERVERBUG', 'INUSE', 'CANNOT', undefined]) {
    using account = await filled()
    const [one] = account.items('INBOX')
    const answer = { code }
    {
      using _refused = refuse('Archive', answer)
      account.server.move('INBOX', 1, 'Archive')
      for (let run = 0; run < 5; run++) t.match(await account.sync(), { errors: [{ folder: 'Archive' }] })
      t.equal(tombs(account), 0, String(code))
      for (const next of ['NOPERM', code, 'NOPERM', code]) {
        answer.code = next
        await account.sync()
      }
      t.equal(tombs(account), 0, 'a first denial proves nothing')
    }
    await account.sync()
    t.equal(account.items('Archive').find(({ subject }) => subject === 'one')?.id, one?.id, 'it is the same item')
    for (let run = 0; run < 3; run++) await account.sync()
    t.equal(tombs(account), 0)
  }
})

t.test('what was sent into a folder that nobody may open since is not sent again', async t => {
  using account = await filled()
  const file = join(account.root, 'new.eml')
  writeFileSync(file, messageOf('mine'))
  await account.change({ kind: 'add', folder: 'Archive', file, flags: [] })
  await account.loseAppend()
  {
    using _refused = refuse('Archive', { code: 'NOPERM' })
    for (let run = 0; run < 6; run++) await account.sync()
  }
  for (let run = 0; run < 3; run++) t.match(await account.sync(), { errors: { length: 0 } })
  t.same(account.serverSubjects('Archive'), ['old', 'mine'])
  t.same(account.subjects('Archive'), ['old', 'mine'])
})

t.test('a folder that nobody may open keeps no other from being restored', async t => {
  using account = await filled()
  account.deliver('INBOX', ...Array.from({ length: 98 }, (_, index) => `m${index}`))
  await account.sync()
  using _refused = refuse('Archive', { code: 'NOPERM' })
  account.deliver('Archive', 'new')
  for (let run = 0; run < 2; run++) await account.sync()
  for (let uid = 1; uid <= 80; uid++) account.server.expunge('INBOX', uid)
  await account.sync()
  t.equal(account.store.read.getFolder('INBOX').state, 'paused')
  await account.change({ kind: 'resumeFolder', path: 'INBOX', consent: 'restore' })
  for (let run = 0; run < 4; run++) await account.sync()
  t.equal(account.serverSubjects('INBOX').length, 100)
  t.equal(account.items('INBOX').length, 100)
  t.equal(tombs(account), 0)
})

/** Refuses to open a folder until it is disposed of. */
function refuse(refused: string, answer: { readonly code: string | undefined; readonly text?: string }): Disposable {
  const { examine } = ModelRemote.prototype
  ModelRemote.prototype.examine = function (this: ModelRemote, path, cursor) {
    if (path !== refused) return examine.call(this, path, cursor)
    const { code, text = 'no' } = answer
    const cause = code === undefined ? undefined : { code: { name: code } }
    const message = `model refused a command: NO ${code === undefined ? '' : `[${code}] `}${text}`
    return Promise.reject(new PosternError('UPSTREAM_REFUSED', message, { remedy: 'retry', advice: '-', cause }))
  }
  return {
    [Symbol.dispose]: () => {
      ModelRemote.prototype.examine = examine
    },
  }
}

function tombs({ store }: ModelAccount): number {
  return store.database.all('SELECT id FROM tomb').length
}

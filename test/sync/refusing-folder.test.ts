import t from 'tap'
import { PosternError } from '../../src/errors.ts'
import { ModelRemote } from '../support/model/remote.ts'
import { ModelAccount } from '../support/model-account.ts'

t.test('a folder that the server never opens keeps nothing else from its end', async t => {
  using account = new ModelAccount()
  account.deliver('INBOX', 'one', 'two')
  account.deliver('Archive', 'old')
  await account.sync()
  refuse(t, 'Archive')
  account.deliver('Archive', 'new') // so that it is looked at
  account.server.expunge('INBOX', 1)
  t.match(await account.sync(), { errors: [{ folder: 'Archive', code: 'UPSTREAM_REFUSED' }] })
  t.equal(tombs(account), 0, 'it may have been moved there')
  for (let run = 0; run < 3; run++) await account.sync()
  t.equal(tombs(account), 1, 'the next runs wait for it no more')
  t.same(account.subjects('Archive'), ['old'])
})

function refuse(t: { readonly teardown: (undo: () => void) => void }, refused: string): void {
  const { examine } = ModelRemote.prototype
  ModelRemote.prototype.examine = function (this: ModelRemote, path, cursor) {
    if (path !== refused) return examine.call(this, path, cursor)
    return Promise.reject(new PosternError('UPSTREAM_REFUSED', 'NO [NOPERM]', { remedy: 'retry', advice: '-' }))
  }
  t.teardown(() => {
    ModelRemote.prototype.examine = examine
  })
}

function tombs({ store }: ModelAccount): number {
  return store.database.all('SELECT id FROM tomb').length
}

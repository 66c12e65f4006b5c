import { join } from 'node:path'
import t from 'tap'
import { StoreReaders } from '../../src/daemon/reading/reader-operations.ts'
import { PosternError } from '../../src/errors.ts'
import { ModelCollectionsAccount } from '../support/model-collections.ts'

const HOUR_MS = 3_600_000
const failing = (code: string) => new PosternError(code, `it is ${code}`, { remedy: 'retry', advice: 'Wait.' })

function accountWith(many: number) {
  const account = new ModelCollectionsAccount()
  const work = account.serve('/a/', { name: 'Work' })
  const hrefs = Array.from({ length: many }, (_, n) => `/a/${String(n).padStart(3, '0')}.ics`)
  for (const href of hrefs) work.write('other', href, href)
  return { account, work, hrefs }
}

for (const code of ['UPSTREAM_REFUSED', 'UPSTREAM_PROTOCOL']) {
  t.test(`one object that cannot be read keeps no other, nor a change: ${code}`, async t => {
    const { account, work, hrefs } = accountWith(60)
    using readers = new StoreReaders()
    const dir = join(account.root, 'store')
    using _account = account
    account.unreadable.set('/a/007.ics', failing(code))
    t.match(await account.sync(), { downloaded: 59, errors: [{ folder: 'Work', code }] })
    const { id } = account.store.read.getAnyFolder('Work')
    account.store.transact(({ objects }) => objects.create(id, '/a/mine.ics', Buffer.from('mine')))
    account.clock.ms += HOUR_MS
    t.match(await account.sync(), { uploaded: 1, errors: [{ code }] })
    t.equal(work.members.get('/a/mine.ics')?.text, 'mine')
    t.match([...readers.summary({ dir })], [{ ignored: 1, queued: { download: 0 } }])
    t.match([...readers.ignored({ dir, folder: undefined })].flat(), [
      { row: null, folder: 'Work', stage: 'download', error: `/a/007.ics: it is ${code}` },
    ])
    const asked = account.asked.length
    t.match(await account.sync(), { ignored: 1, errors: { length: 0 } })
    t.equal(account.asked.length, asked, 'it is not asked for in every run')
    account.unreadable.clear()
    t.match(await account.change({ kind: 'clearIgnored', folder: undefined }), { changed: 1 })
    t.match(await account.sync(), { downloaded: 1, ignored: 0, errors: { length: 0 } })
    t.equal(account.seen().Work?.length, hrefs.length + 1)
  })
}

t.test('another version of what could not be read is tried at once', async t => {
  const { account, work } = accountWith(1)
  using _account = account
  account.unreadable.set('/a/000.ics', failing('UPSTREAM_REFUSED'))
  for (let run = 0; run < 4; run++) {
    account.clock.ms += HOUR_MS
    await account.sync()
  }
  t.match(await account.sync(), { ignored: 1 })
  account.unreadable.clear()
  work.write('other', '/a/000.ics', 'mended')
  t.match(await account.sync(), { downloaded: 1, ignored: 0 })
  t.same(account.seen(), { Work: ['mended'] })
})

for (const code of ['UPSTREAM_LOST', 'UPSTREAM_SILENT', 'UPSTREAM_UNAVAILABLE']) {
  t.test(`an object on which the server breaks is found, and left for later: ${code}`, async t => {
    const { account, hrefs } = accountWith(120)
    using _account = account
    account.unreadable.set('/a/060.ics', failing(code))
    for (let run = 0; run < 2; run++) await t.rejects(account.sync(), { code })
    t.match(await account.sync(), { errors: { length: 0 } })
    t.equal(account.seen().Work?.length, hrefs.length - 1)
  })
}

t.test('a server that gives nothing is not asked for each of a thousand objects', async t => {
  const { account, hrefs } = accountWith(1000)
  using _account = account
  for (const href of hrefs) account.unreadable.set(href, failing('UPSTREAM_REFUSED'))
  await account.sync()
  t.equal(account.asked.filter(({ length }) => length === 1).length, 8)
})

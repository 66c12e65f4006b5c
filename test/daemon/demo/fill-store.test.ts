import { createHash } from 'node:crypto'
import t from 'tap'
import { fillStore } from '../../../src/daemon/demo/fill-store.ts'
import { sampleMail } from '../../../src/daemon/demo/sample-mail/sample-mail.ts'
import { SAMPLE_FOLDERS } from '../../../src/daemon/demo/sample-mail/sample-message.ts'
import { unpackFlags } from '../../../src/store/flags.ts'
import { checkStore } from '../../../src/store/maintenance/repair/check-store.ts'
import { finish, openStore } from '../../support/store.ts'

const SETTINGS = { baseDateMs: Date.UTC(2026, 4, 20, 14, 30), address: 'you@demo.example', seed: 7 }

t.test('a store that was filled is sound, and holds every octet, flag and date', async t => {
  const dir = t.testdir()
  using store = openStore(dir)
  const { messages, octets } = await fillStore(store, { folders: SAMPLE_FOLDERS, messages: sampleMail(SETTINGS) })
  const report = finish(checkStore(dir, { isFull: true }))
  t.same(report.problems, [])
  t.match(report, { ok: true, items: messages, queued: { download: 0, import: 0, upload: 0 } })
  t.equal(
    report.folders.reduce((sum, folder) => sum + folder.octets, 0),
    octets,
  )
  t.equal(store.database.find('SELECT count(*) AS n FROM op')?.n, 0, 'nothing is ever to be told to a server')

  const folders = new Map(
    SAMPLE_FOLDERS.map(({ path }) => [path, [...store.read.items(store.read.getFolder(path).id)]]),
  )
  for (const { folder, octets, flags, internalDateMs } of sampleMail(SETTINGS)) {
    const item = folders.get(folder)?.shift() // in the order in which they came
    t.match(item, { size: octets.length, internalDateMs: Math.trunc(internalDateMs / 1000) * 1000, bodyState: 'full' })
    t.same(item?.sha256, createHash('sha256').update(octets).digest())
    t.same(item && unpackFlags(item.flags).sort(), [...flags].sort())
  }
})

t.test('the folders have the roles that mail programs look for', async t => {
  using store = openStore(t.testdir())
  await fillStore(store, { folders: SAMPLE_FOLDERS, messages: [] })
  const roles = store.read.folders().flatMap(({ path, role }) => (role === undefined ? [] : [`${path} is ${role}`]))
  const expected = [
    'INBOX is inbox',
    'Sent is sent',
    'Drafts is drafts',
    'Archive is archive',
    'Trash is trash',
    'Junk is junk',
  ]
  t.same(roles.sort(), expected.sort())
})

t.test('what clients do in such a store leaves nothing to upload', async t => {
  const dir = t.testdir()
  using store = openStore(dir)
  await fillStore(store, { folders: SAMPLE_FOLDERS, messages: sampleMail(SETTINGS) })
  const [inbox, trash] = [store.read.getFolder('INBOX').id, store.read.getFolder('Trash').id]
  const [first, second, third] = [...store.read.items(inbox)].map(({ id }) => id)
  store.transact(({ local }) => {
    local.move(first ?? 0, trash)
    local.copy(second ?? 0, trash)
    local.delete(third ?? 0, { isPermanent: true })
  })
  t.equal(store.database.find('SELECT count(*) AS n FROM op')?.n, 0)
  t.same(finish(checkStore(dir, { isFull: true })).problems, [])
})

import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import PostalMime from 'postal-mime'
import t from 'tap'
import { fillStore, putMessages } from '../../../src/daemon/demo/fill-store.ts'
import { SAMPLE_FOLDERS, sampleMail } from '../../../src/daemon/demo/sample-mail/sample-mail.ts'
import { parseMimeTree } from '../../../src/formats/mail/structure/mime-tree.ts'
import { checkStore } from '../../../src/store/maintenance/repair/check-store.ts'
import { Store } from '../../../src/store/store.ts'
import { silentLogger } from '../../support/silent-logger.ts'
import { finish } from '../../support/store.ts'

const OPTIONS = { address: 'you@demo.example', baseMs: Date.UTC(2026, 10, 26) }

t.test('about 300 messages, the same each time, newest first of all today', async t => {
  const digest = () => {
    const hash = createHash('sha256')
    for (const { octets } of sampleMail(OPTIONS)) hash.update(octets)
    return hash.digest('hex')
  }
  t.equal(digest(), digest())
  const all = [...sampleMail(OPTIONS)]
  t.ok(all.length > 250 && all.length < 350, `${all.length} messages`)
  t.ok(all.every(({ internalDateMs }) => internalDateMs <= OPTIONS.baseMs + 10_000))
  const used = new Set(all.map(({ folder }) => folder))
  t.ok([...used].every(folder => SAMPLE_FOLDERS.some(({ path }) => path === folder)))
  t.equal(SAMPLE_FOLDERS.length, 12)
})

t.test('every message can be read, by others and by us; but for broken ones all lines end with CRLF', async t => {
  for (const { octets, folder } of sampleMail(OPTIONS)) {
    const parsed = await PostalMime.parse(octets)
    t.ok(parsed.subject !== undefined || folder === 'Junk')
    const structure = parseMimeTree([octets])
    t.equal(structure.root.body.end, octets.length)
    t.notMatch(octets.toString('latin1'), /[^\r]\n/)
  }
})

t.test('parts say what they are: pictures, invitations, reports, files', async t => {
  const types = new Set<string>()
  for (const { octets } of sampleMail(OPTIONS)) {
    const { attachments, html } = await PostalMime.parse(octets)
    for (const { mimeType } of attachments) types.add(mimeType)
    if (html) types.add('text/html')
  }
  for (const type of ['application/pdf', 'image/png', 'application/ms-tnef', 'text/calendar', 'text/html']) {
    t.ok(types.has(type), type)
  }
})

t.test('a store that was filled is in order', async t => {
  const dir = mkdtempSync(join(tmpdir(), 'postern-demo-test-'))
  t.teardown(() => rmSync(dir, { recursive: true }))
  const store = Store.open(join(dir, 'store'), { clock: Date.now, log: silentLogger() })
  const filled = await fillStore(store, { folders: SAMPLE_FOLDERS, messages: sampleMail(OPTIONS) })
  await putMessages(store, [{ folder: 'INBOX', octets: Buffer.from('a: b\r\n\r\n'), flags: [], internalDateMs: 1 }])
  const counted = store.read.mailboxes.folders().map(({ id }) => store.read.mailboxes.counters(id)?.messages ?? 0)
  store[Symbol.dispose]()
  t.equal(
    counted.reduce((sum, count) => sum + count, 0),
    filled.messages + 1,
  )
  t.same(finish(checkStore(join(dir, 'store'), { isFull: true })).problems, [])
})

import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { compactStore, removeRetired } from '../../src/store/maintenance/compact/compact-store.ts'
import { checkStore } from '../../src/store/maintenance/repair/check-store.ts'
import { packFile } from '../../src/store/packs/pack-format.ts'
import { purgeOld } from '../../src/sync/purge-old.ts'
import { ModelAccount } from '../support/model-account.ts'
import { finish, spoil } from '../support/store.ts'

const DAY_MS = 86_400_000

function compact(account: ModelAccount, given: { isDryRun?: boolean; isAutomatic?: boolean } = {}) {
  const { signal } = new AbortController()
  const options = { isDryRun: false, isAutomatic: false, ...given, clock: account.clock.now, signal }
  return compactStore(account.store, { ...options, onProgress: () => undefined })
}

const check = (account: ModelAccount) => finish(checkStore(account.dir, { isFull: true }))
const pack = (account: ModelAccount, id: number) => packFile(join(account.dir, 'packs'), id)

/** Ten messages, of which eight were deleted so long ago that nobody can have them back. */
async function mostlyDead(): Promise<ModelAccount> {
  const account = new ModelAccount()
  account.deliver('INBOX', ...Array.from({ length: 10 }, (_, index) => `m${index}`))
  await account.sync()
  for (let uid = 2; uid < 10; uid++) account.server.expunge('INBOX', uid)
  await account.sync()
  await account.sync()
  account.clock.ms += 31 * DAY_MS
  await account.sync()
  return account
}

t.test('a pack that is more than half dead is rewritten, and its messages stay what they are', async t => {
  using account = await mostlyDead()
  const before = account.items('INBOX')
  t.match(await compact(account, { isDryRun: true }), { isDryRun: true, retired: 0, plan: { packs: [{ pack: 1 }] } })
  t.same(account.items('INBOX'), before, 'a dry run changes nothing')
  t.match(await compact(account), { retired: 1, damaged: 0 })
  t.ok(existsSync(pack(account, 1)), 'who reads it now may go on')
  t.same(account.subjects('INBOX'), ['m0', 'm9'])
  t.ok(removeRetired(account.store, account.clock.ms, 0) > 2000)
  t.notOk(existsSync(pack(account, 1)))
  t.ok(statSync(pack(account, 2)).size < 700)
  t.same(
    account.items('INBOX').map(({ location: _, ...rest }) => rest),
    before.map(({ location: _, ...rest }) => rest),
  )
  t.match(check(account), { ok: true, packs: { count: 1, dead: 0 } })
  t.match(await compact(account), { retired: 0, copied: 0 }, 'the second one finds nothing to do')
})

t.test('what comes afterwards goes into the new pack, also when everything was dead', async t => {
  using account = await mostlyDead()
  for (const uid of [1, 10]) account.server.expunge('INBOX', uid)
  await account.sync()
  await account.sync()
  account.clock.ms += 31 * DAY_MS
  await account.sync()
  t.match(await compact(account), { retired: 1, copied: 0 })
  removeRetired(account.store, account.clock.ms, 0)
  account.close()
  account.deliver('INBOX', 'new')
  await account.sync()
  t.same(account.subjects('INBOX'), ['new'])
  t.notOk(existsSync(pack(account, 1)), 'no number is given twice')
  t.match(check(account), { ok: true })
})

t.test('a body that two items share is moved for both', async t => {
  using account = await mostlyDead()
  const [item] = account.items('INBOX')
  await account.change({ kind: 'copy', items: [item?.id ?? 0], folder: 'Archive' })
  const { copied } = await compact(account)
  t.ok(copied < 600, 'once')
  removeRetired(account.store, account.clock.ms, 0)
  t.same(account.subjects('Archive'), ['m0'])
  t.same(account.subjects('INBOX'), ['m0', 'm9'])
})

t.test('a reader that holds the old place reads on, and a change meanwhile counts', async t => {
  using account = await mostlyDead()
  const [item] = account.items('INBOX')
  if (!item) return
  const reading = account.store.read.body(item.location)
  const compacting = compact(account)
  await account.change({ kind: 'copy', items: [item.id], folder: 'Archive' })
  await account.change({ kind: 'flag', items: [item.id], add: ['\\Flagged'], remove: [] })
  await compacting
  t.match(String(Buffer.concat([...reading])), /Subject: m0/)
  removeRetired(account.store, account.clock.ms, 0)
  t.same(account.subjects('Archive'), ['m0'])
  t.match(check(account), { ok: true })
})

t.test('a body that cannot be read keeps its pack, and is fetched again', async t => {
  using account = await mostlyDead()
  const item = account.items('INBOX')[1]
  if (item) spoil(pack(account, 1), item.location.offset + 5)
  t.match(await compact(account), { retired: 0, damaged: 1 })
  t.same(account.subjects('INBOX'), ['m0', '?'])
  await account.sync()
  t.same(account.subjects('INBOX'), ['m0', 'm9'])
  t.match(await compact(account), { retired: 1, damaged: 0 })
  t.match(check(account), { ok: true })
})

t.test('the daemon’s own compaction looks once a day, and does nothing for little', async t => {
  using account = await mostlyDead()
  t.match(await compact(account, { isAutomatic: true }), { retired: 0 })
  t.equal(account.store.database.find('SELECT compacted_at AS at FROM meta')?.at, account.clock.ms)
})

t.test('a file of a retired pack goes after its time when nobody removed it', async t => {
  using account = await mostlyDead()
  await compact(account)
  account.close()
  t.equal(removeRetired(account.store, account.clock.ms + 1000, 3_600_000), 0)
  t.ok(removeRetired(account.store, account.clock.ms + 3_700_000, 3_600_000) > 0)
})

t.test('deleted items go after 30 days, and the ledger says so', async t => {
  using account = new ModelAccount()
  account.deliver('INBOX', 'one', 'two')
  await account.sync()
  const [one, two] = account.items('INBOX')
  await account.change({ kind: 'delete', items: [one?.id ?? 0], isPermanent: true })
  for (let run = 0; run < 3; run++) await account.sync()
  account.clock.ms += 29 * DAY_MS
  await account.sync()
  t.equal(account.store.database.find('SELECT count(*) AS n FROM tomb')?.n, 1, 'not yet')
  account.clock.ms += 2 * DAY_MS
  await account.sync()
  t.equal(account.store.database.find('SELECT count(*) AS n FROM tomb')?.n, 0)
  await t.rejects(account.change({ kind: 'restore', items: [one?.id ?? 0] }), { message: /was removed for good on/ })
  account.clock.ms += 100 * DAY_MS
  await purgeOld(account.store)
  const events = account.store.database.all('SELECT item, event FROM ledger WHERE item IS NOT NULL')
  t.match(events, [{ item: two?.id, event: 'imported' }], 'of what is still here it is kept where it came from')
})

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { type FaultCode, type FaultPoint, faults } from '../support/fault-fs.ts'

// After the faults: what follows takes its functions out of node:fs when it is loaded.
const { ModelAccount, messageOf } = await import('../support/model-account.ts')
const { checkStore } = await import('../../src/store/maintenance/repair/check-store.ts')
const { compactStore } = await import('../../src/store/maintenance/compact/compact-store.ts')
const { finish } = await import('../support/store.ts')
type Account = InstanceType<typeof ModelAccount>

const POINTS: readonly FaultPoint[] = ['open', 'writev', 'fdatasync', 'fsync', 'begin', 'commit']
const CODES: readonly FaultCode[] = ['ENOSPC', 'EIO', 'EROFS']
const MAX_NTH = 60 // a run has fewer calls of each kind

/** An account that has something, and something to bring and to send. */
async function busy(): Promise<Account> {
  const account = new ModelAccount()
  account.deliver('INBOX', 'old1', 'old2')
  await account.sync()
  account.deliver('INBOX', 'new1', 'new2')
  account.deliver('Archive', 'new3')
  await add(account, 'mine')
  account.store.transact(transactor => transactor.setPackEnd(2, 0)) // the next body begins a new pack
  return account
}

async function add(account: Account, subject: string): Promise<void> {
  const file = join(account.root, 'new.eml')
  writeFileSync(file, messageOf(subject))
  await account.change({ kind: 'add', folder: 'INBOX', file, flags: [] })
}

const check = (account: Account) => finish(checkStore(account.dir, { isFull: true }))

async function assertWhole(t: Test, account: Account, when: string): Promise<void> {
  for (let run = 0; run < 4; run++) await account.sync()
  t.same(account.subjects('INBOX').toSorted(), ['mine', 'new1', 'new2', 'old1', 'old2'], when)
  t.same(account.subjects('Archive'), ['new3'], when)
  t.same(account.serverSubjects('INBOX').toSorted(), ['mine', 'new1', 'new2', 'old1', 'old2'], when)
  t.match(check(account), { ok: true, queued: { download: 0, import: 0, upload: 0 } }, when)
}

/** Fails the n-th call for every n until a run has so few; gives how many failed. */
async function everyCall(
  t: Test,
  point: FaultPoint,
  { code, isLasting }: { code: FaultCode; isLasting: boolean },
): Promise<number> {
  for (let nth = 1; nth <= MAX_NTH; nth++) {
    using account = await busy()
    faults.arm(point, code, { nth, isLasting })
    const failure = await account.sync().then(
      () => undefined,
      error => error,
    )
    const hits = faults.hits
    faults.disarm()
    const when = `${code} at ${point} ${nth}`
    if (hits === 0) return nth - 1
    // A note that could not be made of how a good run ended is a failure as well.
    t.match(failure, { code: code === 'ENOSPC' ? 'STORE_DISK_FULL' : 'STORE_WRITE_FAILED', message: /free/ }, when)
    t.ok(account.subjects('INBOX').includes('old1'), `${when}: what was stored is there`)
    if (nth % 2 === 0) account.close() // another process, or the same one
    await assertWhole(t, account, when)
  }
  throw new Error(`a run has more than ${MAX_NTH} calls of ${point}`)
}

for (const point of POINTS) {
  t.test(`whatever ${point} fails with, at every call of a run, nothing is lost or doubled`, async t => {
    for (const code of CODES) {
      const failed = await everyCall(t, point, { code, isLasting: false })
      t.ok(failed > 0, `${failed} calls`)
    }
    t.ok((await everyCall(t, point, { code: 'ENOSPC', isLasting: true })) > 0, 'also when the disk stays full')
  })
}

t.test('a transaction whose end and whose undoing both fail is undone by the next opening', async t => {
  using account = await busy()
  faults.arm('rollback', 'EIO', { nth: 1, isLasting: true })
  t.throws(() =>
    account.store.transact(({ local }) => {
      for (const { id } of account.items('INBOX')) local.delete(id, { isPermanent: true })
      throw new Error('on purpose')
    }),
  )
  faults.disarm()
  t.equal(account.store.isSuspect, true)
  account.close()
  await assertWhole(t, account, 'after that')
})

t.test('after a sync that failed, nothing more is written into that pack', async t => {
  using account = await busy()
  faults.arm('fdatasync', 'EIO', { nth: 1 })
  await t.rejects(account.sync(), { code: 'STORE_WRITE_FAILED' })
  faults.disarm()
  const highest = () => account.store.database.find('SELECT max(id) AS n FROM pack WHERE committed_octets > 0')?.n
  t.equal(highest(), 1)
  t.equal(account.store.isSuspect, true)
  await account.sync()
  t.equal(highest(), 3, 'the second one is left alone')
  await assertWhole(t, account, 'after that')
})

t.test('a full disk is told as such, also when the connection is lost in the same moment', async t => {
  using account = await busy()
  const [, , breaking] = account.server.folder('INBOX').messages.values() // the newest one comes first
  if (!breaking) throw new Error('no message')
  breaking.poison = 'lost'
  faults.arm('fdatasync', 'ENOSPC', { nth: 1 })
  await t.rejects(account.sync(), { code: 'STORE_DISK_FULL' })
  t.equal(faults.hits, 1)
  faults.disarm()
  breaking.poison = undefined
  await assertWhole(t, account, 'after that')
})

t.test('a change that cannot be written is told, and nothing of it is there', async t => {
  for (const point of ['writev', 'fdatasync', 'commit'] as const) {
    using account = await busy()
    await account.sync()
    const before = account.subjects('INBOX')
    faults.arm(point, 'ENOSPC', { nth: 1, isLasting: true })
    await t.rejects(add(account, 'more'), { code: 'STORE_DISK_FULL', message: /is full: .*free/ }, point)
    faults.disarm()
    t.same(account.subjects('INBOX'), before)
    await add(account, 'more')
    await account.sync()
    t.same(
      account.serverSubjects('INBOX').filter(subject => subject === 'more'),
      ['more'],
    )
    t.match(check(account), { ok: true })
  }
})

t.test('a compaction that finds no space leaves everything where it was', async t => {
  for (const point of ['open', 'writev', 'fdatasync', 'commit'] as const) {
    using account = await busy()
    await account.sync()
    for (const uid of [1, 2, 3]) account.server.expunge('INBOX', uid)
    for (let run = 0; run < 3; run++) await account.sync()
    account.clock.ms += 31 * 86_400_000
    await account.sync()
    const before = account.subjects('INBOX')
    const { signal } = new AbortController()
    const options = { isDryRun: false, isAutomatic: false, clock: account.clock.now, signal }
    faults.arm(point, 'ENOSPC', { nth: 1, isLasting: true })
    const compacting = compactStore(account.store, { ...options, onProgress: () => undefined })
    await t.rejects(compacting, { code: 'STORE_DISK_FULL' }, point)
    faults.disarm()
    t.same(account.subjects('INBOX'), before)
    t.match(check(account), { ok: true })
  }
})

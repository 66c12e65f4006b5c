import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { StoreTask } from '../../src/daemon/engine/store-tasks.ts'
import { checkStore } from '../../src/store/maintenance/repair/check-store.ts'
import { seededRandom } from '../support/mailbox-generator.ts'
import { ModelAccount } from '../support/model-account.ts'
import { finish } from '../support/store.ts'

const KILLS = Number(process.env.POSTERN_TEST_KILLS ?? 6)
const SEED = Number(process.env.POSTERN_TEST_SEED ?? 20_261_125)
const MAX_KILLS = KILLS * 10
const CHILD = resolve(import.meta.dirname, '../support/care-child.ts')
const DAY_MS = 86_400_000
const profile = { name: 'work', email: 'ada@example.test', number: 1 }
const random = seededRandom(SEED)
t.comment(`seed ${SEED}`)

/** Does tasks in a process that is killed some time after its beginning; true when it had ended before. */
async function killed(account: ModelAccount, tasks: readonly StoreTask[], afterMs: number): Promise<boolean> {
  account.close()
  const args = tasks.map(task => JSON.stringify(task))
  const child = spawn(process.execPath, [CHILD, account.dir, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  let output = ''
  child.stdout.on('data', chunk => {
    output += chunk
  })
  await once(child.stdout, 'data')
  await Promise.race([delay(afterMs, undefined, { ref: false }), exited])
  child.kill('SIGKILL')
  await exited
  return output.includes('is done')
}

/** Kills tasks at random moments, has a look each time, and lets them end at last. */
async function killAtRandom(
  t: Test,
  account: ModelAccount,
  { tasks, withinMs, look }: { tasks: readonly StoreTask[]; withinMs: number; look: () => void },
): Promise<void> {
  let [inTheMiddle, kills, windowMs] = [0, 0, withinMs]
  while (kills < KILLS || (inTheMiddle === 0 && kills < MAX_KILLS)) {
    const afterMs = random() * windowMs
    kills++
    if (!(await killed(account, tasks, afterMs))) inTheMiddle++
    else windowMs = afterMs // a fast machine was done by then
    look()
  }
  t.ok(inTheMiddle > 0, `${inTheMiddle} of ${kills} kills came in the middle`)
  t.equal(await killed(account, tasks, 60_000), true)
}

const isSound = (account: ModelAccount) => finish(checkStore(account.dir, { isFull: true })).ok

async function filled(messages: number): Promise<ModelAccount> {
  const account = new ModelAccount()
  account.deliver('INBOX', ...Array.from({ length: messages }, (_, index) => `m${index}`))
  await account.sync()
  return account
}

t.test('a compaction that is killed at any instruction loses nothing, and the next one goes on', async t => {
  const messages = 3000
  using account = await filled(messages)
  for (let uid = 1; uid <= messages; uid++) if (uid % 3 !== 0) account.server.expunge('INBOX', uid)
  await account.sync()
  const { id } = account.store.read.getFolder('INBOX')
  account.store.transact(({ held }) => held.resume(id, 'accept'))
  for (let run = 0; run < 3; run++) await account.sync()
  account.clock.ms += 31 * DAY_MS
  await account.sync()
  const expected = account.subjects('INBOX')
  t.equal(expected.length, messages / 3)
  const tasks = [{ kind: 'compact', isDryRun: false, isAutomatic: false }, { kind: 'removeRetired' }] as const
  const look = () => {
    t.same(account.subjects('INBOX'), expected)
    t.ok(isSound(account))
  }
  await killAtRandom(t, account, { tasks, withinMs: 80, look })
  look()
  t.match(finish(checkStore(account.dir, { isFull: true })), { packs: { dead: 0 } })
})

t.test('a restore that is killed leaves the store as it was, or as it was backed up', async t => {
  using account = await filled(400)
  const source = join(account.root, 'backup')
  const backup = { kind: 'backup', target: source, isCopy: false, profile, version: '0' } as const
  t.equal(await killed(account, [backup], 60_000), true)
  account.deliver('INBOX', 'later')
  await account.sync()
  const look = () => {
    const { length } = account.subjects('INBOX')
    t.ok(length === 400 || length === 401, `${length} messages`)
    t.ok(isSound(account))
  }
  await killAtRandom(t, account, { tasks: [{ kind: 'restore', source, profile }], withinMs: 150, look })
  t.equal(account.subjects('INBOX').length, 400)
  for (let run = 0; run < 3; run++) await account.sync()
  t.equal(new Set(account.subjects('INBOX')).size, 401)
  t.equal(account.items('INBOX').length, 401)
})

t.test('a backup that is killed is none, and the next one is whole', async t => {
  using account = await filled(400)
  const target = join(account.root, 'backup')
  const task = { kind: 'backup', target, isCopy: true, profile, version: '0' } as const
  const look = () => {
    if (existsSync(target)) t.ok(finish(checkStore(target, { isFull: true })).ok)
    rmSync(target, { recursive: true, force: true })
  }
  await killAtRandom(t, account, { tasks: [task], withinMs: 150, look })
  t.ok(finish(checkStore(target, { isFull: true })).ok)
})

t.test('a repair that is killed is repeated, and nothing of what could be read is lost', async t => {
  using account = await filled(600)
  account.store.database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  account.close()
  const file = join(account.dir, 'store.sqlite')
  const octets = readFileSync(file)
  const page = Math.floor(octets.indexOf('<m300@x>') / 4096)
  octets.fill(0xa5, page * 4096, (page + 1) * 4096)
  writeFileSync(file, octets)
  await killAtRandom(t, account, { tasks: [{ kind: 'repair', isFull: true }], withinMs: 200, look: () => undefined })
  for (let run = 0; run < 3; run++) await account.sync()
  t.equal(new Set(account.subjects('INBOX')).size, 600)
  t.equal(account.items('INBOX').length, 600)
  t.equal(account.serverSubjects('INBOX').length, 600)
  t.ok(isSound(account))
})

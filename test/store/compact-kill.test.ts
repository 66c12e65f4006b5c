import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { checkStore } from '../../src/store/maintenance/check-store.ts'
import { seededRandom } from '../support/mailbox-generator.ts'
import { ModelAccount } from '../support/model-account.ts'
import { finish } from '../support/store.ts'

const KILLS = Number(process.env.POSTERN_TEST_KILLS ?? 8)
const SEED = Number(process.env.POSTERN_TEST_SEED ?? 20_261_125)
const MESSAGES = 3000
const CHILD = resolve(import.meta.dirname, '../support/compact-child.ts')
const DAY_MS = 86_400_000

/** Runs a compaction that is killed some time after its beginning; true when it had ended before. */
async function compactAndKill(dir: string, afterMs: number): Promise<boolean> {
  const child = spawn(process.execPath, [CHILD, dir], { stdio: ['ignore', 'pipe', 'inherit'] })
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

t.test('a compaction that is killed at any instruction loses nothing, and the next one goes on', async t => {
  t.comment(`seed ${SEED}`)
  const random = seededRandom(SEED)
  using account = new ModelAccount()
  account.deliver('INBOX', ...Array.from({ length: MESSAGES }, (_, index) => `m${index}`))
  await account.sync()
  for (let uid = 1; uid <= MESSAGES; uid++) if (uid % 3 !== 0) account.server.expunge('INBOX', uid)
  await account.sync()
  const { id } = account.store.read.getFolder('INBOX')
  account.store.transact(transactor => transactor.resume(id, 'accept'))
  for (let run = 0; run < 3; run++) await account.sync()
  account.clock.ms += 31 * DAY_MS
  await account.sync()
  const expected = account.subjects('INBOX')
  t.equal(expected.length, MESSAGES / 3)
  let inTheMiddle = 0
  for (let kill = 0; kill < KILLS; kill++) {
    account.close()
    if (!(await compactAndKill(account.dir, random() * 60))) inTheMiddle++
    t.same(account.subjects('INBOX'), expected)
    t.match(finish(checkStore(account.dir, { isFull: true })), { ok: true })
  }
  t.ok(inTheMiddle > 0, `${inTheMiddle} of ${KILLS} kills came in the middle`)
  account.close()
  t.equal(await compactAndKill(account.dir, 30_000), true)
  t.same(account.subjects('INBOX'), expected)
  t.match(finish(checkStore(account.dir, { isFull: true })), { ok: true, packs: { dead: 0 } })
  t.throws(() => account.store.read.head({ pack: 1, offset: 24, length: 1 }, 1), { code: 'STORE_PACK_DAMAGED' })
})

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { DOVECOT_PASSWORD, dovecotMissing, startDovecot } from '../support/dovecot.ts'
import { descendants, PosternHome } from '../support/postern.ts'
import { until } from '../support/until.ts'

const USER = 'ada@example.test'
const SLEEP_MS = 36_000 // longer than a busy machine would hold a timer back
const QUIET = { prioritySyncMinutes: '600', standardSyncMinutes: '600', structureSyncMinutes: '600' }

interface Status {
  readonly profiles: readonly { state: string; lastSync: string | null; lastError: object | null }[]
}

t.test(
  'a daemon that slept runs at once, and takes nothing for a wrong password',
  { skip: dovecotMissing() ?? false },
  async t => {
    await using dovecot = await startDovecot({ users: [USER] })
    await using home = new PosternHome()
    home.configure()
    const imap = `imap://127.0.0.1:${dovecot.imapPort}`
    await home.json(['profile', 'add', 'work', '--email', USER, '--imap', imap, '--password-stdin'], DOVECOT_PASSWORD)
    for (const [key, value] of Object.entries(QUIET)) await home.json(['profile', 'set', 'work', key, value])
    const daemon = await home.start()
    const profile = async () => ((await home.json(['status'])) as Status).profiles[0]
    const first = await until('the first run', async () => (await profile())?.lastSync ?? undefined)
    const pids = [daemon.child.pid ?? 0, ...descendants(daemon.child.pid ?? 0)]
    for (const pid of pids) process.kill(pid, 'SIGSTOP')
    await sleep(SLEEP_MS)
    for (const pid of pids.toReversed()) process.kill(pid, 'SIGCONT')
    await until('a run long before the interval', async () => {
      const { lastSync } = (await profile()) ?? {}
      return lastSync && lastSync !== first ? true : undefined
    })
    t.match(await profile(), { state: 'ok', lastError: null })
    t.match(readLogs(join(home.dir, 'logs')), /connections are made anew/)
    t.notMatch(readFileSync(join(dovecot.dir, 'dovecot.log'), 'utf8'), /auth failed/)
  },
)

function readLogs(dir: string): string {
  return readdirSync(dir)
    .map(file => readFileSync(join(dir, file), 'utf8'))
    .join('')
}

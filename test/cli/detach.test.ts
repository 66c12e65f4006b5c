import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { homeAt } from '../../src/config/home.ts'
import { isHomeTaken } from '../../src/daemon/home-lock.ts'
import { descendants, PosternHome } from '../support/postern.ts'
import { until } from '../support/until.ts'

interface Started {
  readonly ready: boolean
  readonly pid: number
  readonly fronts: readonly { name: string; port: number; state: string }[]
}

function makeHome(t: Test): PosternHome {
  const home = new PosternHome()
  home.configure()
  t.teardown(async () => {
    await home.run(['stop'])
    await home[Symbol.asyncDispose]()
  })
  return home
}

const detach = async (home: PosternHome) => (await home.run(['start', '--detach', '--json'])).json() as Started

t.test('a daemon in the background is ready when the command returns, and ends with `stop`', async t => {
  const home = makeHome(t)
  const started = await detach(home)
  t.match(started, { ready: true, fronts: [{ name: 'pop3', state: 'listening' }, { name: 'smtp' }, { name: 'imap' }] })
  t.match(await home.json(['status']), { running: true, pid: started.pid, fronts: [{ port: started.fronts[0]?.port }] })
  t.equal(sessionOf(started.pid), String(started.pid), 'no terminal takes it along')
  t.notOk(descendants(process.pid).includes(started.pid), 'nobody here is its parent')
  t.match((await home.run(['start', '--detach', '--json'])).json(), { error: { code: 'DAEMON_RUNNING' } })
  t.match(await home.json(['stop']), { stopped: true }, 'the first one was still there')
  await until('the process is gone', async () => !existsSync(`/proc/${started.pid}`) || undefined)
})

t.test('of two that start at the same time one runs, and the other one says so', async t => {
  const home = makeHome(t)
  const runs = await Promise.all([1, 2].map(() => home.run(['start', '--detach', '--json'])))
  const [lost, won] = runs.map(run => run.json() as { pid?: number }).sort((a, b) => (a.pid ?? 0) - (b.pid ?? 0))
  t.match(lost, { error: { code: 'DAEMON_RUNNING' } })
  t.match(await home.json(['status']), { running: true, pid: won?.pid })
})

t.test('after a kill the next start takes the home', async t => {
  const home = makeHome(t)
  const { pid } = await detach(home)
  process.kill(pid, 'SIGKILL')
  await until('the killed daemon has let go', async () => !isHomeTaken(homeAt(home.dir)) || undefined)
  const again = await detach(home)
  t.not(again.pid, pid)
  t.match(await home.json(['status']), { running: true, pid: again.pid })
})

t.test('what keeps it from starting is told, in words and in JSON, and nothing runs', async t => {
  const home = makeHome(t)
  writeFileSync(join(home.dir, 'config.yaml'), 'log:\n  level: loud\n')
  const json = await home.run(['start', '--detach', '--json'])
  t.match(json, { code: 1 })
  t.match(json.json(), { error: { code: 'CONFIG_INVALID', message: /log\.level.*line 2/ } })
  t.match(await home.run(['start', '--detach']), { code: 1, stdout: '', stderr: /log\.level/ })
  t.equal(isHomeTaken(homeAt(home.dir)), false)
})

t.test('a daemon that dies without a word of its own is told of with what it printed', async t => {
  const home = makeHome(t)
  const bug = join(home.dir, 'bug.mjs')
  writeFileSync(bug, "if (!process.argv.includes('--detach')) throw new Error('no')")
  const run = await home.run(['start', '--detach', '--json'], '', { NODE_OPTIONS: `--import=${bug}` })
  t.match(run.json(), { error: { code: 'DAEMON_START_FAILED', message: /exit code 1[\s\S]*Error: no/ } })
})

// Field 6 of proc_pid_stat(5).
function sessionOf(pid: number): string | undefined {
  return readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ')[3]
}

import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { descendants, LAUNCHER, type Run } from './postern.ts'
import { until } from './until.ts'

const RUNTIME_DIR = '/run/user/0'
const SYSTEMD = '/lib/systemd/systemd'
const MARK = '/run/postern-test'
const CGROUPS = ['/sys/fs/cgroup/systemd', '/sys/fs/cgroup/unified', '/sys/fs/cgroup']

const PROPERTIES = [
  ...['ActiveState', 'LoadState', 'MainPID', 'NRestarts', 'StatusText', 'Type', 'UnitFileState'],
  'WatchdogTimestampMonotonic',
].map(name => `--property=${name}`)

// A /run of its own makes systemd believe that it has booted the machine; what it starts is seen by nobody else, and ends
// with it. It is not process 1 of them, which would be a system's. Its control groups lie in one of ours, which is removed afterwards.
const SCRIPT = `
for root in ${CGROUPS.join(' ')}; do
  [ -w "$root/cgroup.procs" ] && mkdir "$root/$1" 2>/dev/null && echo $$ >"$root/$1/cgroup.procs"
done
exec unshare --mount --pid --fork --kill-child --mount-proc sh -c '
  mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/system ${RUNTIME_DIR} && chmod 700 ${RUNTIME_DIR} &&
  touch ${MARK} && ${SYSTEMD} --user --log-target=console --unit=basic.target; exit $?'
`

/** Why no session of systemd can be started here; undefined when one can be tried. */
export function sessionMissing(): string | undefined {
  if (!existsSync(SYSTEMD)) return 'systemd is not installed'
  return process.getuid?.() === 0 ? undefined : 'a private systemd needs root'
}

/** A session of systemd with a user's home of its own, seen by nobody else. */
export class UserSession implements AsyncDisposable {
  readonly home = mkdtempSync(join(tmpdir(), 'postern-session-'))
  readonly #name = `postern-test-${process.pid}`
  #child: ChildProcess | undefined
  #output = ''

  /** Starts it; undefined where the system does not let us, with the reason in `why`. */
  static async start(why: (reason: string) => void): Promise<UserSession | undefined> {
    const session = new UserSession()
    try {
      await session.#start()
      return session
    } catch (error) {
      why(`${error instanceof Error ? error.message : error}\n${session.#output}`)
      await session[Symbol.asyncDispose]()
      return undefined
    }
  }

  /** Runs a program in it. */
  async run(program: string, args: readonly string[], input = ''): Promise<Run> {
    const inside = ['-t', String(this.#init), '-m', '-p', '--', program, ...args]
    const running = promisify(execFile)('nsenter', inside, { env: this.#environment })
    running.child.stdin?.on('error', () => undefined).end(input) // it may end without reading
    const result = await running.catch(error => error)
    const { stdout, stderr, code = 0 } = result as Omit<Run, 'json'> // a failure has the same fields
    return { code, stdout, stderr, json: () => JSON.parse(stdout) }
  }

  /** Runs a postern command that must succeed, with `--json`. */
  async postern(args: readonly string[], input = ''): Promise<unknown> {
    const run = await this.run(process.execPath, [LAUNCHER, ...args, '--json'], input)
    if (run.code !== 0) throw new Error(`postern ${args.join(' ')} exited ${run.code}: ${run.stderr}${run.stdout}`)
    return run.json()
  }

  /** What systemd knows of the unit. */
  async unit(): Promise<Readonly<Record<string, string>>> {
    const { stdout } = await this.run('systemctl', ['--user', 'show', 'postern.service', ...PROPERTIES])
    return Object.fromEntries(stdout.split('\n').map(line => line.split(/=(.*)/s).slice(0, 2)))
  }

  /** The home that Postern uses in it; a name that a unit must quote. */
  get posternHome(): string {
    return join(this.home, 'My 50% & $HOME "x"')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const child = this.#child
    if (child && child.exitCode === null && child.signalCode === null) {
      const exited = once(child, 'exit')
      if (this.#init > 0)
        process.kill(this.#init, 'SIGKILL') // and so all that it has started
      else child.kill('SIGKILL')
      await exited
    }
    for (const root of CGROUPS.filter(root => existsSync(join(root, this.#name))))
      await removeGroups(join(root, this.#name))
    rmSync(this.home, { recursive: true, force: true })
  }

  get #environment(): NodeJS.ProcessEnv {
    const { PATH } = process.env
    return { PATH, HOME: this.home, XDG_RUNTIME_DIR: RUNTIME_DIR, POSTERN_HOME: this.posternHome, NO_COLOR: '1' }
  }

  // The init of the new process namespace, seen from outside.
  get #init(): number {
    return descendants(this.#child?.pid ?? 0)[0] ?? 0
  }

  async #start(): Promise<void> {
    mkdirSync(this.posternHome, { recursive: true, mode: 0o700 })
    // Whoever kills the test ends this, too.
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', 'sh', '-c', SCRIPT, 'sh', this.#name], {
      env: this.#environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child = child
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', text => (this.#output += text))
    await until('systemd answers', async () => {
      if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`)
      if (!existsSync(`/proc/${this.#init}/root${MARK}`)) return undefined // else we might ask that of the machine
      return (await this.run('systemctl', ['--user', 'is-system-running'])).stdout.startsWith('running') || undefined
    })
  }
}

// Control groups are folders whose files cannot be removed: only rmdir, from the innermost outwards.
async function removeGroups(dir: string): Promise<void> {
  await until(`the control groups below ${dir} are empty`, async () => {
    await promisify(execFile)('find', [dir, '-depth', '-type', 'd', '-exec', 'rmdir', '{}', ';']).catch(() => undefined)
    return !existsSync(dir) || undefined
  })
}

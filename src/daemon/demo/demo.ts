import { type ChildProcess, fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Home, homeAt } from '../../config/home.ts'
import type { Control } from '../control/control.ts'
import { openControl } from '../control/open-control.ts'
import { Daemon } from '../daemon.ts'
import { entryPoint } from '../entry-point.ts'
import { type FreePort, findFreePorts } from '../free-ports.ts'
import type { FrontStatus } from '../fronts.ts'
import type { DemoUpstreamReport } from './demo-upstream.ts'
import { failed, type LocalSignIn } from './round-trip.ts'
import type { DemoUpstreamAnswer, DemoUpstreamRequest } from './upstream-main.ts'

const ADDRESS = 'you@demo.example'
const FRONTS = { pop3: 5110, smtp: 5587, imap: 5143 } as const
const START_TIMEOUT_MS = 60_000

/** The whole product in a temporary folder: a mail server with invented mail, a home with a profile of it, and the daemon. */
export class Demo implements AsyncDisposable {
  readonly #dir: string
  readonly #upstream: ChildProcess
  readonly #daemon: Daemon
  readonly control: Control
  readonly home: Home
  readonly report: DemoUpstreamReport
  readonly signIn: LocalSignIn
  /** The ports of the fronts, with what kept them from the usual ones. */
  readonly ports: readonly FreePort[]

  private constructor(parts: DemoParts) {
    this.#dir = parts.dir
    this.#upstream = parts.child
    this.#daemon = parts.daemon
    this.control = parts.control
    this.home = parts.home
    this.report = parts.report
    this.signIn = parts.signIn
    this.ports = parts.ports
  }

  /**
   * Starts it; nothing is synchronized yet.
   *
   * @throws {PosternError} DAEMON_DEMO_FAILED, and what {@link Daemon.start} throws
   */
  static async start(version: string): Promise<Demo> {
    const dir = await mkdtemp(join(tmpdir(), 'postern-demo-'))
    await using undo = new AsyncDisposableStack()
    undo.defer(() => rm(dir, { recursive: true, force: true }))
    await chmod(dir, 0o700)
    const home = homeAt(join(dir, 'home'))
    const ports = await writeConfig(home)
    const password = randomBytes(9).toString('base64url')
    const upstreamDir = join(dir, 'server')
    const child = undo.adopt(startUpstream(), end)
    const request = { dir: upstreamDir, logsDir: join(dir, 'server-logs'), address: ADDRESS, password }
    const report = await ready(child, request)
    const daemon = undo.use(await Daemon.start(home, version))
    const control = undo.use(await openControl(home, version))
    const signIn = { user: ADDRESS, password: await addProfile(control, report, password) }
    undo.move()
    return new Demo({ dir, child, daemon, control, home, report, signIn, ports })
  }

  get fronts(): readonly FrontStatus[] {
    return this.#daemon.report.fronts
  }

  /** The port of a front; 0 when it has none. */
  port(front: keyof typeof FRONTS): number {
    return this.fronts.find(({ name }) => name === front)?.port ?? 0
  }

  /** Resolves when the daemon was told to stop, or the signal aborts. */
  run(signal: AbortSignal): Promise<void> {
    return this.#daemon.run(signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.control[Symbol.asyncDispose]()
    await this.#daemon[Symbol.asyncDispose]()
    await end(this.#upstream)
    await rm(this.#dir, { recursive: true, force: true })
  }
}

interface DemoParts {
  readonly dir: string
  readonly child: ChildProcess
  readonly daemon: Daemon
  readonly control: Control
  readonly home: Home
  readonly report: DemoUpstreamReport
  readonly signIn: LocalSignIn
  readonly ports: readonly FreePort[]
}

// The usual ports, or the next ones: the user's own daemon may be running.
async function writeConfig(home: Home): Promise<readonly FreePort[]> {
  const ports = await findFreePorts(Object.values(FRONTS))
  const lines = Object.keys(FRONTS).map((front, index) => `  ${front}: { port: ${ports[index]?.port ?? 0} }`)
  await mkdir(home.dir, { mode: 0o700 })
  await writeFile(home.configFile, `fronts:\n${lines.join('\n')}\nsecrets: { store: file }\n`, { mode: 0o600 })
  return ports
}

function startUpstream(): ChildProcess {
  const stdio = ['ignore', 'ignore', 'inherit', 'ipc'] as const
  return fork(fileURLToPath(entryPoint('demo/upstream-main')), [], { serialization: 'advanced', stdio: [...stdio] })
}

async function ready(child: ChildProcess, request: DemoUpstreamRequest): Promise<DemoUpstreamReport> {
  const signal = AbortSignal.timeout(START_TIMEOUT_MS)
  child.send(request)
  const ended = once(child, 'exit', { signal }).then(() => [{ kind: 'failed', message: 'its process ended' }])
  const answered = once(child, 'message', { signal })
  const [answer] = (await Promise.race([answered, ended])) as [DemoUpstreamAnswer] // upstream-main says nothing else
  answered.catch(() => undefined)
  ended.catch(() => undefined)
  if (answer.kind === 'ready') return answer.report
  throw failed(`the mail server did not start: ${answer.message}`)
}

/** Adds the profile of the demo; gives its local password. */
async function addProfile(control: Control, report: DemoUpstreamReport, password: string): Promise<string> {
  const signal = AbortSignal.timeout(START_TIMEOUT_MS)
  const urls = { imap: `imap://127.0.0.1:${report.imapPort}`, smtp: `smtp://127.0.0.1:${report.smtpPort}` }
  await control.call('profile.add', { name: 'demo', email: ADDRESS, ...urls, password }, { signal })
  const settings = await control.call('profile.outlook', { name: 'demo' }, { signal })
  return String((settings as { localPassword: string | null }).localPassword)
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGKILL') // it has nothing to keep
  await exited
}

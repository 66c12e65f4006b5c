import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Readable, Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { runCli } from '../../src/cli/cli.ts'
import { homeAt } from '../../src/config/home.ts'

/** The launcher under test. */
export const LAUNCHER = resolve(import.meta.dirname, '../../bin/postern.js')

/** How one command ended. */
export interface Run {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  /** Parses stdout as the one JSON document that `--json` promises. */
  json(): unknown
}

/** A throw-away home with the commands a user would type in it. Everything it started ends with it. */
export class PosternHome implements AsyncDisposable {
  readonly dir: string
  readonly #running = new Set<ChildProcess>()

  constructor(dir = mkdtempSync(join(tmpdir(), 'postern-home-'))) {
    this.dir = dir
  }

  /** Starts the launcher with these arguments; its output is the caller's to read. */
  spawn(args: readonly string[], environment: NodeJS.ProcessEnv = {}): ChildProcess {
    const child = spawn(process.execPath, [LAUNCHER, ...args], {
      env: { ...process.env, POSTERN_HOME: this.dir, NO_COLOR: '1', ...environment },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    this.#running.add(child)
    child.once('exit', () => this.#running.delete(child))
    return child
  }

  /** Runs one command to its end. */
  async run(args: readonly string[], input = '', environment: NodeJS.ProcessEnv = {}): Promise<Run> {
    const child = this.spawn(args, environment)
    child.stdin?.on('error', ignoreClosedPipe)
    child.stdin?.end(input)
    const exited = once(child, 'exit')
    const [stdout, stderr] = await Promise.all([collect(child.stdout), collect(child.stderr)])
    const [code] = await exited
    return { code, stdout, stderr, json: () => JSON.parse(stdout) }
  }

  /** Runs one command to its end in this process: one of its own would cost most of the time of most tests. */
  async runHere(args: readonly string[], input = ''): Promise<Run> {
    const [stdout, stderr] = [new Collected(), new Collected()]
    const streams = { stdin: Readable.from(input === '' ? [] : [input]), stdout, stderr }
    const code = await runCli(args, streams, homeAt(this.dir))
    return { code, stdout: stdout.text, stderr: stderr.text, json: () => JSON.parse(stdout.text) }
  }

  /** Runs one command that must succeed, with `--json`, in this process, and resolves to its document. */
  async json(args: readonly string[], input = ''): Promise<unknown> {
    const { code, stdout, stderr, json } = await this.runHere([...args, '--json'], input)
    if (code !== 0) throw new Error(`postern ${args.join(' ')} exited ${code}: ${stderr}${stdout}`)
    return json()
  }

  /** Starts the daemon in the foreground and resolves when it has printed `ready`. */
  async start(): Promise<Daemon> {
    const child = this.spawn(['start'])
    let output = ''
    const ready = new Promise<void>((resolve, reject) => {
      child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
        output += chunk
        if (/^ready/m.test(output)) resolve()
      })
      child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
        output += chunk
      })
      child.once('exit', code => reject(new Error(`postern start exited ${code}: ${output}`)))
    })
    await ready
    return { child, output: () => output }
  }

  /** Writes config.yaml; fronts on free ports unless said otherwise. */
  configure(yaml = 'fronts:\n  pop3: { port: 0 }\n  smtp: { port: 0 }\n  imap: { port: 0 }\n'): void {
    mkdirSync(this.dir, { recursive: true, mode: 0o700 })
    writeFileSync(join(this.dir, 'config.yaml'), yaml)
  }

  /** Kills the engine process of a daemon; false when it has none now. */
  killEngine(daemon: ChildProcess): boolean {
    const engine = descendants(daemon.pid ?? 0).find(pid => commandLine(pid).includes('engine-main'))
    if (engine === undefined) return false
    killNow(engine)
    return true
  }

  /** Kills a command and everything that it started, at once, as a power failure would. */
  async killTree(child: ChildProcess): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
    const exited = once(child, 'exit')
    for (const pid of [child.pid, ...descendants(child.pid)]) killNow(pid)
    await exited
  }

  /** Kills what still runs and removes the home. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#running) await this.killTree(child)
    rmSync(this.dir, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** What a command prints. */
class Collected extends Writable {
  text = ''

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString()
    done()
  }
}

/** A daemon in the foreground. */
export interface Daemon {
  readonly child: ChildProcess
  /** What it has printed so far. */
  output(): string
}

/**
 * The processes that a process has started, and theirs. Linux tells; elsewhere the list is empty, and the engine ends by
 * itself when its daemon is gone.
 */
export function descendants(pid: number): number[] {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')
    return children.filter(text => text !== '').flatMap(text => [Number(text), ...descendants(Number(text))])
  } catch {
    return [] // gone already
  }
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return '' // gone already
  }
}

function killNow(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code !== 'ESRCH') throw error
  }
}

async function collect(stream: NodeJS.ReadableStream | null): Promise<string> {
  return stream ? text(stream) : ''
}

// A command may end without reading its input.
function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error
}

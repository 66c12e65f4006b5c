import { type ChildProcess, spawn } from 'node:child_process'
import { type FileHandle, mkdir, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import { environmentOf, type Home } from '../../config/home.ts'
import { PosternError } from '../../errors.ts'
import { findDaemon } from '../control/control-client.ts'
import { fromWireError, type WireError } from '../control/wire-error.ts'
import type { DaemonErrorCode } from '../errors.ts'
import type { FrontStatus } from '../fronts.ts'
import { lockHome, unusableHome } from '../home-lock.ts'

const READY_TIMEOUT_MS = 60_000 // a slow disk right after the machine's start
const READY_POLL_MS = 50

/** A daemon that runs in the background. */
export interface DetachedDaemon {
  readonly pid: number
  readonly fronts: readonly FrontStatus[]
}

/**
 * Starts the daemon of a home in a process of its own, which outlives the caller and has no terminal, and waits until it
 * answers `status`. What it prints goes to `start.txt` beside the logs.
 *
 * @throws {PosternError} DAEMON_START_FAILED, DAEMON_START_TIMEOUT, and what the daemon itself could not start for
 */
export async function startDetached(home: Home, launcher: string, signal: AbortSignal): Promise<DetachedDaemon> {
  lockHome(home)[Symbol.dispose]() // the output of one that runs is not written over
  const outputFile = join(home.logsDir, 'start.txt')
  await using output = await openOutput(home, outputFile)
  const child = spawnDetached(home, launcher, output)
  const ended = new Promise<Ending>(resolve => {
    child.once('error', error => resolve({ how: error.message }))
    child.once('exit', (code, by) => resolve({ how: by ? `by ${by}` : `with exit code ${code}` }))
  })
  try {
    return await untilReady(home, child, ended, { outputFile, output, signal })
  } catch (error) {
    child.kill('SIGTERM') // whoever is told that it failed does not expect one to run
    throw error
  } finally {
    child.unref()
  }
}

interface Ending {
  readonly how: string
}

// A file of its own for each start: of two at the same time neither writes over what the other one says.
async function openOutput(home: Home, outputFile: string): Promise<FileHandle> {
  try {
    await mkdir(home.logsDir, { recursive: true, mode: 0o700 })
    await rm(outputFile, { force: true })
    return await open(outputFile, 'w+', 0o600)
  } catch (cause) {
    throw unusableHome(home, cause)
  }
}

function spawnDetached(home: Home, launcher: string, output: FileHandle): ChildProcess {
  return spawn(process.execPath, [launcher, 'start', '--json'], {
    cwd: home.dir, // no file system that somebody wants to unmount
    env: environmentOf(home),
    detached: true,
    windowsHide: true,
    stdio: ['ignore', output.fd, output.fd],
  })
}

interface Waiting {
  readonly outputFile: string
  readonly output: FileHandle
  readonly signal: AbortSignal
}

async function untilReady(
  home: Home,
  child: ChildProcess,
  ended: Promise<Ending>,
  { outputFile, output, signal }: Waiting,
): Promise<DetachedDaemon> {
  const deadlineMs = performance.now() + READY_TIMEOUT_MS
  for (;;) {
    signal.throwIfAborted()
    const ending = await Promise.race([ended, delay(READY_POLL_MS, undefined)])
    if (ending) throw reasonIn(await textOf(output), outputFile, ending)
    const status = await statusOf(home, signal)
    if (status && status.pid === child.pid) return { pid: status.pid, fronts: status.fronts }
    if (performance.now() > deadlineMs) throw late(outputFile)
  }
}

async function statusOf(home: Home, signal: AbortSignal): Promise<DetachedDaemon | undefined> {
  try {
    await using control = await findDaemon(home)
    return (await control?.call('status', {}, { signal })) as DetachedDaemon | undefined // more than that, see methods/status.ts
  } catch (error) {
    if (isNotYet(error) && !signal.aborted) return undefined
    throw error
  }
}

// Another daemon that is just ending may break off. One that was killed has left its token, which the new one refuses
// until it has written its own.
function isNotYet(error: unknown): boolean {
  return error instanceof PosternError && (error.remedy === 'retry' || error.code === 'DAEMON_CONTROL_REFUSED')
}

/** What the daemon says of its failure: `--json` makes it one line. */
function reasonIn(output: string, outputFile: string, { how }: Ending): PosternError {
  const document = output.split('\n').map(failureIn).find(Boolean)
  if (document) return fromWireError(document)
  const said = output.trim() === '' ? '' : `: ${output.trim().slice(-2000)}`
  return new PosternError<DaemonErrorCode>('DAEMON_START_FAILED', `The daemon ended ${how} at its start${said}`, {
    remedy: 'user',
    advice: `See ${outputFile} and the log beside it, or run \`postern start\` in the foreground.`,
  })
}

// From the beginning: the child has moved the position that it shares with us.
async function textOf(output: FileHandle): Promise<string> {
  const { size } = await output.stat()
  const { buffer, bytesRead } = await output.read(Buffer.alloc(size), 0, size, 0)
  return buffer.toString('utf8', 0, bytesRead)
}

function failureIn(line: string): WireError | undefined {
  if (!line.startsWith('{"error":')) return undefined
  return (JSON.parse(line) as { error: WireError }).error // as Terminal.failure prints it
}

function late(outputFile: string): PosternError {
  const seconds = READY_TIMEOUT_MS / 1000
  return new PosternError<DaemonErrorCode>(
    'DAEMON_START_TIMEOUT',
    `The daemon has not become ready within ${seconds} s, and was told to end.`,
    { remedy: 'retry', advice: `See ${outputFile} and the log beside it.` },
  )
}

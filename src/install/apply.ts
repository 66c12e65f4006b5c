import { execFile } from 'node:child_process'
import { chmod, mkdir, readFile, readlink, rm, rmdir, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { replaceFile } from '../config/private-file.ts'
import { PosternError } from '../errors.ts'
import type { InstallErrorCode } from './errors.ts'
import type { PlannedFile, Step } from './plan.ts'

const execute = promisify(execFile)
const STEP_TIMEOUT_MS = 120_000 // a start that waits for readiness

/** How a plan is carried out. */
export interface Applying {
  /** Below which folder files are written: that of an image, or the root itself. */
  readonly root: string
  /** Whether all users of the machine must be able to read what is written. */
  readonly isShared: boolean
  /** Is told each thing that was done. */
  readonly journal: (line: string) => Promise<void>
  readonly signal: AbortSignal
}

/** What became of a file. */
export interface AppliedFile {
  readonly path: string
  readonly state: 'written' | 'unchanged' | 'removed' | 'absent'
}

/**
 * Writes the files of a plan; one that is as it should be is left alone.
 *
 * @throws {PosternError} INSTALL_NOT_PERMITTED
 */
export async function writeFiles(files: readonly PlannedFile[], applying: Applying): Promise<AppliedFile[]> {
  const applied: AppliedFile[] = []
  for (const file of files) {
    const path = join(applying.root, file.path)
    const state = await told(path, () => writeOne(file, path, applying.isShared))
    applied.push({ path, state })
    await applying.journal(`${state} ${path}`)
  }
  return applied
}

/**
 * Removes the files of a plan, and folders of ours that are empty then.
 *
 * @throws {PosternError} INSTALL_NOT_PERMITTED
 */
export async function removeFiles(files: readonly PlannedFile[], applying: Applying): Promise<AppliedFile[]> {
  const applied: AppliedFile[] = []
  for (const file of files.toReversed()) {
    const path = join(applying.root, file.path)
    const state = await told(path, async () => ((await isThere(file, path)) ? await removeOne(path) : 'absent'))
    applied.push({ path, state })
    await applying.journal(`${state} ${path}`)
  }
  return applied
}

/**
 * Runs the commands of a plan, one after the other.
 *
 * @throws {PosternError} INSTALL_COMMAND_FAILED
 */
export async function runSteps(steps: readonly Step[], { journal, signal }: Applying): Promise<void> {
  for (const { argv, mayFail = false } of steps) {
    const [program, ...args] = argv
    try {
      await execute(program, args, { timeout: STEP_TIMEOUT_MS, signal, windowsHide: true })
      await journal(`ran ${argv.join(' ')}`)
    } catch (cause) {
      signal.throwIfAborted()
      await journal(`failed ${argv.join(' ')}: ${reasonOf(cause)}`)
      if (!mayFail) throw commandFailed(argv, cause)
    }
  }
}

async function writeOne(file: PlannedFile, path: string, isShared: boolean): Promise<'written' | 'unchanged'> {
  if (await isAsPlanned(file, path)) return 'unchanged'
  await makeFolder(dirname(path), isShared)
  if (file.kind === 'link') {
    await rm(path, { force: true })
    await symlink(file.to, path)
  } else {
    await replaceFile(path, file.content, isShared ? 0o644 : 0o600)
    if (isShared) await chmod(path, 0o644) // whatever the umask took away
  }
  return 'written'
}

async function removeOne(path: string): Promise<'removed'> {
  await rm(path)
  if (path.endsWith('.wants/postern.service')) await rmdir(dirname(path)).catch(ignoreNotEmpty)
  return 'removed'
}

async function isThere(file: PlannedFile, path: string): Promise<boolean> {
  return (await (file.kind === 'link' ? readlink(path) : readFile(path)).catch(absent)) !== undefined
}

async function isAsPlanned(file: PlannedFile, path: string): Promise<boolean> {
  if (file.kind === 'link') return (await readlink(path).catch(absent)) === file.to
  return (await readFile(path).catch(absent))?.equals(file.content) ?? false
}

async function makeFolder(dir: string, isShared: boolean): Promise<void> {
  const first = await mkdir(dir, { recursive: true, mode: isShared ? 0o755 : 0o700 })
  if (!isShared || first === undefined) return
  for (let made = dir; made.length >= first.length; made = dirname(made)) await chmod(made, 0o755)
}

async function told<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (cause) {
    throw new PosternError<InstallErrorCode>('INSTALL_NOT_PERMITTED', `${path} cannot be changed: ${reasonOf(cause)}`, {
      remedy: 'user',
      advice: 'Install for all users as root or administrator; for yourself, check that the folder is yours.',
      cause,
    })
  }
}

function commandFailed(argv: readonly string[], cause: unknown): PosternError {
  return new PosternError<InstallErrorCode>(
    'INSTALL_COMMAND_FAILED',
    `The files are in place, but \`${argv.join(' ')}\` failed: ${reasonOf(cause)}`,
    { remedy: 'user', advice: 'See `postern status` and the log, then repeat the command.' },
  )
}

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause)
  const said = 'stderr' in cause ? String(cause.stderr).trim() : ''
  return said === '' ? cause.message.trim() : said
}

// A folder of systemd's stands where a link's would; both mean that our file is not there.
function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR' && error.code !== 'EINVAL') throw error
}

function ignoreNotEmpty(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error
}

import { execFile } from 'node:child_process'
import { chmod, lstat, mkdir, readFile, readlink, realpath, rm, rmdir, symlink } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import { promisify } from 'node:util'
import { replaceFile } from '../config/private-file.ts'
import { PosternError } from '../errors.ts'
import type { InstallErrorCode } from './errors.ts'
import type { PlannedFile, Step } from './plan.ts'

const execute = promisify(execFile)
const STEP_TIMEOUT_MS = 120_000 // a start that waits for readiness
const EVERYBODY_READS = 0o444

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
 * @throws {PosternError} INSTALL_NOT_PERMITTED, INSTALL_OUTSIDE_ROOT
 */
export async function writeFiles(files: readonly PlannedFile[], applying: Applying): Promise<AppliedFile[]> {
  const applied: AppliedFile[] = []
  for (const file of files) {
    const path = join(applying.root, file.path)
    await assertBelow(applying.root, path)
    const state = await told(path, () => writeOne(file, path, applying.isShared))
    applied.push({ path, state })
    await applying.journal(`${state} ${path}`)
  }
  return applied
}

/**
 * Removes the files of a plan, and folders of ours that are empty then.
 *
 * @throws {PosternError} INSTALL_NOT_PERMITTED, INSTALL_OUTSIDE_ROOT
 */
export async function removeFiles(files: readonly PlannedFile[], applying: Applying): Promise<AppliedFile[]> {
  const applied: AppliedFile[] = []
  for (const file of files.toReversed()) {
    const path = join(applying.root, file.path)
    await assertBelow(applying.root, path)
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
  if (await isAsPlanned(file, path, isShared)) return 'unchanged'
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

async function isAsPlanned(file: PlannedFile, path: string, isShared: boolean): Promise<boolean> {
  if (file.kind === 'link') return (await readlink(path).catch(absent)) === file.to
  const found = await lstat(path).catch(absent)
  if (!found?.isFile() || (isShared && (found.mode & EVERYBODY_READS) !== EVERYBODY_READS)) return false
  return (await readFile(path).catch(absent))?.equals(file.content) ?? false
}

// An image may come from anywhere: its links would lead root to files of the machine that prepares it.
async function assertBelow(root: string, path: string): Promise<void> {
  const base = await realpath(root).catch(absent)
  if (base === undefined) return // nothing is there yet, so no link either
  for (let folder = dirname(path); folder.length > root.length; folder = dirname(folder)) {
    const link = await lstat(folder).catch(absent)
    if (!link) continue
    const real = await realpath(folder).catch(absent)
    if (real === undefined || (real !== base && !real.startsWith(base.endsWith(sep) ? base : base + sep)))
      throw leadsOutside(root, folder)
    return
  }
}

function leadsOutside(root: string, folder: string): PosternError {
  return new PosternError<InstallErrorCode>(
    'INSTALL_OUTSIDE_ROOT',
    `/${relative(root, folder)} is reached by a link that leads out of ${root}, or nowhere: it was not followed.`,
    {
      remedy: 'user',
      advice: 'Replace it in the image by a folder or by a relative link, or run `postern install` in the image.',
    },
  )
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

import { lstat, mkdir, realpath, stat, writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { replaceFile } from '../config/private-file.ts'
import { PosternError } from '../errors.ts'
import type { CliErrorCode } from './errors.ts'

/**
 * Writes an exported file: whole or not at all, and for us alone when it is private, whatever was there before.
 *
 * @throws {PosternError} CLI_OUTPUT_FAILED
 */
export async function writeOutput(file: string, octets: Buffer, { isPrivate }: { readonly isPrivate: boolean }) {
  try {
    const target = await targetOf(file)
    if (target === undefined) await writeFile(file, octets)
    else await replaceFile(target, octets, isPrivate ? 0o600 : 0o644)
  } catch (cause) {
    throw failed(file, cause)
  }
}

/** A file that is to be written where the user says. */
export interface OutputFile {
  /** Relative to the working folder, or absolute. */
  readonly path: string
  readonly octets: Buffer
}

/**
 * Writes files that nobody else may have made: without `force`, none is written when one of them is there already.
 *
 * @throws {PosternError} CLI_USAGE for the same file twice, CLI_FILE_EXISTS, CLI_OUTPUT_FAILED
 */
export async function writeNewFiles(
  files: readonly OutputFile[],
  { force }: { readonly force: boolean },
): Promise<void> {
  const twice = files.find(({ path }, index) => files.findIndex(other => isSame(other.path, path)) < index)
  if (twice) throw isTwice(twice.path)
  for (const { path } of files) if (!force && (await isThere(path))) throw exists(path)
  for (const { path, octets } of files) await writeOutput(path, octets, { isPrivate: false })
}

/**
 * Makes a folder for output, when only the folder itself is missing.
 *
 * @throws {PosternError} CLI_OUTPUT_FAILED
 */
export async function makeOutputFolder(dir: string): Promise<void> {
  await mkdir(dir).catch(error => {
    if (error.code !== 'EEXIST') throw failed(dir, error)
  })
}

// Some systems do not tell capital letters from small ones.
function isSame(one: string, other: string): boolean {
  return resolve(one).toLowerCase() === resolve(other).toLowerCase()
}

async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path) // a link that leads nowhere is there, too
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false
    throw failed(path, error)
  }
}

function failed(file: string, cause: unknown): PosternError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new PosternError<CliErrorCode>('CLI_OUTPUT_FAILED', `${file} could not be written: ${reason}`, {
    remedy: 'user',
    advice: 'Choose a file in a folder that exists and that you may write to.',
    cause,
  })
}

function isTwice(file: string): PosternError {
  return new PosternError<CliErrorCode>('CLI_USAGE', `${file} would be written twice; nothing was written.`, {
    remedy: 'user',
    advice: 'Give each file a name of its own.',
  })
}

function exists(file: string): PosternError {
  return new PosternError<CliErrorCode>('CLI_FILE_EXISTS', `${file} is there already; nothing was written.`, {
    remedy: 'user',
    advice: 'Name another file, or add --force to replace it.',
  })
}

// The file to replace; undefined for a device or a pipe, which cannot be replaced.
async function targetOf(file: string): Promise<string | undefined> {
  try {
    const target = await realpath(file)
    return (await stat(target)).isFile() ? target : undefined
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
    await stat(dirname(file)) // replaceFile would make the folder, and hide a typing error
    return file
  }
}

import { realpath, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { replaceFile } from '../../../config/private-file.ts'
import { PosternError } from '../../../errors.ts'
import type { CliErrorCode } from '../../errors.ts'

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
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new PosternError<CliErrorCode>('CLI_OUTPUT_FAILED', `${file} could not be written: ${reason}`, {
      remedy: 'user',
      advice: 'Choose a file in a folder that exists and that you may write to.',
      cause,
    })
  }
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

import { open, stat } from 'node:fs/promises'
import { PosternError } from '../../errors.ts'
import type { ProfileErrorCode } from '../errors.ts'

/**
 * Reads a plain file of at most so many octets. A device or a pipe may never end, and is not opened.
 *
 * @throws {PosternError} PROFILE_IMPORT_UNREADABLE
 */
export async function readBoundedFile(file: string, maxOctets: number): Promise<Buffer> {
  try {
    if (!(await stat(file)).isFile()) throw unreadable(file, 'it is no plain file')
    await using handle = await open(file)
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(maxOctets + 1), 0, maxOctets + 1, 0)
    if (bytesRead > maxOctets) throw unreadable(file, `it is larger than ${maxOctets} octets`)
    return buffer.subarray(0, bytesRead)
  } catch (error) {
    if (error instanceof PosternError) throw error
    throw unreadable(file, error instanceof Error ? error.message : String(error), error)
  }
}

function unreadable(file: string, why: string, cause?: unknown): PosternError {
  return new PosternError<ProfileErrorCode>('PROFILE_IMPORT_UNREADABLE', `${file} cannot be read: ${why}.`, {
    remedy: 'user',
    advice: 'Check the name and the permissions. See `postern profile import --help` for which file is meant.',
    cause,
  })
}

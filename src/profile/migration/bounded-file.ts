import { type FileHandle, open, stat } from 'node:fs/promises'
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
    const octets = await readUpTo(handle, maxOctets + 1)
    if (octets.length > maxOctets) throw unreadable(file, `it is larger than ${maxOctets} octets`)
    return octets
  } catch (error) {
    if (error instanceof PosternError) throw error
    throw unreadable(file, error instanceof Error ? error.message : String(error), error)
  }
}

// One read may give less than there is: some file systems hand a file over in parts.
async function readUpTo(handle: FileHandle, maxOctets: number): Promise<Buffer> {
  const buffer = Buffer.alloc(maxOctets)
  let length = 0
  while (length < maxOctets) {
    const { bytesRead } = await handle.read(buffer, length, maxOctets - length)
    if (bytesRead === 0) break
    length += bytesRead
  }
  return buffer.subarray(0, length)
}

function unreadable(file: string, why: string, cause?: unknown): PosternError {
  return new PosternError<ProfileErrorCode>('PROFILE_IMPORT_UNREADABLE', `${file} cannot be read: ${why}.`, {
    remedy: 'user',
    advice: 'Check the name and the permissions. See `postern profile import --help` for which file is meant.',
    cause,
  })
}

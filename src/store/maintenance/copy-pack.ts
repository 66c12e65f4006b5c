import { constants } from 'node:fs'
import { copyFile, link, open, stat, truncate } from 'node:fs/promises'
import process from 'node:process'

const CANNOT_LINK = new Set(['EXDEV', 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK', 'ENOSYS', 'EINVAL'])

/** Where a pack is to be, and how much of it. */
export interface PackCopy {
  readonly from: string
  readonly to: string
  readonly octets: number
  /** A pack that nothing is written to any more may be the same file under two names. */
  readonly mayLink: boolean
}

/** Puts a pack's committed octets into another folder: by a hard link, by sharing blocks, or by copying. */
export async function copyPack({ from, to, octets, mayLink }: PackCopy): Promise<'linked' | 'copied'> {
  const { size } = await stat(from)
  if (mayLink && size === octets && (await tryLink(from, to))) return 'linked'
  await copyFile(from, to, constants.COPYFILE_FICLONE)
  if (size > octets) await truncate(to, octets)
  await syncPath(to, 'r+')
  return 'copied'
}

/** Makes a file, or the names in a folder, durable. */
export async function syncPath(path: string, flags: 'r' | 'r+'): Promise<void> {
  if (flags === 'r' && process.platform === 'win32') return // Windows has no durable folders
  const handle = await open(path, flags)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function tryLink(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && CANNOT_LINK.has(String(error.code))) return false
    throw error
  }
}

import { readdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Home } from '../config/home.ts'
import {
  keptCopyPrefix,
  removedDir,
  replacedDirPrefix,
  restoredDir,
  restoringDir,
  unpackedDir,
} from '../store/store-folders.ts'

/** Removes what lies on the disk of a profile: its store, what a restore has left beside it, and mail that is not sent yet. */
export async function removeProfileFolders(
  { outboxDir }: Pick<Home, 'outboxDir'>,
  { dir, number }: { readonly dir: string; readonly number: number },
): Promise<void> {
  // Renamed first: a crash in between must not leave half a store under a name that may be used again.
  const doomed = `${dir}.removed-${number}`
  await rename(dir, doomed).catch(ignoreAbsent)
  const folders = [doomed, ...(await leftBeside(dir)), join(outboxDir, String(number))]
  for (const folder of folders) await rm(folder, { recursive: true, force: true })
}

/** Folders with mail of a profile that a restore has put aside, or not finished. */
async function leftBeside(dir: string): Promise<readonly string[]> {
  const names = await readdir(dirname(dir)).catch(ignoreNone)
  const beside = names
    .map(name => join(dirname(dir), name))
    .filter(path => path.startsWith(replacedDirPrefix(dir)) || path.startsWith(keptCopyPrefix(dir)))
  return [...beside, restoringDir(dir), restoredDir(dir), unpackedDir(dir), removedDir(dir)]
}

function ignoreNone(error: NodeJS.ErrnoException): string[] {
  ignoreAbsent(error)
  return []
}

function ignoreAbsent(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error
}

import { existsSync, renameSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

// No profile has a name that begins with a dot, or has a tilde in it: these are never the store of another one.

/** Where a store is put together from a backup. */
export function restoringDir(dir: string): string {
  return join(dirname(dir), `.${basename(dir)}.restoring`)
}

/** Where a backup that is one file is unpacked. */
export function unpackedDir(dir: string): string {
  return join(dirname(dir), `.${basename(dir)}.unpacked`)
}

/** Where a restored store waits, whole and checked, to take the place of the present one. */
export function restoredDir(dir: string): string {
  return join(dirname(dir), `.${basename(dir)}.restored`)
}

/** What the folder of a store that was replaced begins with. */
export function replacedDirPrefix(dir: string): string {
  return `${dir}~before-restore-`
}

/** What the folder of a copy begins with that was made of a store before its profile was bound and begun anew. */
export function keptCopyPrefix(dir: string): string {
  return `${dir}~before-bind-`
}

/** Where a store lies that is being removed. */
export function removedDir(dir: string): string {
  return join(dirname(dir), `.${basename(dir)}.removed`)
}

/** Ends a restore that was cut off between its two renames, and clears away one that was cut off before them. */
export function finishRestore(dir: string): void {
  if (!existsSync(restoredDir(dir))) return
  if (existsSync(dir)) rmSync(restoredDir(dir), { recursive: true, force: true })
  else renameSync(restoredDir(dir), dir)
}

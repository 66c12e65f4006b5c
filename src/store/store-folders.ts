import { existsSync, renameSync, rmSync } from 'node:fs'

/** Where a store is put together from a backup. */
export function restoringDir(dir: string): string {
  return `${dir}.restoring`
}

/** Where it waits, whole and checked, to take the place of the store. */
export function restoredDir(dir: string): string {
  return `${dir}.restored`
}

/** Ends a restore that was cut off between its two renames, and clears away one that was cut off before them. */
export function finishRestore(dir: string): void {
  if (!existsSync(restoredDir(dir))) return
  if (existsSync(dir)) rmSync(restoredDir(dir), { recursive: true, force: true })
  else renameSync(restoredDir(dir), dir)
}

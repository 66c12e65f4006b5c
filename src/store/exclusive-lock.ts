import { DatabaseSync } from 'node:sqlite'

const SQLITE_BUSY = 5

/**
 * Takes a lock of the operating system on a file; undefined when another process has it for longer than `waitMs`. The
 * lock ends with the process, whatever ended that. Node has no call for it, SQLite has, on every platform.
 */
export function lockExclusively(file: string, waitMs: number): Disposable | undefined {
  const database = new DatabaseSync(file, { timeout: waitMs })
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
  } catch (error) {
    database.close()
    if (error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY) return undefined
    throw error
  }
  return {
    [Symbol.dispose]: () => {
      if (database.isOpen) database.close()
    },
  }
}

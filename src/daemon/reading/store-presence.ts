import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { PosternError } from '../../errors.ts'
import type { StoreErrorCode } from '../../store/errors.ts'
import { DATABASE_FILE } from '../../store/reader.ts'

/** Tells whether a profile has a store: one that was never synchronized has none. */
export function hasStore(dir: string): boolean {
  return existsSync(join(dir, DATABASE_FILE))
}

/** @throws {PosternError} STORE_NONE */
export function assertStore(dir: string): void {
  if (hasStore(dir)) return
  throw new PosternError<StoreErrorCode>('STORE_NONE', 'There is no local store yet.', {
    remedy: 'user',
    advice: 'The first `postern sync` makes it; `postern store restore` puts a backup there.',
  })
}

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { PosternError } from '../errors.ts'
import type { StoreErrorCode } from './errors.ts'

/** The file of all rows. */
export const DATABASE_FILE = 'store.sqlite'

/** Tells whether a profile has a store: one that was never synchronized has none. */
export function hasStore(dir: string): boolean {
  return existsSync(join(dir, DATABASE_FILE))
}

/** @throws {PosternError} STORE_NONE */
export function assertStore(dir: string): void {
  if (!hasStore(dir)) throw noStore()
}

/** There is none, or it is just being made. */
export function noStore(): PosternError {
  return new PosternError<StoreErrorCode>('STORE_NONE', 'There is no local store yet.', {
    remedy: 'user',
    advice: 'The first `postern sync` makes it; `postern store restore` puts a backup there.',
  })
}

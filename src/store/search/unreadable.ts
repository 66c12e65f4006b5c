import { PosternError } from '../../errors.ts'
import type { StoreErrorCode } from '../errors.ts'

const CODE: StoreErrorCode = 'STORE_PACK_DAMAGED'

/** Tells whether octets could not be read from their pack. */
export function isUnreadable(error: unknown): boolean {
  return error instanceof PosternError && error.code === CODE
}

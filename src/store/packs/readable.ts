import { PosternError } from '../../errors.ts'
import type { StoreErrorCode } from '../errors.ts'

const CODE: StoreErrorCode = 'STORE_PACK_DAMAGED'

/** Reads octets; undefined when their pack does not give them. */
export function readable<Value>(read: () => Value): Value | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof PosternError && error.code === CODE) return undefined
    throw error
  }
}

import { PosternError } from '../../errors.ts'
import type { ProfileErrorCode } from '../errors.ts'

/** Says that the configuration of another program cannot be understood. */
export function importInvalid(what: string, advice: string): PosternError {
  return new PosternError<ProfileErrorCode>('PROFILE_IMPORT_INVALID', what, { remedy: 'user', advice })
}

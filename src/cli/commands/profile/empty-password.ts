import { PosternError } from '../../../errors.ts'
import type { CliErrorCode } from '../../errors.ts'

/** Says that no password was given where one is needed. */
export function emptyPassword(): PosternError {
  return new PosternError<CliErrorCode>('CLI_USAGE', 'An empty password was given.', {
    remedy: 'user',
    advice: 'Type it when asked, or give it on stdin with --password-stdin.',
  })
}

import { PosternError } from '../../errors.ts'
import { isAtom } from '../../formats/imap/encoder.ts'
import type { SyncErrorCode } from '../errors.ts'

/**
 * Gives a flag back that can be one.
 *
 * @throws {PosternError} SYNC_BAD_FLAG
 */
export function checkedFlag(flag: string): string {
  const isSystem = /^\\(seen|answered|flagged|deleted|draft)$/i.test(flag)
  if (isSystem || (isAtom(flag) && flag.length <= 100)) return flag
  throw new PosternError<SyncErrorCode>('SYNC_BAD_FLAG', `${JSON.stringify(flag)} is no flag.`, {
    remedy: 'user',
    advice:
      'Use \\Seen, \\Answered, \\Flagged, \\Deleted, \\Draft, or a keyword of letters, digits and signs like $Label1.',
  })
}

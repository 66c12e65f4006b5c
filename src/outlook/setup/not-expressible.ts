import { PosternError } from '../../errors.ts'
import type { OutlookErrorCode } from '../errors.ts'

/** Says that a file for Outlook has no way to say something. */
export function notExpressible(what: string, advice: string): PosternError {
  return new PosternError<OutlookErrorCode>('OUTLOOK_NOT_EXPRESSIBLE', what, { remedy: 'user', advice })
}

/**
 * Refuses control characters: a line end in a value would be a line of its own, and XML 1.0 has no way to write a NUL.
 *
 * @throws {PosternError} OUTLOOK_NOT_EXPRESSIBLE
 */
export function assertOneLine(what: string, text: string): void {
  if (!/[\x00-\x1f\x7f-\x9f\u2028\u2029]/.test(text)) return
  throw notExpressible(`${what} has a control character in it.`, 'Take it out: files for Outlook cannot hold it.')
}

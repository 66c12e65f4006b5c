import { PosternError } from '../../errors.ts'
import type { FormatsErrorCode } from '../errors.ts'

/** Makes the error of a server that says more than is held in memory; `what` it sent: `more than …`. */
export function tooLarge(what: string): PosternError {
  return new PosternError<FormatsErrorCode>('FORMATS_IMAP_TOO_LARGE', `The server sent ${what}.`, {
    remedy: 'retry',
    advice: 'The connection was closed; if it happens again, the server is broken.',
  })
}

import { PosternError } from '../errors.ts'

/** Tells whether the server refused a command, which concerns that command alone; a lost connection concerns the run. */
export function isRefusal(error: unknown): error is PosternError {
  return error instanceof PosternError && error.code === 'UPSTREAM_REFUSED'
}

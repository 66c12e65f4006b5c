import { PosternError } from '../../errors.ts'
import type { DiscoverErrorCode } from '../errors.ts'

/** The failure of a question that nobody answered. */
export function dnsFailed(name: string, why: string | undefined, cause?: unknown): PosternError {
  return new PosternError<DiscoverErrorCode>('DISCOVER_DNS_FAILED', `DNS gave no answer for ${name} (${why}).`, {
    remedy: 'retry',
    advice: 'Check the network, or name another DNS server: postern config set discover.dns IP:PORT',
    cause,
  })
}

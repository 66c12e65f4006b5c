import { PosternError } from '../../errors.ts'
import type { UpstreamErrorCode } from '../errors.ts'
import { sessionFailures } from '../session-failures.ts'

/** The failures of a conversation with the submission server at `where` (host:port). */
export const failures = {
  ...sessionFailures({ protocol: 'SMTP', tlsScheme: 'smtps', again: 'Postern tries again by itself.' }),

  malformed: (where: string): PosternError =>
    new PosternError<UpstreamErrorCode>('UPSTREAM_PROTOCOL', `${where} does not speak SMTP.`, {
      remedy: 'user',
      advice: 'Check host, port and connection type of the profile.',
    }),
}

import { fromWireError } from '../../../daemon/control/wire-error.ts'
import type { ServersDocument } from '../../../daemon/discovery/settings-document.ts'
import { PosternError } from '../../../errors.ts'
import type { CommandContext } from '../../command.ts'
import { searchSettings } from '../discover/search-settings.ts'

/** Whose servers are searched for, and what was said of them. */
export interface ServersQuestion {
  readonly email: string
  readonly password: string
  readonly smtp: string | undefined
  readonly user: string | undefined
  /** Whether hosts outside the mail domain may have the password unasked. */
  readonly yes: boolean
}

/** Servers that took the password. */
export interface FoundServers {
  readonly imap: string
  readonly smtp: string | undefined
  readonly user: string | undefined
  readonly found: ServersDocument
}

/**
 * Searches for the servers of an address and proves them by signing in; what was said of them wins.
 *
 * @throws {PosternError} DISCOVER_NOTHING_FOUND, and what the search found wrong
 */
export async function findServers(question: ServersQuestion, context: CommandContext): Promise<FoundServers> {
  const { email, password, yes } = question
  const { taken, error } = await searchSettings({ email, password, yes }, context)
  if (!taken) throw error ? fromWireError(error) : nothingTaken(email)
  const user = question.user ?? (taken.user === email ? undefined : taken.user)
  return { imap: taken.imap, smtp: question.smtp ?? taken.smtp ?? undefined, user, found: taken }
}

/** Writes how servers were found, for people. */
export function foundText(found: ServersDocument | undefined): readonly string[] {
  if (!found) return []
  const { source, imap, smtp, smtpUser } = found
  return [
    `found by ${source}: ${imap}${smtp ? `, ${smtp}` : ''}`,
    ...(smtp === null ? ['no SMTP server took the password: messages cannot be sent before one is set'] : []),
    ...(smtpUser ? [`the SMTP server wants the user ${smtpUser}: see smtpAuth in profile set --help`] : []),
  ]
}

function nothingTaken(email: string): PosternError {
  return new PosternError('DISCOVER_NOTHING_FOUND', `No server of ${email} was taken.`, {
    remedy: 'user',
    advice: 'See postern discover ADDRESS --trace, or name the servers: --imap imaps://HOST --smtp smtps://HOST.',
  })
}

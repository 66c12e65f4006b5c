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
  readonly sieve: string | undefined
  readonly user: string | undefined
  /** Whether hosts outside the mail domain may have the password unasked. */
  readonly yes: boolean
}

/** Servers that took the password. */
export interface FoundServers {
  readonly imap: string
  readonly smtp: string | undefined
  readonly sieve: string | undefined
  readonly user: string | undefined
  readonly found: ServersDocument
}

/** Servers of calendars and address books that took the password. */
export interface FoundDavServers extends Pick<FoundServers, 'user' | 'found'> {
  readonly dav: string
  /** Where the address books are on another host. */
  readonly carddav: string | undefined
}

/**
 * Searches for the servers of an address and proves them by signing in; what was said of them wins.
 *
 * @throws {PosternError} DISCOVER_NOTHING_FOUND, and what the search found wrong
 */
export async function findServers(question: ServersQuestion, context: CommandContext): Promise<FoundServers> {
  const found = await search(question, context, false)
  if (found.imap === null) throw nothingTaken(question.email)
  const smtp = question.smtp ?? found.smtp ?? undefined
  const sieve = question.sieve ?? found.sieve ?? undefined
  return { imap: found.imap, smtp, sieve, user: userOf(question, found), found }
}

/**
 * Searches for the servers of calendars and address books alone; no mail server is asked.
 *
 * @throws {PosternError} DISCOVER_NOTHING_FOUND, and what the search found wrong
 */
export async function findDavServers(question: ServersQuestion, context: CommandContext): Promise<FoundDavServers> {
  const found = await search(question, context, true)
  const { dav, carddav } = found
  if (dav === null) throw nothingTaken(question.email)
  // On one host, the one is found from the other (RFC 6764 section 6).
  const isElsewhere = carddav !== null && new URL(dav).host !== new URL(carddav).host
  return { dav, carddav: isElsewhere ? carddav : undefined, user: userOf(question, found), found }
}

async function search({ email, password, yes }: ServersQuestion, context: CommandContext, isGroupwareOnly: boolean) {
  const { taken, error } = await searchSettings({ email, password, yes, isGroupwareOnly }, context)
  if (!taken) throw error ? fromWireError(error) : nothingTaken(email)
  return taken
}

function userOf({ email, user }: ServersQuestion, found: ServersDocument): string | undefined {
  return user ?? (found.user === email ? undefined : found.user)
}

/** Writes how servers were found, for people. */
export function foundText(found: ServersDocument | undefined): readonly string[] {
  if (!found) return []
  const { source, imap, smtp, sieve, smtpUser, caldav, carddav } = found
  if (imap === null) return [`found by ${source}: ${[caldav, carddav].filter(url => url !== null).join(', ')}`]
  return [
    `found by ${source}: ${[imap, smtp, sieve].filter(Boolean).join(', ')}`,
    ...(smtp === null ? ['no SMTP server took the password: messages cannot be sent before one is set'] : []),
    ...(smtpUser ? [`the SMTP server wants the user ${smtpUser}: see smtpAuth in profile set --help`] : []),
  ]
}

/** Says how calendars are synchronized that were found beside the mail. */
export function foundDavText(name: string, found: ServersDocument | undefined): readonly string[] {
  if (!found?.imap || !found.dav) return []
  return [`calendars and contacts are not synchronized yet: postern profile set ${name} dav ${found.dav}`]
}

function nothingTaken(email: string): PosternError {
  return new PosternError('DISCOVER_NOTHING_FOUND', `No server of ${email} was taken.`, {
    remedy: 'user',
    advice: 'See postern discover ADDRESS --trace, or name the servers: --imap imaps://HOST --smtp smtps://HOST.',
  })
}

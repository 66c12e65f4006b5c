import { type Auth, usesPassword } from '../../../config/profile-settings.ts'
import type { ServersDocument } from '../../../daemon/discovery/settings-document.ts'
import type { AccountCounts, BindingDocument } from '../../../daemon/methods/binding.ts'
import { PosternError } from '../../../errors.ts'
import type { ProfileErrorCode } from '../../../profile/errors.ts'
import { assertSettings } from '../../../profile/new-profile.ts'
import type { CommandContext } from '../../command.ts'
import { call } from '../../with-control.ts'
import { findDavServers, findServers } from './find-servers.ts'
import { bothGiven } from './profile-add.ts'
import { emptyPassword } from './typed-password.ts'

/** What is said of an account on the command line. */
export interface AccountOptions {
  imap: string | undefined
  smtp: string | undefined
  dav: string | undefined
  carddav: string | undefined
  'groupware-only': boolean
  sieve: string | undefined
  user: string | undefined
  auth: Auth | undefined
  /** Whether hosts outside the mail domain may have the password unasked. */
  yes: boolean
}

/** An account, as the methods take it. */
export interface Account {
  readonly name: string
  readonly email: string
  readonly imap: string | undefined
  readonly smtp: string | undefined
  readonly dav: string | undefined
  readonly carddav: string | undefined
  readonly isGroupwareOnly: boolean
  readonly sieve: string | undefined
  readonly user: string | undefined
  readonly auth: Auth | undefined
  readonly password: string | undefined
}

/**
 * Says which account a profile is to be bound to: what was named, else what an administrator's templates have, else what is
 * found and proves itself by a sign-in.
 *
 * @throws {PosternError} CLI_USAGE, PROFILE_INVALID, DISCOVER_…
 */
export async function findAccount(
  { name, email, servers }: BindingDocument,
  options: AccountOptions,
  context: CommandContext,
): Promise<{ readonly account: Account; readonly found: ServersDocument | undefined }> {
  const { imap, smtp, dav, carddav, sieve, user, auth, yes, 'groupware-only': isGroupwareOnly } = options
  if (isGroupwareOnly && imap !== undefined) throw bothGiven()
  assertSettings({ email, imap, smtp, dav, carddav, sieve, user }) // before anybody is asked, or any server
  const password = usesPassword(auth)
    ? await context.terminal.secret(`Password of ${email}: `, context.signal)
    : undefined
  if (password === '') throw emptyPassword()
  const given = { name, email, auth, password, imap, smtp, dav, carddav, sieve, user, isGroupwareOnly }
  if (imap !== undefined || (isGroupwareOnly && dav !== undefined)) return { account: given, found: undefined }
  if (servers && !isGroupwareOnly) {
    const known = { smtp: smtp ?? servers.smtp, sieve: sieve ?? servers.sieve, user: user ?? servers.user }
    return { account: { ...given, ...known, imap: servers.imap }, found: undefined }
  }
  // Nobody can sign in to prove a server: it has to be named.
  if (password === undefined) return { account: given, found: undefined }
  const find = isGroupwareOnly ? findDavServers : findServers
  const { found, ...proven } = await find({ email, password, smtp, sieve, user, yes }, context)
  return { account: { ...given, ...proven }, found }
}

/** Counts what is here and there; null while nobody can sign in. */
export async function surveyAccount(account: Account, context: CommandContext): Promise<AccountCounts | null> {
  if (account.auth === 'oauth2') return null
  try {
    return await call<AccountCounts>(context, 'profile.survey', account)
  } catch (error) {
    if (error instanceof PosternError && error.code === ('PROFILE_NO_CLIENT_CERTIFICATE' satisfies ProfileErrorCode))
      return null
    throw error
  }
}

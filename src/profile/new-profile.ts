import { randomBytes } from 'node:crypto'
import type { InstallationDefaults, Upstreams } from '../config/installation-defaults.ts'
import { type ProfileSettings, profileName } from '../config/profile-settings.ts'
import { noServers, profileExists, profileInvalid } from './profile-refusals.ts'
import { type ImportedProfile, type ImportedSettings, importedSettings } from './transfer/imported-profile.ts'

const LOCAL_PASSWORD_LETTERS = 20 // to type into Outlook

/** What is needed to add a profile. */
export interface NewProfile {
  readonly name: string
  readonly email: string
  /** Without it, the administrator’s templates tell the servers. */
  readonly imap?: string | undefined
  readonly smtp?: string | undefined
  readonly dav?: string | undefined
  readonly carddav?: string | undefined
  readonly sieve?: string | undefined
  /** Whether mail is an account of Outlook's own. */
  readonly isGroupwareOnly?: boolean | undefined
  readonly user?: string | undefined
  /** Undefined with OAuth2. */
  readonly password?: string | undefined
  readonly auth?: ProfileSettings['auth'] | undefined
  /** True by default. */
  readonly rememberPassword?: boolean | undefined
  /** As the IMAP server by default. */
  readonly smtpAuth?: 'own' | 'none' | undefined
  readonly smtpUser?: string | undefined
  readonly smtpPassword?: string | undefined
  /** Without an account: nobody is to be asked. */
  readonly isLocal?: boolean | undefined
}

/**
 * The settings of a profile that is to be added: what was given, and where no server was, what an administrator has said.
 *
 * @throws {PosternError} PROFILE_NO_SERVERS, PROFILE_INVALID
 */
export function settingsOfNew(
  { email, imap, isGroupwareOnly, isLocal, ...rest }: NewProfile,
  defaults: InstallationDefaults,
): ImportedSettings {
  if (isLocal) return { email }
  const { smtp, dav, carddav, sieve, user, auth, smtpAuth, smtpUser } = rest
  if (isGroupwareOnly && dav === undefined) throw noServers(email, '--dav https://HOST')
  const mailIn = isGroupwareOnly ? 'outlook' : undefined
  const rememberPassword = rest.rememberPassword === false ? false : undefined // its default is not written
  const all = { email, imap, smtp, dav, carddav, sieve, mailIn, user, auth, rememberPassword, smtpAuth, smtpUser }
  const given = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
  assertSettings(given) // before anybody searches for the servers
  const servers = isGroupwareOnly || imap !== undefined ? {} : upstreamsFor(email, defaults)
  return { email, ...servers, ...given }
}

function upstreamsFor(email: string, defaults: InstallationDefaults): Upstreams {
  const upstreams = defaults.upstreamsFor(email)
  if (upstreams) return upstreams
  throw noServers(email, '--imap imaps://HOST --smtp smtps://HOST')
}

/**
 * Looks at profiles before the first of them is added; names differ in more than their case.
 *
 * @throws {PosternError} PROFILE_EXISTS, PROFILE_INVALID
 */
export function assertAddable(added: readonly ImportedProfile[], taken: ReadonlySet<string>): void {
  const names = new Set([...taken].map(name => name.toLowerCase()))
  for (const { name, settings } of added) {
    if (names.has(name.toLowerCase())) throw profileExists(name)
    const named = profileName.safeParse(name)
    if (!named.success) throw profileInvalid({ path: ['name'], message: named.error.issues[0]?.message ?? '' })
    assertSettings(settings)
    names.add(name.toLowerCase())
  }
}

/**
 * Tells whether settings of a profile are what they may be; any of them may be absent.
 *
 * @throws {PosternError} PROFILE_INVALID
 */
export function assertSettings(settings: Readonly<Record<string, unknown>>): void {
  const checked = importedSettings.partial().safeParse(settings)
  if (!checked.success) throw profileInvalid(checked.error.issues[0])
}

/** Makes a local password of letters and digits that are not mistaken for each other. */
export function makeLocalPassword(): string {
  const alphabet = 'abcdefghijkmnpqrstuvwxyz23456789'
  return Array.from(randomBytes(LOCAL_PASSWORD_LETTERS), octet => alphabet[octet % alphabet.length]).join('')
}

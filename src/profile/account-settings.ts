import type { ProfileSettings } from '../config/profile-settings.ts'
import { hasCollections, hasMailServer, isGroupwareOnly, isUnbound, profileUnbound } from './binding.ts'
import { assertSettings, type NewProfile } from './new-profile.ts'
import type { OAuthSettings } from './oauth/target.ts'
import { noServers, nothingLeft, serverWanted } from './profile-refusals.ts'

const OAUTH_KEYS = ['oauthProvider', 'oauthIssuer', 'oauthClientId', 'oauthScopes'] as const

/** The settings that belong to the account, and go with it. */
export const ACCOUNT_KEYS = [
  ...OAUTH_KEYS,
  'auth',
  'user',
  'smtpAuth',
  'smtpUser',
  'smtp',
  'dav',
  'carddav',
  'sieve',
  'mailIn',
  'imap',
] as const satisfies readonly (keyof ProfileSettings)[]

/** The secrets that go with it. */
export const NO_SIGN_IN = {
  password: undefined,
  smtpPassword: undefined,
  oauth: undefined,
  clientCertificate: undefined,
}

/** An account that a profile is to be bound to. */
export interface NewBinding extends Pick<NewProfile, 'imap' | 'smtp' | 'dav' | 'carddav' | 'sieve' | 'user' | 'auth'> {
  /** `outlook` where mail stays with an account of Outlook's own. */
  readonly mailIn?: ProfileSettings['mailIn'] | undefined
  /** Undefined for that which the profile has. */
  readonly email?: string | undefined
}

/** A setting and the value that it is to have; undefined takes it away. */
export type SettingChange = readonly [key: keyof ProfileSettings, value: unknown]

/**
 * The profile as it would be with these servers.
 *
 * @throws {PosternError} PROFILE_NO_SERVERS, PROFILE_INVALID
 */
export function boundProfile<Profile extends ProfileSettings>(profile: Profile, account: NewBinding): Profile {
  const given = Object.fromEntries(Object.entries(account).filter(([, value]) => value !== undefined))
  assertSettings(given)
  const bound = { ...profile, ...given }
  if (isUnbound(bound)) throw noServers(bound.email, '--imap imaps://HOST, or --groupware-only --dav https://HOST')
  return bound
}

/** What binding changes of a profile. The servers that are synchronized with come last: with them the profile is bound. */
export function bindingChanges(before: ProfileSettings, bound: ProfileSettings): readonly SettingChange[] {
  const keys = ['email', 'user', 'smtp', 'sieve', 'auth', 'carddav', 'mailIn', 'dav', 'imap'] as const
  return keys.filter(key => bound[key] !== before[key]).map(key => [key, bound[key]])
}

/** What makes a profile sign in with OAuth2, with these settings. */
export function oauthChanges(before: ProfileSettings, settings: OAuthSettings): readonly SettingChange[] {
  const keys = OAUTH_KEYS.filter(key => JSON.stringify(settings[key]) !== JSON.stringify(before[key]))
  const changes = keys.map((key): SettingChange => [key, settings[key]])
  return before.auth === 'oauth2' ? changes : [...changes, ['auth', 'oauth2']]
}

/**
 * Tells whether a setting may have that text. What the store knows of a server is true of that one only: to bind and to
 * unbind are steps of their own.
 *
 * @throws {PosternError} PROFILE_UNBOUND, PROFILE_INVALID
 */
export function assertStaysBound(
  profile: ProfileSettings & { readonly name: string },
  key: keyof ProfileSettings,
  text: string,
): void {
  const isLeaving = key === 'mailIn' && text === 'outlook' && !hasCollections(profile)
  if (isLeaving && hasMailServer(profile)) throw nothingLeft(profile.name)
  if (key !== 'imap' && !(key === 'dav' && isGroupwareOnly(profile))) return
  if (isUnbound(profile)) throw profileUnbound(profile)
  if (text === '') throw serverWanted(profile.name, key === 'imap' ? 'IMAP server' : 'DAV server')
}

import type { AccessTokens } from '../../profile/oauth/access-tokens.ts'
import type { Profile } from '../../profile/profiles.ts'
import type { Secrets } from '../../profile/secrets.ts'
import type { ExternalCredentials } from '../../sasl/choose-mechanism.ts'
import type { Credentials } from '../../upstream/sign-in/credentials.ts'
import { noClientCertificate, noPassword } from '../runs/run-outcomes.ts'

/** Where credentials come from. */
export interface CredentialSources {
  readonly secrets: () => Promise<Secrets>
  readonly tokens: AccessTokens
}

/**
 * Says how a profile signs in to its IMAP server.
 *
 * @throws {PosternError} PROFILE_NO_PASSWORD, PROFILE_PASSWORD_WANTED, PROFILE_NO_CLIENT_CERTIFICATE
 */
export async function mailCredentialsOf(
  profile: Profile,
  { secrets, tokens }: CredentialSources,
): Promise<Credentials> {
  const user = profile.user ?? profile.email
  if (profile.auth === 'oauth2') return { user, token: refused => tokens.get(profile, refused) }
  if (profile.auth === 'external') {
    const hasCertificate = (await secrets()).find(profile.number, 'clientCertificate') !== undefined
    if (!hasCertificate) throw noClientCertificate(profile)
    return externalCredentialsOf(profile)
  }
  const password = (await secrets()).find(profile.number, 'password')
  if (password === undefined) throw noPassword(profile) // an empty one would count as refused
  return { user, password, mechanism: profile.auth }
}

/** Says how a profile signs in by its certificate; a user name of its own is asked for, the address is not. */
export function externalCredentialsOf({ user, email }: Pick<Profile, 'user' | 'email'>): ExternalCredentials {
  return { user: user ?? email, external: true, authorize: user }
}

/**
 * Says how a profile signs in to its SMTP server; undefined when it does not.
 *
 * @throws {PosternError} PROFILE_NO_PASSWORD, PROFILE_PASSWORD_WANTED
 */
export async function sendingCredentialsOf(
  profile: Profile,
  sources: CredentialSources,
): Promise<Credentials | undefined> {
  if (profile.smtpAuth === 'none') return undefined
  if (profile.smtpAuth === 'same') return mailCredentialsOf(profile, sources)
  const password = (await sources.secrets()).find(profile.number, 'smtpPassword')
  if (password === undefined) throw noPassword(profile, 'smtpPassword')
  return { user: profile.smtpUser ?? profile.email, password }
}

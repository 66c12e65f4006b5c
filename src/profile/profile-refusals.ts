import { type Auth, profileSettings } from '../config/profile-settings.ts'
import { PosternError } from '../errors.ts'
import type { ProfileErrorCode } from './errors.ts'

/** Says that no profile has that name. */
export function profileUnknown(name: string): PosternError {
  return new PosternError<ProfileErrorCode>('PROFILE_UNKNOWN', `There is no profile ${JSON.stringify(name)}.`, {
    remedy: 'user',
    advice: 'See `postern profile list`.',
  })
}

/** Says that there is no profile that a command could be about. */
export function noProfile(): PosternError {
  return new PosternError<ProfileErrorCode>('PROFILE_NONE', 'There is no profile yet.', {
    remedy: 'user',
    advice: 'Add one: postern profile add NAME --email ADDRESS --imap imaps://HOST --smtp smtps://HOST',
  })
}

/** Says that a command could be about any of these profiles. */
export function profileAmbiguous(names: readonly string[]): PosternError {
  return new PosternError<ProfileErrorCode>('PROFILE_AMBIGUOUS', 'There are several profiles.', {
    remedy: 'user',
    advice: `Say which one with --profile: ${names.join(', ')}.`,
  })
}

/** Says that a name is taken. */
export function profileExists(name: string): PosternError {
  return new PosternError<ProfileErrorCode>('PROFILE_EXISTS', `There is a profile ${JSON.stringify(name)} already.`, {
    remedy: 'user',
    advice: 'Choose another name, or remove that profile first with `postern profile remove`.',
  })
}

/** Says what is wrong with a profile that is to be added or bound. */
export function profileInvalid(
  issue: { readonly path: readonly PropertyKey[]; readonly message: string } | undefined,
): PosternError {
  const what = `${issue?.path.map(String).join('.')}: ${issue?.message}`
  return new PosternError<ProfileErrorCode>('PROFILE_INVALID', `The profile is not valid: ${what}.`, {
    remedy: 'user',
    advice: 'See `postern profile add --help` for an example.',
  })
}

/** Says that nobody knows the servers of an address; `options` name them. */
export function noServers(email: string, options: string): PosternError {
  return new PosternError<ProfileErrorCode>('PROFILE_NO_SERVERS', `Nobody has said what servers ${email} has.`, {
    remedy: 'user',
    advice: `Give them: ${options}.`,
  })
}

/** Says that a profile would be left without the last server that it synchronizes with. */
export function serverWanted(name: string, which: 'IMAP server' | 'DAV server'): PosternError {
  return new PosternError<ProfileErrorCode>('PROFILE_INVALID', `${name} cannot do without its ${which}.`, {
    remedy: 'user',
    advice: `To part it from its account and keep the local data: postern profile unbind ${name}`,
  })
}

/** Says that a profile with its mail elsewhere would synchronize nothing. */
export function nothingLeft(name: string): PosternError {
  return new PosternError<ProfileErrorCode>(
    'PROFILE_INVALID',
    `Without its mail, ${name} would have nothing to synchronize: it has no DAV server.`,
    { remedy: 'user', advice: `Give it one first: postern profile set ${name} dav https://HOST/` },
  )
}

/** Says that a profile has no such setting. */
export function unknownSetting(key: string): PosternError {
  return new PosternError<ProfileErrorCode>('PROFILE_INVALID', `A profile has no setting ${JSON.stringify(key)}.`, {
    remedy: 'user',
    advice: `Settings are: ${Object.keys(profileSettings.shape)
      .filter(name => name !== 'number')
      .join(', ')}.`,
  })
}

/** Says that an account is not signed in to with a password: none is wanted, and none was sent. */
export function passwordUnused({ name, auth }: { readonly name: string; readonly auth: Auth }): PosternError {
  const [how, way] =
    auth === 'oauth2'
      ? ['OAuth2', `Sign in: postern profile sign-in ${name}`]
      : ['a client certificate', `Give that: postern cert client import ${name} FILE`]
  return new PosternError<ProfileErrorCode>('PROFILE_PASSWORD_UNUSED', `${name} signs in with ${how}: no password.`, {
    remedy: 'user',
    advice: `${way}. To use a password: postern profile set ${name} auth automatic`,
  })
}

/** Says that the SMTP server is signed in to as the mail server is, or not at all. */
export function smtpPasswordUnused(name: string): PosternError {
  return new PosternError<ProfileErrorCode>(
    'PROFILE_PASSWORD_UNUSED',
    `The SMTP server of ${name} has no password of its own.`,
    { remedy: 'user', advice: `Leave --smtp away; or let it have one: postern profile set ${name} smtpAuth own` },
  )
}

/** Says that an administrator has fixed a setting. */
export function fixedByPolicy(name: string, key: string): PosternError {
  return new PosternError<ProfileErrorCode>(
    'PROFILE_FIXED_BY_POLICY',
    `${key} of ${name} is fixed by a policy of an administrator.`,
    { remedy: 'user', advice: `Ask the administrator. See what is fixed: postern profile show ${name}` },
  )
}

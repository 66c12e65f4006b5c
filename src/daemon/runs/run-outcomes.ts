import { PosternError } from '../../errors.ts'
import type { ProfileErrorCode } from '../../profile/errors.ts'
import type { Profile } from '../../profile/profiles.ts'
import type { SyncResult } from '../../sync/progress.ts'
import { fromWireError, toWireError } from '../control/wire-error.ts'
import type { DaemonErrorCode } from '../errors.ts'

/** How often a profile may make the engine crash before it is held. */
export const MAX_CRASHES = 3

/** Makes a failure of a run, a bug included, one that can be told. */
export function asPosternError(error: unknown): PosternError {
  return error instanceof PosternError ? error : fromWireError(toWireError(error))
}

/** Gives what a run has come to its type. */
export function asResult(value: unknown): SyncResult | undefined {
  return value as SyncResult | undefined // `last` is a run of ours, or a promise of nothing
}

/** Adds the counts of an earlier run. */
export function sum(earlier: SyncResult | undefined, result: SyncResult): SyncResult {
  if (!earlier) return result
  return {
    ...result,
    downloaded: earlier.downloaded + result.downloaded,
    imported: earlier.imported + result.imported,
    uploaded: earlier.uploaded + result.uploaded,
    conflicts: earlier.conflicts + result.conflicts,
  }
}

/** Says that a profile made the engine crash too often. */
export function held({ name }: Profile): PosternError {
  return new PosternError<DaemonErrorCode>(
    'DAEMON_PROFILE_HELD',
    `Synchronizing ${name} made the engine crash ${MAX_CRASHES} times; it is held.`,
    { remedy: 'user', advice: `Look into the log, then try \`postern sync --profile ${name}\`.` },
  )
}

/** Says that there is nothing to sign in with. */
export function noPassword(
  { name, rememberPassword = true }: Pick<Profile, 'name'> & Partial<Pick<Profile, 'rememberPassword'>>,
  which: 'password' | 'smtpPassword' = 'password',
): PosternError {
  const [what, option] = which === 'password' ? ['password', ''] : ['SMTP password', ' --smtp']
  if (!rememberPassword) {
    return new PosternError<ProfileErrorCode>(
      'PROFILE_PASSWORD_WANTED',
      `The ${what} of ${name} is not remembered, and nobody has typed it since the start.`,
      { remedy: 'user', advice: `While the daemon runs: postern profile unlock ${name}${option}` },
    )
  }
  return new PosternError<ProfileErrorCode>('PROFILE_NO_PASSWORD', `No ${what} is stored for ${name}.`, {
    remedy: 'user',
    advice: `Store one: postern profile password ${name}${option}`,
  })
}

/** Says that there is no certificate where it is what is signed in with. */
export function noClientCertificate({ name }: Pick<Profile, 'name'>): PosternError {
  return new PosternError<ProfileErrorCode>(
    'PROFILE_NO_CLIENT_CERTIFICATE',
    `${name} signs in with a client certificate, and has none.`,
    {
      remedy: 'user',
      advice: `Give it: postern cert client import ${name} FILE. Or use a password: postern profile set ${name} auth automatic`,
    },
  )
}

/** Says that a profile is being removed, or is removed. */
export function noProfile({ name }: Profile): PosternError {
  return new PosternError<ProfileErrorCode>('PROFILE_UNKNOWN', `The profile ${name} has been removed.`, {
    remedy: 'user',
    advice: 'See `postern profile list`.',
  })
}

/** Says that a run was broken off. */
export function stopping(): PosternError {
  return new PosternError<DaemonErrorCode>('DAEMON_STOPPING', 'Postern is stopping.', {
    remedy: 'retry',
    advice: 'What has arrived is kept; the next run goes on from there.',
  })
}

import { usesPassword } from '../config/profile-settings.ts'
import { type Binding, isUnbound } from './binding.ts'
import type { Profile } from './profiles.ts'
import type { Secrets } from './secrets.ts'

/** The passwords that a profile cannot work without, as far as they are not stored. */
export function missingPasswords(
  profile: Binding & Pick<Profile, 'number' | 'auth' | 'smtpAuth'>,
  secrets: Pick<Secrets, 'find'>,
): readonly ('password' | 'smtpPassword')[] {
  const { number, auth, smtp, smtpAuth } = profile
  if (isUnbound(profile)) return []
  const needed: readonly ('password' | 'smtpPassword')[] = [
    ...(usesPassword(auth) ? (['password'] as const) : []),
    ...(smtp !== undefined && smtpAuth === 'own' ? (['smtpPassword'] as const) : []),
  ]
  return needed.filter(which => secrets.find(number, which) === undefined)
}

/** Tells whether a profile waits until a person types a password that is not remembered. */
export function isLocked(
  profile: Binding & Pick<Profile, 'number' | 'auth' | 'smtpAuth' | 'rememberPassword'>,
  secrets: Pick<Secrets, 'find'>,
): boolean {
  return !profile.rememberPassword && missingPasswords(profile, secrets).length > 0
}

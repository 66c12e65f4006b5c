import { isUnbound } from './binding.ts'
import type { Profile } from './profiles.ts'
import type { SecretName, Secrets } from './secrets.ts'

/** The passwords that a profile cannot work without, as far as they are not stored. */
export function missingPasswords(
  profile: Pick<Profile, 'number' | 'imap' | 'auth' | 'smtp' | 'smtpAuth'> & Partial<Pick<Profile, 'dav' | 'mailIn'>>,
  secrets: Pick<Secrets, 'find'>,
): readonly SecretName[] {
  const { number, auth, smtp, smtpAuth } = profile
  if (isUnbound(profile)) return []
  const needed: readonly SecretName[] = [
    ...(auth === 'oauth2' ? [] : (['password'] as const)),
    ...(smtp !== undefined && smtpAuth === 'own' ? (['smtpPassword'] as const) : []),
  ]
  return needed.filter(which => secrets.find(number, which) === undefined)
}

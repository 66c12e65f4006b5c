import type { Profile } from './profiles.ts'
import type { SecretName, Secrets } from './secrets.ts'

/** The passwords that a profile cannot work without, as far as they are not stored. */
export function missingPasswords(
  { number, auth, smtp, smtpAuth }: Pick<Profile, 'number' | 'auth' | 'smtp' | 'smtpAuth'>,
  secrets: Pick<Secrets, 'find'>,
): readonly SecretName[] {
  const needed: readonly SecretName[] = [
    ...(auth === 'oauth2' ? [] : (['password'] as const)),
    ...(smtp !== undefined && smtpAuth === 'own' ? (['smtpPassword'] as const) : []),
  ]
  return needed.filter(which => secrets.find(number, which) === undefined)
}

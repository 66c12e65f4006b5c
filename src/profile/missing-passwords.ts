import type { Profile } from './profiles.ts'
import type { SecretName, Secrets } from './secrets.ts'

/** The passwords that a profile cannot work without, as far as they are not stored. */
export function missingPasswords(
  { number, auth, smtpAuth }: Pick<Profile, 'number' | 'auth' | 'smtpAuth'>,
  secrets: Pick<Secrets, 'find'>,
): readonly SecretName[] {
  const needed: readonly SecretName[] = [
    ...(auth === 'oauth2' ? [] : (['password'] as const)),
    ...(smtpAuth === 'own' ? (['smtpPassword'] as const) : []),
  ]
  return needed.filter(which => secrets.find(number, which) === undefined)
}

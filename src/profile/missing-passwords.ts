import type { Profile } from './profiles.ts'
import type { SecretName, Secrets } from './secrets.ts'

/** The passwords that a profile cannot work without, as far as they are not stored. */
export function missingPasswords(
  { number, smtp, smtpAuth }: Pick<Profile, 'number' | 'smtp' | 'smtpAuth'>,
  secrets: Pick<Secrets, 'find'>,
): readonly SecretName[] {
  const needed: readonly SecretName[] =
    smtp !== undefined && smtpAuth === 'own' ? ['password', 'smtpPassword'] : ['password']
  return needed.filter(which => secrets.find(number, which) === undefined)
}

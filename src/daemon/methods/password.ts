import { z } from 'zod'
import { usesPassword } from '../../config/profile-settings.ts'
import { PosternError } from '../../errors.ts'
import { isUnbound, profileUnbound } from '../../profile/binding.ts'
import { isLocked, missingPasswords } from '../../profile/missing-passwords.ts'
import { passwordUnused, smtpPasswordUnused } from '../../profile/profile-refusals.ts'
import type { Profile } from '../../profile/profiles.ts'
import { isRefusedSignIn, mailAccountOf, signInStopped } from '../../profile/sign-in-guard.ts'
import { type MethodContext, valueMethod } from '../method.ts'
import { changePassword, provePassword } from '../password/change-password.ts'
import { notRunning } from './fronts.ts'

const which = z.enum(['password', 'smtpPassword'])

/** A password that a person has to type. */
export interface WantedPassword {
  readonly name: string
  readonly email: string
  readonly which: z.infer<typeof which>
}

/** How unlocking a profile went. */
export interface UnlockedDocument {
  readonly name: string
  /** Whether a sign-in has proved the password. */
  readonly proved: boolean
  /** Why it has not. */
  readonly says: string | null
}

/** `profile password` and `profile unlock`. */
export const PASSWORD_METHODS = {
  'profile.password': valueMethod(
    z.strictObject({ name: z.string(), which, password: z.string() }),
    async ({ name, which, password }, context) => {
      const profile = keptProfile({ name, which }, context)
      await take(profile, { [which]: password }, context)
      return { name, stored: which, remembered: profile.rememberPassword }
    },
  ),
  'profile.changePassword': valueMethod(
    z.strictObject({ name: z.string(), current: z.string().min(1), next: z.string().min(1) }),
    async ({ name, current, next }, context) => {
      const { installation, daemon, signal } = context
      const profile = keptProfile({ name, which: 'password' }, context)
      const changedAt = await changePassword(installation, profile, { current, next }, signal)
      await daemon?.accountChanged(profile)
      return { name, changedAt, stored: 'password', remembered: profile.rememberPassword }
    },
  ),
  'profile.unlock': valueMethod(
    z.strictObject({ name: z.string(), which, password: z.string().min(1) }),
    async ({ name, which, password }, context): Promise<UnlockedDocument> => {
      const profile = keptProfile({ name, which }, context)
      const says = which === 'password' ? await doubtOf(profile, password, context) : null
      await take(profile, { [which]: password }, context)
      return { name, proved: says === null && which === 'password', says }
    },
  ),
  /** Tells whether a password may be typed, before anybody is asked for it. */
  'profile.typing': valueMethod(
    z.strictObject({ name: z.string(), which, isUnlocking: z.boolean() }),
    async ({ isUnlocking, ...wanted }, context): Promise<WantedPassword> => {
      const profile = keptProfile(wanted, context)
      const account = mailAccountOf(profile)
      const isTried = isUnlocking && wanted.which === 'password'
      if (isTried && context.installation.signIns.isStopped(account)) throw signInStopped(account)
      return { ...namesOf(profile), which: wanted.which }
    },
  ),
  'profile.wanted': valueMethod(
    z.strictObject({}),
    async (_params, { installation }): Promise<readonly WantedPassword[]> => {
      const secrets = await installation.secrets()
      return installation.profiles
        .list()
        .filter(profile => isLocked(profile, secrets))
        .flatMap(profile => missingPasswords(profile, secrets).map(which => ({ ...namesOf(profile), which })))
    },
  ),
}

function keptProfile(
  { name, which }: Pick<WantedPassword, 'name' | 'which'>,
  { installation, daemon }: MethodContext,
): Profile {
  const profile = installation.profiles.get(name)
  if (isUnbound(profile)) throw profileUnbound(profile)
  if (which === 'password' && !usesPassword(profile.auth)) throw passwordUnused(profile)
  if (which === 'smtpPassword' && profile.smtpAuth !== 'own') throw smtpPasswordUnused(name)
  if (!profile.rememberPassword && !daemon) throw notRunning() // what is not written would be gone with this command
  return profile
}

async function take(
  profile: Profile,
  given: Partial<Record<'password' | 'smtpPassword', string>>,
  { installation, daemon }: MethodContext,
): Promise<void> {
  const over = 'password' in given ? { pendingPassword: undefined } : {}
  await (await installation.secrets()).set(profile.number, { ...given, ...over })
  await installation.signIns.clear(profile.number, 'password' in given ? ['password', 'collections'] : ['smtpPassword'])
  await daemon?.accountChanged(profile)
}

/**
 * Tries a password; null when it is proved, else why it could not be. One that the server refuses is not taken, and counts:
 * whoever types, or the program that does it at every start, locks no account. `profile password` begins the count anew.
 */
async function doubtOf(profile: Profile, password: string, { installation, signal }: MethodContext) {
  const account = mailAccountOf(profile)
  const signIn = await installation.signIns.begin(account)
  try {
    await provePassword(installation, profile, password, signal)
    signIn.accepted()
    return null
  } catch (error) {
    await signIn.failed(error)
    if (!(error instanceof PosternError)) throw error
    if (!isRefusedSignIn(error)) return error.message
    throw installation.signIns.isStopped(account) ? signInStopped(account, error) : error
  }
}

function namesOf({ name, email }: Profile) {
  return { name, email }
}

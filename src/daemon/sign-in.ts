import type { ConfigFile } from '../config/config-file.ts'
import { isLocked } from '../profile/missing-passwords.ts'
import type { Profile, Profiles } from '../profile/profiles.ts'
import type { Secrets } from '../profile/secrets.ts'
import { equalInConstantTime } from '../sasl/constant-time.ts'
import type { Authenticator, SignInAttempt, SignInResult } from '../sasl/sign-in.ts'

/** What sign-ins are decided on. */
export interface SignInOptions {
  readonly config: ConfigFile
  readonly profiles: Profiles
  /** The secrets in memory; undefined until they are loaded. */
  readonly secrets: () => Secrets | undefined
}

const REFUSED: SignInResult = { kind: 'refused' }

/** Decides by a profile's local password, then by the account's own. Never asks the network or the keychain. */
export function createAuthenticator({ profiles, secrets }: SignInOptions): Authenticator {
  return {
    signIn: async attempt => {
      const loaded = secrets()
      if (!loaded) return { kind: 'unavailable' }
      const profile = profiles.findByUser(attempt.user)
      const isRight = candidates(loaded, profile).map(secret => matches(attempt, secret))
      if (profile && isRight.includes(true)) return { kind: 'accepted', profile: profile.name }
      // It may be the account's own, which nobody here knows yet.
      return profile && isLocked(profile, loaded) ? { kind: 'unavailable' } : REFUSED
    },
  }
}

/** The POP3 front's: with `accept: any` everybody is let in, since there is nothing to read. */
export function createPop3Authenticator(options: SignInOptions): Authenticator {
  const strict = createAuthenticator(options)
  return {
    signIn: async attempt => {
      if (options.config.config.fronts.pop3.accept !== 'any') return strict.signIn(attempt)
      return { kind: 'accepted', profile: options.profiles.findByUser(attempt.user)?.name ?? '' }
    },
  }
}

// An unknown user costs as many comparisons as a known one.
function candidates(secrets: Secrets, profile: Profile | undefined): readonly (string | undefined)[] {
  if (!profile) return [undefined, undefined]
  return [secrets.find(profile.number, 'localPassword'), secrets.find(profile.number, 'password')]
}

function matches(attempt: SignInAttempt, secret: string | undefined): boolean {
  if (attempt.kind === 'digest') return attempt.matches(secret ?? '') && secret !== undefined
  return equalInConstantTime(attempt.password, secret ?? '') && secret !== undefined && secret !== ''
}

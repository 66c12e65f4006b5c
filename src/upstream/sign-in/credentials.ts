import type { ExternalCredentials, PasswordMechanism } from '../../sasl/choose-mechanism.ts'

/** Who signs in with a password. */
export interface PasswordCredentials {
  readonly user: string
  readonly password: string
  /** `automatic` by default. */
  readonly mechanism?: PasswordMechanism
}

/** Who signs in with an access token of OAuth2. */
export interface TokenCredentials {
  readonly user: string
  /** Gives a token that is good now: another one than `refused`, which the server did not take. */
  readonly token: (refused?: string) => Promise<string>
}

/** Who signs in, and with what. */
export type Credentials = PasswordCredentials | TokenCredentials | ExternalCredentials

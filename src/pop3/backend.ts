import type { Authenticator } from '../sasl/sign-in.ts'

/** What a POP3 session asks of the daemon. */
export interface Pop3Backend extends Authenticator {
  /** A signed-in client has asked for new mail. Must return at once. */
  polled(profile: string): void
  /** Whether the profile's mail is with another account, and never comes here. */
  hasMailElsewhere?(profile: string): boolean
}

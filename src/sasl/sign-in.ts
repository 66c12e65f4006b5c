/** A sign-in to one of our fronts, as its mechanism left it: a password in clear, or a digest to be tried on secrets. */
export type SignInAttempt =
  | { readonly kind: 'password'; readonly user: string; readonly password: string }
  | {
      readonly kind: 'digest'
      readonly user: string
      /** Tells, in constant time, whether the client's digest was made from this secret. */
      readonly matches: (secret: string) => boolean
    }

/** The daemon's answer. `unavailable`: secrets are not loaded yet; the front answers with a temporary failure. */
export type SignInResult =
  | { readonly kind: 'accepted'; readonly profile: string }
  | { readonly kind: 'refused' }
  | { readonly kind: 'unavailable' }

/** Decides sign-ins of local clients. Never touches the network. Implemented by the daemon. */
export interface Authenticator {
  signIn(attempt: SignInAttempt): Promise<SignInResult>
}

/** Why an offer was taken, or not. */
export type VerdictKind =
  /** A sign-in there succeeded, and it is used. */
  | 'taken'
  /** It answers with a good certificate; without a password nobody signed in. */
  | 'unverified'
  /** Something of more trust was taken, or there was no mail account to go with it. */
  | 'not-needed'
  /** It lies outside the mail domain and nobody has said yes. */
  | 'needs-yes'
  /** The password was refused there. */
  | 'refused'
  /** One more refusal could lock the account. */
  | 'stopped'
  /** It takes no password, only OAuth2. */
  | 'oauth2-only'
  | 'no-encryption'
  /** Its certificate is neither trusted nor approved. */
  | 'untrusted'
  | 'no-answer'
  /** The sign-in came to no answer. */
  | 'failed'

/** What became of an offer. */
export interface Verdict {
  readonly kind: VerdictKind
  /** In words. */
  readonly says: string
  /** The code of the failure behind it. */
  readonly code?: string
  /** The OAuth2 mechanisms of a server that takes nothing else, such as XOAUTH2. */
  readonly mechanisms?: readonly string[]
}

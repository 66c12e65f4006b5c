import { brief } from '../../discover/sources/source.ts'
import type { PosternError } from '../../errors.ts'

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

/** What answers, and was not signed in to. */
export const UNVERIFIED: Verdict = { kind: 'unverified', says: 'it answers, with a good certificate' }
/** What was not tried, for the account's sake. */
export const STOPPED: Verdict = { kind: 'stopped', says: 'not tried: another refusal could lock the account' }

/** The verdict on a host that nobody vouches for. */
export function needsYes(doubt: string): Verdict {
  return { kind: 'needs-yes', says: `it needs your yes: ${doubt}` }
}

/** The verdict that an error comes to. */
export function failure(kind: Verdict['kind'], { message, code }: PosternError): Verdict {
  return { kind, says: brief(message), code }
}

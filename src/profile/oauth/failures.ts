import {
  AuthorizationResponseError,
  OperationProcessingError,
  ResponseBodyError,
  UnsupportedOperationError,
  WWWAuthenticateChallengeError,
} from 'oauth4webapi'
import { PosternError } from '../../errors.ts'
import type { ProfileErrorCode } from '../errors.ts'

const MAX_TEXT_LENGTH = 300 // it is stored, logged and shown; providers say a sentence or a page

// "Not now" (RFC 6749 section 4.1.2.1, RFC 8628 section 3.5).
const TEMPORARY = new Set(['server_error', 'temporarily_unavailable', 'slow_down'])

// The provider will give no more tokens for this sign-in (RFC 6749 section 5.2, OpenID Connect Core section 3.1.2.6).
const ENDED = new Set(['invalid_grant', 'interaction_required', 'login_required', 'consent_required'])

/** Tells whether a provider has said, definitely, that it wants a new sign-in, and in which words. */
export function endOfSignIn(error: unknown): string | undefined {
  if (!(error instanceof ResponseBodyError) || !ENDED.has(error.error) || error.status >= 500) return undefined
  return saysOf(error.error, error.error_description)
}

/** Makes a failure of a conversation with a provider one that can be told; a bug stays one. */
export function asOAuthFailure(error: unknown, title: string): unknown {
  if (error instanceof ResponseBodyError) {
    const says = saysOf(error.error, error.error_description)
    const isTemporary = TEMPORARY.has(error.error) || error.status >= 500 || error.status === 429
    return isTemporary ? unavailable(title, says, error) : refused(title, says, error)
  }
  if (error instanceof AuthorizationResponseError) {
    const says = saysOf(error.error, error.error_description)
    return TEMPORARY.has(error.error) ? unavailable(title, says, error) : refused(title, says, error)
  }
  if (error instanceof WWWAuthenticateChallengeError) return refused(title, `HTTP status ${error.status}`, error)
  const isOfAnswer = error instanceof OperationProcessingError || error instanceof UnsupportedOperationError
  return isOfAnswer ? unavailable(title, oneLine(error.message), error) : error
}

/** Says that the provider's answer cannot be used. */
export function unavailable(title: string, says: string, cause?: unknown): PosternError {
  return new PosternError<ProfileErrorCode>('PROFILE_OAUTH_UNAVAILABLE', `${title} gives no access now: ${says}.`, {
    remedy: 'retry',
    advice: 'A sign-in that there was is kept, and Postern renews it by itself; repeat one that was just begun.',
    cause,
  })
}

/** Says what stands in the way of a sign-in, and what is to be given. */
export function invalidOAuth(message: string, give: string): PosternError {
  return new PosternError<ProfileErrorCode>('PROFILE_OAUTH_INVALID', message, {
    remedy: 'user',
    advice: `Give ${give}, to \`postern profile sign-in\`; docs/oauth2.md says where it comes from.`,
  })
}

/** Says that a person has to sign in. */
export function signInNeeded({ name }: { readonly name: string }, why: string, cause?: unknown): PosternError {
  return new PosternError<ProfileErrorCode>('PROFILE_SIGN_IN_NEEDED', `${name} needs a new sign-in: ${why}.`, {
    remedy: 'user',
    advice: `Sign in: postern profile sign-in ${name}`,
    cause,
  })
}

/** Says that nobody signed in at the provider in time. */
export function unfinished(title: string, why: string): PosternError {
  return new PosternError<ProfileErrorCode>('PROFILE_SIGN_IN_UNFINISHED', `Nobody signed in at ${title}: ${why}.`, {
    remedy: 'user',
    advice: 'Repeat the command, and sign in on the page that it names.',
  })
}

/** Cuts what a provider says to what a person reads. */
export function oneLine(text: string): string {
  return text
    .replace(/[\x00-\x1f\x7f-\x9f]+/g, ' ')
    .trim()
    .slice(0, MAX_TEXT_LENGTH)
}

function refused(title: string, says: string, cause: unknown): PosternError {
  return new PosternError<ProfileErrorCode>('PROFILE_OAUTH_REFUSED', `${title} refused: ${says}.`, {
    remedy: 'user',
    advice:
      'Repeat the sign-in if you declined; else ask your administrator whether the client id, its secret and its rights ' +
      'are still those registered with the provider.',
    cause,
  })
}

function saysOf(code: string, description: string | undefined): string {
  return oneLine(description ? `${code} (${description})` : code).replace(/\.$/, '')
}

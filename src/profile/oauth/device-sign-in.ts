import { setTimeout as delay } from 'node:timers/promises'
import * as oauth from 'oauth4webapi'
import { PosternError } from '../../errors.ts'
import {
  clientAuthOf,
  endpointOf,
  isSafe,
  type OAuthConversation,
  requestOptions,
  tokenClientOf,
} from './authorization-server.ts'
import type { SignInRequest } from './browser-sign-in.ts'
import { asOAuthFailure, invalidOAuth, unavailable, unfinished } from './failures.ts'
import { type TokenSet, tokenSetOf } from './token-set.ts'

const DEFAULT_INTERVAL_S = 5 // RFC 8628 section 3.2
const SLOWER_S = 5 // RFC 8628 section 3.5
const MIN_INTERVAL_S = 1 // a provider's mistake may not make a storm
const MAX_INTERVAL_S = 60
const MAX_LIFE_S = 1800
const SECOND_MS = 1000

/** What a person types at another device. */
export interface DeviceCode {
  readonly userCode: string
  readonly verificationUri: string
  /** With the code in it; null where the provider has none. */
  readonly verificationUriComplete: string | null
  readonly expiresInS: number
}

/** How the code is shown, and how the time passes. */
export interface DeviceOptions {
  readonly onCode: (code: DeviceCode) => void
  /** Waits, in ms; for tests. */
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<unknown>
}

/**
 * Signs in by a code that is typed at another device (RFC 8628).
 *
 * @throws {PosternError} PROFILE_OAUTH_…, PROFILE_SIGN_IN_UNFINISHED, NET_…, TLS_…
 */
export async function signInByDevice(
  request: SignInRequest,
  { onCode, wait = (ms, signal) => delay(ms, undefined, { signal }) }: DeviceOptions,
  talk: OAuthConversation,
): Promise<TokenSet> {
  const { target, clock } = request
  if (target.noDeviceCode !== undefined) throw invalidOAuth(`${target.noDeviceCode}.`, 'no --device')
  const { deviceCode, intervalS, ...code } = await askForCode(request, talk)
  onCode(code)
  const endMs = clock() + code.expiresInS * SECOND_MS
  for (let pauseS = intervalS; clock() < endMs; ) {
    await wait(pauseS * SECOND_MS, talk.signal)
    talk.signal.throwIfAborted()
    const answer = await poll(request, deviceCode, talk)
    if (typeof answer === 'object') return answer
    if (answer === 'slower') pauseS = Math.min(pauseS + SLOWER_S, MAX_INTERVAL_S)
  }
  throw unfinished(target.title, 'the code has expired')
}

async function askForCode({ target, server, clientSecret }: SignInRequest, talk: OAuthConversation) {
  endpointOf(server, 'device_authorization_endpoint')
  const client = { client_id: target.clientId }
  const clientAuth = clientAuthOf(tokenClientOf(target, server, clientSecret))
  const parameters = { scope: target.scopes.join(' ') }
  try {
    const response = await oauth.deviceAuthorizationRequest(
      server,
      client,
      clientAuth,
      parameters,
      requestOptions(talk),
    )
    const told = await oauth.processDeviceAuthorizationResponse(server, client, response)
    if (!isPage(told.verification_uri)) throw unavailable(target.title, 'it names no page to type the code into')
    const { verification_uri_complete: complete } = told
    return {
      deviceCode: told.device_code,
      userCode: told.user_code,
      verificationUri: told.verification_uri,
      verificationUriComplete: complete !== undefined && isPage(complete) ? complete : null,
      expiresInS: Math.min(told.expires_in, MAX_LIFE_S),
      intervalS: Math.max(MIN_INTERVAL_S, Math.min(told.interval ?? DEFAULT_INTERVAL_S, MAX_INTERVAL_S)),
    }
  } catch (error) {
    if (error instanceof PosternError || talk.signal.aborted) throw error
    throw asOAuthFailure(error, target.title)
  }
}

async function poll(
  { target, server, clientSecret, clock }: SignInRequest,
  deviceCode: string,
  talk: OAuthConversation,
): Promise<TokenSet | 'again' | 'slower'> {
  const client = { client_id: target.clientId }
  const tokenClient = tokenClientOf(target, server, clientSecret)
  const clientAuth = clientAuthOf(tokenClient)
  try {
    const response = await oauth.deviceCodeGrantRequest(server, client, clientAuth, deviceCode, requestOptions(talk))
    const tokens = await oauth.processDeviceCodeResponse(server, client, response)
    return tokenSetOf(tokenClient, tokens, clock())
  } catch (error) {
    if (talk.signal.aborted) throw error
    if (error instanceof oauth.ResponseBodyError) {
      if (error.error === 'authorization_pending') return 'again'
      if (error.error === 'slow_down') return 'slower'
      if (error.error === 'expired_token') throw unfinished(target.title, 'the code has expired')
    }
    const failure = asOAuthFailure(error, target.title)
    // RFC 8628 section 3.5: a lost answer is no answer; the code still counts.
    if (failure instanceof PosternError && failure.remedy === 'retry') return 'slower'
    throw failure
  }
}

function isPage(text: string): boolean {
  return URL.canParse(text) && isSafe(new URL(text))
}

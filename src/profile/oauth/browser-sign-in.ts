import { timingSafeEqual } from 'node:crypto'
import * as oauth from 'oauth4webapi'
import { PosternError } from '../../errors.ts'
import {
  clientAuthOf,
  endpointOf,
  type OAuthConversation,
  requestOptions,
  tokenClientOf,
} from './authorization-server.ts'
import { asOAuthFailure, unfinished } from './failures.ts'
import { listenForRedirect } from './loopback-redirect.ts'
import type { OAuthTarget } from './target.ts'
import { type TokenSet, tokenSetOf } from './token-set.ts'

const SIGN_IN_TIMEOUT_MS = 600_000 // a second factor may have to be fetched from another room
const CLOCK_TOLERANCE_S = 300

/** A sign-in that is to be begun. */
export interface SignInRequest {
  readonly target: OAuthTarget
  readonly server: oauth.AuthorizationServer
  readonly clientSecret: string | undefined
  /** Who is expected to sign in: the provider may fill in its form with it. */
  readonly loginHint: string
  /** Wall clock, in ms. */
  readonly clock: () => number
}

/** How a browser comes back, and where it is sent. */
export interface BrowserOptions {
  /** 0 for any port. */
  readonly redirectPort: number
  readonly timeoutMs?: number
  /** Shows a person where to sign in. */
  readonly onUrl: (url: string) => void
}

/**
 * Signs in by authorization code with PKCE and a redirect to this machine (RFC 6749, RFC 7636, RFC 8252).
 *
 * @throws {PosternError} PROFILE_OAUTH_…, PROFILE_SIGN_IN_UNFINISHED, NET_…, TLS_…
 */
export async function signInByBrowser(
  request: SignInRequest,
  { redirectPort, onUrl, timeoutMs = SIGN_IN_TIMEOUT_MS }: BrowserOptions,
  talk: OAuthConversation,
): Promise<TokenSet> {
  const { target } = request
  const proof = {
    state: oauth.generateRandomState(),
    nonce: oauth.generateRandomNonce(),
    verifier: oauth.generateRandomCodeVerifier(),
  }
  const expected = Buffer.from(proof.state)
  const isOurs = (state: string) => {
    const given = Buffer.from(state)
    return given.length === expected.length && timingSafeEqual(given, expected)
  }
  await using listener = await listenForRedirect({ isOurs, port: redirectPort })
  const redirectUri = target.redirectUri(listener.port)
  onUrl(await authorizationUrl(request, redirectUri, proof))
  const url = await withinTime(listener.redirected, talk.signal, timeoutMs, target.title)
  return await exchange(request, { url, redirectUri, ...proof }, talk)
}

interface Proof {
  readonly state: string
  readonly nonce: string
  readonly verifier: string
}

async function authorizationUrl(
  { target, server, loginHint }: SignInRequest,
  redirectUri: string,
  { state, nonce, verifier }: Proof,
): Promise<string> {
  const url = endpointOf(server, 'authorization_endpoint')
  const parameters = {
    ...target.parameters,
    response_type: 'code',
    client_id: target.clientId,
    redirect_uri: redirectUri,
    scope: target.scopes.join(' '),
    state,
    ...(isOpenId(target) ? { nonce } : {}),
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    login_hint: loginHint,
  }
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
  return url.href
}

async function exchange(
  { target, server, clientSecret, clock }: SignInRequest,
  { url, redirectUri, state, nonce, verifier }: Proof & { readonly url: URL; readonly redirectUri: string },
  talk: OAuthConversation,
): Promise<TokenSet> {
  const client = { client_id: target.clientId, [oauth.clockTolerance]: CLOCK_TOLERANCE_S }
  const tokenClient = tokenClientOf(target, server, clientSecret)
  try {
    const answer = oauth.validateAuthResponse(server, client, url, state)
    const response = await oauth.authorizationCodeGrantRequest(
      server,
      client,
      clientAuthOf(tokenClient),
      answer,
      redirectUri,
      verifier,
      requestOptions(talk),
    )
    const expectedNonce = isOpenId(target) ? nonce : oauth.expectNoNonce
    const tokens = await oauth.processAuthorizationCodeResponse(server, client, response, { expectedNonce })
    return tokenSetOf(tokenClient, tokens, clock())
  } catch (error) {
    if (error instanceof PosternError || talk.signal.aborted) throw error
    throw asOAuthFailure(error, target.title)
  }
}

function isOpenId({ scopes }: OAuthTarget): boolean {
  return scopes.includes('openid')
}

async function withinTime<Value>(
  work: Promise<Value>,
  signal: AbortSignal,
  timeoutMs: number,
  title: string,
): Promise<Value> {
  const { promise, reject } = Promise.withResolvers<never>()
  const onAbort = () => reject(signal.reason)
  const timer = setTimeout(
    () => reject(unfinished(title, `no browser came back within ${timeoutMs / 60_000} minutes`)),
    timeoutMs,
  )
  signal.addEventListener('abort', onAbort, { once: true })
  if (signal.aborted) onAbort()
  try {
    return await Promise.race([work, promise])
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', onAbort)
  }
}

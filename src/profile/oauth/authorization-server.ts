import * as oauth from 'oauth4webapi'
import { isPlainTextHost } from '../../config/plain-text-host.ts'
import { PosternError } from '../../errors.ts'
import { asOAuthFailure, invalidOAuth, oneLine, unavailable } from './failures.ts'
import type { OAuthTarget } from './target.ts'
import type { TokenClient } from './token-set.ts'

/** Speaks HTTP to a provider; TLS is verified as it is to a mail server, redirections are not followed. */
export type OAuthFetch = (url: string, options: OAuthRequest) => Promise<Response>

/** A request to a provider. */
export interface OAuthRequest {
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: URLSearchParams | undefined
  readonly signal?: AbortSignal | undefined
}

/** What a conversation with a provider needs. */
export interface OAuthConversation {
  readonly fetch: OAuthFetch
  readonly signal: AbortSignal
}

/** What the library is called with. `fetch` itself refuses plain HTTP beyond this machine. */
export function requestOptions({ fetch, signal }: OAuthConversation) {
  return { [oauth.customFetch]: fetch, [oauth.allowInsecureRequests]: true, signal }
}

/**
 * Learns a provider's addresses: from the preset, or by OpenID Connect Discovery, or RFC 8414.
 *
 * @throws {PosternError} PROFILE_OAUTH_INVALID, PROFILE_OAUTH_UNAVAILABLE, NET_…, TLS_…
 */
export async function findServer(target: OAuthTarget, talk: OAuthConversation): Promise<oauth.AuthorizationServer> {
  if (target.issuer === undefined) {
    if (!target.preset) throw new Error('a target with neither issuer nor preset')
    return target.preset.server
  }
  const issuer = new URL(target.issuer)
  try {
    const first = await oauth.discoveryRequest(issuer, { ...requestOptions(talk), algorithm: 'oidc' })
    if (first.status >= 500) throw unavailable(target.title, `HTTP status ${first.status}`)
    if (first.status !== 404) return await oauth.processDiscoveryResponse(issuer, first)
    const second = await oauth.discoveryRequest(issuer, { ...requestOptions(talk), algorithm: 'oauth2' })
    return await oauth.processDiscoveryResponse(issuer, second)
  } catch (error) {
    if (error instanceof PosternError || talk.signal.aborted) throw error
    if (error instanceof oauth.OperationProcessingError) throw noProvider(target.issuer, error)
    throw asOAuthFailure(error, target.title)
  }
}

/**
 * Gives an address of the server that a person or a token is sent to.
 *
 * @throws {PosternError} PROFILE_OAUTH_INVALID when there is none, or it is not encrypted
 */
export function endpointOf(
  server: oauth.AuthorizationServer,
  name: 'authorization_endpoint' | 'token_endpoint' | 'device_authorization_endpoint',
): URL {
  const text = server[name]
  if (text === undefined) throw invalidOAuth(`${server.issuer} has no ${name}.`, 'another way to sign in')
  if (URL.canParse(text) && isSafe(new URL(text))) return new URL(text)
  throw invalidOAuth(`The ${name} of ${server.issuer} is not encrypted: ${oneLine(text)}.`, 'another provider')
}

/** Says as which client tokens are asked for. */
export function tokenClientOf(
  target: OAuthTarget,
  server: oauth.AuthorizationServer,
  clientSecret: string | undefined,
): TokenClient {
  const { identity, clientId, title } = target
  const tokenEndpoint = endpointOf(server, 'token_endpoint').href
  const methods = server.token_endpoint_auth_methods_supported
  // RFC 8414 section 2: without the list it is basic alone.
  const secretAuth = methods && !methods.includes('client_secret_basic') ? 'post' : 'basic'
  const common = { identity, tokenEndpoint, clientId, title }
  return clientSecret === undefined
    ? { ...common, clientAuth: 'none' }
    : { ...common, clientSecret, clientAuth: secretAuth }
}

/** How the library proves who the client is. */
export function clientAuthOf({ clientAuth, clientSecret = '' }: TokenClient): oauth.ClientAuth {
  if (clientAuth === 'none') return oauth.None()
  return clientAuth === 'basic' ? oauth.ClientSecretBasic(clientSecret) : oauth.ClientSecretPost(clientSecret)
}

/** Tells whether what is sent there stays between the two: encrypted, or on this machine. */
export function isSafe({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || (protocol === 'http:' && isPlainTextHost(hostname))
}

function noProvider(issuer: string, cause: Error): PosternError {
  const error = invalidOAuth(
    `${issuer} does not describe itself as an OAuth2 provider: ${oneLine(cause.message)}.`,
    'its exact issuer URL (--issuer)',
  )
  error.cause = cause
  return error
}

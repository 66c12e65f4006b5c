import { PosternError } from '../../errors.ts'
import { isLoopback } from '../../net/loopback.ts'
import type { OAuthFetch, OAuthRequest } from '../../profile/oauth/authorization-server.ts'
import { invalidOAuth, oneLine, unavailable } from '../../profile/oauth/failures.ts'
import { sendVerified, type VerifiedRequest } from '../verified-request.ts'

const TIMEOUT_MS = 20_000
const MAX_ANSWER_OCTETS = 1_048_576

/** How providers are reached, and what proves who they are. */
export type ProviderWay = Pick<VerifiedRequest, 'verifier' | 'proxyTo'>

/**
 * Makes the way to OAuth2 providers. What it throws is NET_…, TLS_…, PROFILE_OAUTH_INVALID (not encrypted),
 * PROFILE_OAUTH_UNAVAILABLE, or the reason of the signal.
 */
export function providerFetch(way: ProviderWay, timeoutMs = TIMEOUT_MS): OAuthFetch {
  return async (text, options) => {
    const url = new URL(text)
    assertEncrypted(url)
    const timeout = AbortSignal.timeout(timeoutMs)
    const signals = options.signal ? [options.signal, timeout] : [timeout]
    try {
      return await exchange(url, options, way, AbortSignal.any(signals))
    } catch (error) {
      if (options.signal?.aborted) throw options.signal.reason
      if (timeout.aborted) throw unavailable(url.host, `no answer within ${timeoutMs / 1000} s`, error)
      if (error instanceof PosternError) throw error
      throw unavailable(url.host, oneLine(error instanceof Error ? error.message : String(error)), error)
    }
  }
}

async function exchange(url: URL, options: OAuthRequest, way: ProviderWay, signal: AbortSignal): Promise<Response> {
  const { method, headers, body } = options
  const sent = { url, method, headers: { ...headers }, body: body?.toString(), ...way, signal }
  const response = await sendVerified(sent)
  const chunks: Buffer[] = []
  let octets = 0
  for await (const chunk of response) {
    octets += chunk.length
    if (octets > MAX_ANSWER_OCTETS) throw unavailable(url.host, `its answer is larger than ${MAX_ANSWER_OCTETS} octets`)
    chunks.push(chunk)
  }
  if (!response.complete) throw unavailable(url.host, 'its answer broke off')
  return responseOf(url, response.statusCode ?? 0, response.headersDistinct, Buffer.concat(chunks))
}

function responseOf(url: URL, status: number, fields: NodeJS.Dict<string[]>, content: Buffer): Response {
  if (status < 200 || status > 599) throw unavailable(url.host, `HTTP status ${status}`)
  const headers = new Headers()
  for (const [name, values = []] of Object.entries(fields)) for (const value of values) headers.append(name, value)
  const isEmpty = status === 204 || status === 205 || status === 304 // these have no body, by the standard
  return new Response(isEmpty ? null : new Uint8Array(content), { status, headers })
}

function assertEncrypted({ protocol, hostname, host }: URL): void {
  if (protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname))) return
  throw invalidOAuth(`${host} is not to be spoken to over ${oneLine(protocol)}`, 'an https: issuer')
}

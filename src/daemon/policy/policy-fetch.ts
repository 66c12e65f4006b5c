import type { IncomingMessage } from 'node:http'
import { PosternError } from '../../errors.ts'
import { isLoopback } from '../../net/loopback.ts'
import type { NetworkProxy } from '../../net/proxy/network-proxy.ts'
import type { ProfileErrorCode } from '../../profile/errors.ts'
import { MAX_POLICY_OCTETS } from '../../profile/policy.ts'
import type { Peer, PeerVerifier } from '../../tls/peer.ts'
import { sendVerified } from '../verified-request.ts'

const TIMEOUT_MS = 20_000

/** What the server of a policy said. */
export type FetchedPolicy =
  | { readonly kind: 'new'; readonly text: string; readonly etag: string | undefined }
  | { readonly kind: 'unchanged' }
  /** 410: there is none any more. */
  | { readonly kind: 'gone' }

/** What is fetched, and how. */
export interface PolicyRequest {
  readonly url: string
  /** Of the policy that is known. */
  readonly etag: string | undefined
  /** Whether a policy may come in plain text from beyond this machine. */
  readonly allowHttp: boolean
  /** Finds the proxy on the way to a host; without it, the way is direct. */
  readonly proxyTo?: (peer: Peer) => Promise<NetworkProxy | undefined>
  readonly verifier: PeerVerifier
  readonly signal: AbortSignal
}

/**
 * Fetches a policy. Redirections are not followed: a policy comes from where the user says.
 *
 * @throws {PosternError} PROFILE_POLICY_INSECURE, PROFILE_POLICY_UNAVAILABLE, PROFILE_POLICY_INVALID, NET_…, TLS_…
 */
export async function fetchPolicy(wanted: PolicyRequest): Promise<FetchedPolicy> {
  assertSecure(wanted.url, wanted.allowHttp)
  const url = new URL(wanted.url)
  const signal = AbortSignal.any([wanted.signal, AbortSignal.timeout(TIMEOUT_MS)])
  try {
    const response = await get(url, wanted, signal)
    return await read(response, wanted.url)
  } catch (error) {
    if (error instanceof PosternError || wanted.signal.aborted) throw error
    throw unavailable(wanted.url, signal.aborted ? `no answer within ${TIMEOUT_MS / 1000} s` : textOf(error), error)
  }
}

/**
 * Refuses a URL that is not encrypted and leaves this machine. What is no URL is for others to refuse.
 *
 * @throws {PosternError} PROFILE_POLICY_INSECURE
 */
export function assertSecure(url: string, allowHttp: boolean): void {
  if (allowHttp || !URL.canParse(url)) return
  const { protocol, hostname } = new URL(url)
  if (protocol === 'http:' && !isLoopback(hostname)) throw insecure(url)
}

function get(url: URL, { etag, verifier, proxyTo }: PolicyRequest, signal: AbortSignal): Promise<IncomingMessage> {
  const headers = {
    accept: 'application/json, application/yaml, text/yaml, text/plain',
    ...(etag === undefined ? {} : { 'if-none-match': etag }),
  }
  return sendVerified({ url, headers, verifier, signal, proxyTo })
}

async function read(response: IncomingMessage, url: string): Promise<FetchedPolicy> {
  const { statusCode = 0, headers } = response
  if (statusCode !== 200) response.destroy()
  if (statusCode === 304) return { kind: 'unchanged' }
  if (statusCode === 410) return { kind: 'gone' }
  if (statusCode !== 200) throw unavailable(url, `HTTP status ${statusCode}`)
  const chunks: Buffer[] = []
  let octets = 0
  for await (const chunk of response) {
    octets += chunk.length
    if (octets > MAX_POLICY_OCTETS) throw unavailable(url, `larger than ${MAX_POLICY_OCTETS} octets`)
    chunks.push(chunk)
  }
  if (!response.complete) throw unavailable(url, 'it broke off')
  return { kind: 'new', text: Buffer.concat(chunks).toString('utf8'), etag: headers.etag }
}

function insecure(url: string): PosternError {
  return new PosternError<ProfileErrorCode>('PROFILE_POLICY_INSECURE', `${url} is not encrypted.`, {
    remedy: 'user',
    advice: 'Use https. If nobody can listen on the way: postern profile set NAME policyAllowHttp yes',
  })
}

function unavailable(url: string, what: string, cause?: unknown): PosternError {
  return new PosternError<ProfileErrorCode>('PROFILE_POLICY_UNAVAILABLE', `${url} gave no policy: ${what}.`, {
    remedy: 'retry',
    advice: 'The last valid policy stays in force; Postern asks again by itself.',
    cause,
  })
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

import { type IncomingMessage, type OutgoingHttpHeaders, request } from 'node:http'
import type { Socket } from 'node:net'
import { dial } from '../net/dial.ts'
import type { NetworkProxy } from '../net/proxy/network-proxy.ts'
import type { Peer, PeerVerifier } from '../tls/peer.ts'

/** An HTTP request to a server of the outside. */
export interface VerifiedRequest {
  readonly url: URL
  readonly method?: string
  readonly headers: OutgoingHttpHeaders
  readonly body?: string | undefined
  /** Finds the proxy on the way to a host; without it, the way is direct. */
  readonly proxyTo?: ((peer: Peer) => Promise<NetworkProxy | undefined>) | undefined
  readonly verifier: PeerVerifier
  readonly signal: AbortSignal
  /** Called when the way is open, before the first octet of the request goes out. */
  readonly onSending?: (() => void) | undefined
}

/**
 * Sends a request whose TLS is verified as that to a mail server is; resolves with the head of the answer.
 *
 * @throws {PosternError} NET_…, TLS_…; and what `node:http` throws
 */
export async function sendVerified({
  url,
  method = 'GET',
  headers,
  body,
  proxyTo,
  verifier,
  signal,
  onSending,
}: VerifiedRequest): Promise<IncomingMessage> {
  const isTls = url.protocol === 'https:'
  const peer = { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port || (isTls ? 443 : 80)) }
  const plain = await dial(peer, signal, { proxy: await proxyTo?.(peer) })
  const socket: Socket = isTls ? await verifier.secure(plain, peer, signal) : plain
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  onSending?.()
  const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }
  request({
    createConnection: () => socket,
    path: `${url.pathname}${url.search}`,
    method,
    headers: { ...headers, ...length, host: url.host, connection: 'close' },
    signal,
  })
    .once('response', resolve)
    .on('error', reject)
    .once('close', () => reject(new Error('it closed'))) // to an answer 101, too, which nobody had asked for
    .end(body)
  return promise
}

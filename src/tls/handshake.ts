import { isIP, type Socket } from 'node:net'
import { connect, type SecureContext, type TLSSocket } from 'node:tls'
import { domainToASCII } from 'node:url'
import { PosternError } from '../errors.ts'
import type { NetErrorCode } from '../net/errors.ts'
import { identityRefusal } from './client-identity.ts'
import type { TlsErrorCode } from './errors.ts'
import type { Peer } from './peer.ts'

const LOST_CODES = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ECONNABORTED', 'ENETDOWN', 'EHOSTUNREACH'])

/** Options of {@link handshake}. */
export interface HandshakeOptions {
  readonly signal: AbortSignal
  /** What is trusted, and the least version of TLS. */
  readonly context: SecureContext
}

/**
 * Does a TLS handshake and leaves the verdict to the caller: nothing may be written before it has looked at the
 * certificate.
 *
 * @throws {PosternError} TLS_HANDSHAKE, NET_LOST, or the signal's reason; the socket is destroyed then.
 */
export async function handshake(socket: Socket, peer: Peer, options: HandshakeOptions): Promise<TLSSocket> {
  const { signal, context } = options
  if (signal.aborted) {
    socket.destroy()
    throw signal.reason
  }
  if (socket.destroyed) throw failed(peer, socket.errored) // OpenSSL would wait for it for ever
  const host = asciiHost(peer)
  const tls = connect({
    socket,
    secureContext: context,
    rejectUnauthorized: false, // the caller decides, and can tell why
    host,
    ...(isIP(host) ? {} : { servername: host }), // RFC 6066 section 3: names only
  })
  try {
    await untilSecure(tls, signal)
    return tls
  } catch (error) {
    tls.on('error', () => undefined).destroy() // told by the error below
    socket.destroy()
    throw signal.aborted ? signal.reason : failed(peer, error)
  }
}

/** The host as certificates and SNI name it: without the final dot, and in ASCII (RFC 5890 section 2.3.2.1). */
export function asciiHost({ host }: Peer): string {
  const name = host.replace(/\.$/, '')
  return isIP(name) ? name : domainToASCII(name) || name // empty when it is no valid name: then nothing will match it
}

async function untilSecure(tls: TLSSocket, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const onAbort = () => reject(signal.reason)
  const onClose = () => reject(new Error('closed'))
  signal.addEventListener('abort', onAbort, { once: true })
  tls.once('secureConnect', resolve).once('error', reject).once('close', onClose)
  try {
    await promise
  } finally {
    signal.removeEventListener('abort', onAbort)
    tls.off('secureConnect', resolve).off('error', reject).off('close', onClose)
  }
}

function failed({ host, port }: Peer, cause: unknown): PosternError {
  const refusal = identityRefusal(`${host}:${port}`, cause)
  if (refusal) return refusal
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : undefined
  // A server that says nothing of TLS and closes is being restarted, or overloaded.
  if (code === undefined || LOST_CODES.has(code)) {
    return new PosternError<NetErrorCode>('NET_LOST', `${host}:${port} ended the connection in the TLS handshake.`, {
      remedy: 'retry',
      advice: 'Try again; if it lasts, check that the port speaks TLS, and of which version.',
      cause,
    })
  }
  const reason = cause instanceof Error && 'reason' in cause ? String(cause.reason) : code // OpenSSL's own words
  return new PosternError<TlsErrorCode>('TLS_HANDSHAKE', `The TLS handshake with ${host}:${port} failed: ${reason}.`, {
    remedy: 'user',
    advice: 'Check that the port speaks TLS 1.2 or newer from the start; a STARTTLS port needs another URL scheme.',
    cause,
  })
}

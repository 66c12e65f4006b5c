import { createHash, createPrivateKey, X509Certificate } from 'node:crypto'
import { createSecureContext, type SecureContext } from 'node:tls'
import { PosternError } from '../errors.ts'
import type { TlsErrorCode } from './errors.ts'
import type { Trust } from './trust.ts'

const MAX_CONTEXTS = 64

/** A certificate of ours with its key, for servers that ask who connects. */
export interface ClientIdentity {
  /** PEM: ours first, then those that lead to the CA. */
  readonly certificates: string
  /** PEM, PKCS#8. */
  readonly key: string
}

/**
 * Checks that the key belongs to the certificate, and gives that.
 *
 * @throws {PosternError} TLS_CLIENT_CERTIFICATE_INVALID
 */
export function assertIdentity({ certificates, key }: ClientIdentity): X509Certificate {
  try {
    const certificate = new X509Certificate(certificates)
    if (certificate.checkPrivateKey(createPrivateKey(key))) return certificate
  } catch (cause) {
    throw invalidIdentity(cause instanceof Error ? cause.message : String(cause), cause)
  }
  throw invalidIdentity('the key does not belong to the certificate')
}

/** Says that a client certificate cannot be used. */
export function invalidIdentity(why: string, cause?: unknown): PosternError {
  return new PosternError<TlsErrorCode>(
    'TLS_CLIENT_CERTIFICATE_INVALID',
    `The client certificate cannot be used: ${why}.`,
    { remedy: 'user', advice: 'Export it again, with its key, as a PKCS#12 file (.p12 or .pfx).', cause },
  )
}

// Alerts by which a server says so (RFC 8446 section 6.2), as OpenSSL names them.
const REFUSALS: Readonly<Record<string, string>> = {
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: 'it wants a client certificate',
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: 'it finds the client certificate bad',
  ERR_SSL_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE: 'it does not know such client certificates',
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_REVOKED: 'the client certificate is revoked',
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED: 'the client certificate is expired',
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN: 'it does not accept the client certificate',
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: 'it does not know the CA of the client certificate',
  ERR_SSL_TLSV1_ALERT_ACCESS_DENIED: 'it gives the client certificate no access',
}

/** The failure of a connection that the server ended for want of a client certificate; undefined for any other end. */
export function identityRefusal(where: string, cause: unknown): PosternError | undefined {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  const why = REFUSALS[code]
  return why === undefined ? undefined : refused(where, why, cause)
}

function refused(where: string, why: string, cause: unknown): PosternError {
  return new PosternError<TlsErrorCode>('TLS_CLIENT_CERTIFICATE_REFUSED', `${where} does not let us in: ${why}.`, {
    remedy: 'user',
    advice: 'Ask who runs the server for a certificate, and give it: postern cert client import NAME FILE',
    cause,
  })
}

const contexts = new Map<string, SecureContext>()

/** What a connection trusts and shows. Made once for each identity: reading all roots takes long. */
export function contextWith(identity: ClientIdentity, { roots }: Trust): SecureContext {
  const name = createHash('sha256')
    .update(JSON.stringify([identity, roots]))
    .digest('base64')
  const known = contexts.get(name)
  if (known) return known
  const { certificates: cert, key } = identity
  const context = createSecureContext({ ca: [...roots], minVersion: 'TLSv1.2', cert, key })
  const [oldest] = contexts.keys()
  if (contexts.size >= MAX_CONTEXTS && oldest !== undefined) contexts.delete(oldest)
  contexts.set(name, context)
  return context
}

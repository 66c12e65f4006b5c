import { X509Certificate } from 'node:crypto'
import { isIP, type Socket } from 'node:net'
import { connect, createSecureContext, getCACertificates, type SecureContext, type TLSSocket } from 'node:tls'
import { PosternError } from '../errors.ts'
import type { Approvals } from './approvals.ts'
import type { TlsErrorCode } from './errors.ts'
import { publicKeyFingerprint, readableFingerprint, readableName } from './fingerprint.ts'
import type { Peer, PeerVerifier } from './peer.ts'

/** Options of {@link verifyPeers}. */
export interface VerifyOptions {
  /** PEM of the trusted roots; the system's by default. For tests. */
  readonly roots?: readonly string[]
}

/** What a server showed of itself. */
export interface ShownCertificate {
  readonly certificate: X509Certificate
  /** The chain as sent, the server's own first. */
  readonly chain: readonly X509Certificate[]
  /** Node's code for why it is not trusted; undefined when it is. */
  readonly problem: string | undefined
}

let systemRoots: SecureContext | undefined

/** Makes a verifier: a pinned key decides alone where there is an approval, else the system's roots do. */
export function verifyPeers(approvals: Approvals, { roots }: VerifyOptions = {}): PeerVerifier {
  const context = roots ? createSecureContext({ ca: [...roots], minVersion: 'TLSv1.2' }) : undefined
  return {
    async secure(socket, peer, signal) {
      const approval = await approvals.find(peer)
      const tls = await handshake(socket, peer, signal, context)
      const shown = shownBy(tls)
      const problem = !shown
        ? noCertificate(peer)
        : approval
          ? pinProblem(peer, approval.publicKeySha256, shown)
          : trustProblem(peer, shown)
      if (!problem) return tls
      tls.destroy()
      throw problem
    },
  }
}

/** Does a TLS handshake that trusts nobody yet, for showing a certificate to a person. */
export async function showCertificate(socket: Socket, peer: Peer, signal: AbortSignal): Promise<ShownCertificate> {
  const tls = await handshake(socket, peer, signal, undefined)
  const shown = shownBy(tls)
  tls.destroy()
  if (!shown) throw noCertificate(peer)
  return shown
}

/** Says in words why a certificate is not trusted. */
export function explainProblem({ host }: Peer, { certificate, problem }: ShownCertificate): string {
  switch (problem) {
    case 'CERT_HAS_EXPIRED':
      return `its certificate expired on ${certificate.validTo}`
    case 'CERT_NOT_YET_VALID':
      return `its certificate is valid only from ${certificate.validFrom} on`
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return `its certificate is for ${certificate.subjectAltName ?? readableName(certificate.subject)}, not for ${host}`
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
      return 'its certificate is self-signed'
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
      return `its certificate was issued by ${readableName(certificate.issuer)}, which this machine does not trust`
    default:
      return `its certificate was not accepted (${problem})`
  }
}

async function handshake(socket: Socket, peer: Peer, signal: AbortSignal, context: SecureContext | undefined) {
  const { host } = peer
  const secureContext = context ?? systemContext()
  // We decide after the handshake: nothing is sent before that.
  const tls = connect({
    socket,
    secureContext,
    rejectUnauthorized: false,
    host,
    ...(isIP(host) ? {} : { servername: host }),
  })
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const onAbort = () => reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  tls
    .once('secureConnect', resolve)
    .once('error', reject)
    .once('close', () => reject(new Error('the server closed')))
  try {
    signal.throwIfAborted()
    await promise
    tls.removeAllListeners('error').removeAllListeners('close')
    return tls
  } catch (error) {
    tls.on('error', () => undefined) // told by the error below
    tls.destroy()
    socket.destroy()
    throw signal.aborted ? signal.reason : handshakeFailed(peer, error)
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

// Reading the roots takes tens of milliseconds: once.
function systemContext(): SecureContext {
  systemRoots ??= trustSystem()
  return systemRoots
}

function trustSystem(): SecureContext {
  const system = getCACertificates('system')
  return createSecureContext({ ca: system.length > 0 ? system : getCACertificates('default'), minVersion: 'TLSv1.2' })
}

function shownBy(tls: TLSSocket): ShownCertificate | undefined {
  const peer = tls.getPeerCertificate(true)
  if (!peer?.raw) return undefined
  const chain: X509Certificate[] = []
  const seen = new Set<string>()
  for (let next = peer; next?.raw && !seen.has(next.fingerprint256); next = next.issuerCertificate) {
    seen.add(next.fingerprint256)
    chain.push(new X509Certificate(next.raw))
  }
  const problem = tls.authorized ? undefined : problemCode(tls.authorizationError)
  return { certificate: new X509Certificate(peer.raw), chain, problem }
}

function problemCode(error: unknown): string {
  if (error instanceof Error && 'code' in error) return String(error.code)
  return String(error)
}

function pinProblem(peer: Peer, pinned: string, { certificate }: ShownCertificate): PosternError | undefined {
  const actual = publicKeyFingerprint(certificate)
  if (actual === pinned) return undefined
  return new PosternError<TlsErrorCode>(
    'TLS_PIN_MISMATCH',
    `${peer.host}:${peer.port} has another key than the one that was approved. Approved: ${readableFingerprint(pinned)}; ` +
      `shown now: ${readableFingerprint(actual)}.`,
    {
      remedy: 'user',
      advice: `If the server's operator confirms the new key, run \`postern cert approve ${peer.host}:${peer.port}\`.`,
    },
  )
}

function trustProblem(peer: Peer, shown: ShownCertificate): PosternError | undefined {
  if (shown.problem === undefined) return undefined
  const code: TlsErrorCode =
    shown.problem === 'CERT_HAS_EXPIRED'
      ? 'TLS_EXPIRED'
      : shown.problem === 'ERR_TLS_CERT_ALTNAME_INVALID'
        ? 'TLS_WRONG_NAME'
        : 'TLS_UNTRUSTED'
  const fingerprint = readableFingerprint(publicKeyFingerprint(shown.certificate))
  const { host, port } = peer
  return new PosternError(
    code,
    `${host}:${port} is not trusted: ${explainProblem(peer, shown)} (key ${fingerprint}).`,
    {
      remedy: 'user',
      advice: `If you know that key, run \`postern cert approve ${host}:${port}\`; else do not use this server.`,
    },
  )
}

function noCertificate({ host, port }: Peer): PosternError {
  return new PosternError<TlsErrorCode>('TLS_NO_CERTIFICATE', `${host}:${port} showed no certificate.`, {
    remedy: 'user',
    advice: 'Ask who runs the server; Postern does not talk TLS to a server without a certificate.',
  })
}

function handshakeFailed({ host, port }: Peer, cause: unknown): PosternError {
  const text = cause instanceof Error ? cause.message : String(cause)
  return new PosternError<TlsErrorCode>('TLS_HANDSHAKE', `The TLS handshake with ${host}:${port} failed: ${text}.`, {
    remedy: 'user',
    advice: 'Check that the port speaks TLS from the start (imaps, smtps); with STARTTLS choose imap+starttls.',
    cause,
  })
}

import { PosternError } from '../errors.ts'
import type { Approval, Approvals } from './approvals.ts'
import { type ClientIdentity, contextWith } from './client-identity.ts'
import type { TlsErrorCode } from './errors.ts'
import { publicKeyFingerprint, readableFingerprint } from './fingerprint.ts'
import { handshake } from './handshake.ts'
import type { Peer, PeerVerifier } from './peer.ts'
import { type CertificateProblem, type ShownCertificate, shownBy } from './shown-certificate.ts'
import { systemTrust, trustRoots } from './trust.ts'

/** Options of {@link verifyPeers}. */
export interface VerifyOptions {
  /** PEM of the trusted roots; the system's by default. For tests. */
  readonly roots?: readonly string[]
  /** Shown to a server that asks for a certificate. */
  readonly identity?: ClientIdentity | undefined
}

const CODES: Readonly<Record<CertificateProblem['kind'], TlsErrorCode>> = {
  untrusted: 'TLS_UNTRUSTED',
  expired: 'TLS_EXPIRED',
  'not-yet-valid': 'TLS_EXPIRED',
  'wrong-name': 'TLS_WRONG_NAME',
}

/**
 * Makes a verifier: where there is an approval its key alone decides, else the system's roots, the name and the dates.
 */
export function verifyPeers(approvals: Approvals, { roots, identity }: VerifyOptions = {}): PeerVerifier {
  const given = roots && trustRoots(roots)
  return {
    async secure(socket, peer, signal) {
      socket.on('error', ignoreTold) // a server may reset while the approvals are read
      try {
        const approval = await approvals.find(peer)
        const trust = given ?? systemTrust()
        const context = identity ? contextWith(identity, trust) : trust.context
        const tls = await handshake(socket, peer, { signal, context })
        const problem = judge(peer, shownBy(tls, peer, trust), approval)
        if (!problem) return tls
        tls.on('error', () => undefined).destroy() // the problem is what is told
        throw problem
      } catch (error) {
        socket.destroy()
        throw error
      }
    },
  }
}

function ignoreTold(): void {
  // the handshake tells it
}

/** The failure of a server that shows no certificate. */
export function noCertificate({ host, port }: Peer): PosternError {
  return new PosternError<TlsErrorCode>('TLS_NO_CERTIFICATE', `${host}:${port} showed no certificate.`, {
    remedy: 'user',
    advice: 'Ask who runs the server: Postern does not talk TLS to a server that does not say who it is.',
  })
}

function judge(
  peer: Peer,
  shown: ShownCertificate | undefined,
  approval: Approval | undefined,
): PosternError | undefined {
  if (!shown) return noCertificate(peer)
  return approval ? pinProblem(peer, approval, shown) : trustProblem(peer, shown)
}

function pinProblem(peer: Peer, approval: Approval, { certificate }: ShownCertificate): PosternError | undefined {
  const actual = publicKeyFingerprint(certificate)
  const pinned = approval.publicKeySha256
  if (actual === pinned) return undefined
  const { host, port } = peer
  return new PosternError<TlsErrorCode>(
    'TLS_PIN_MISMATCH',
    `${host}:${port} shows another key than the one that was approved. Approved (SHA-256): ` +
      `${readableFingerprint(pinned)}; shown now: ${readableFingerprint(actual)}.`,
    {
      remedy: 'user',
      advice:
        'Do not go on unless the server’s operator confirms the new key; ' +
        `then run \`postern cert approve ${host}:${port}\`.`,
    },
  )
}

function trustProblem(peer: Peer, { certificate, problems }: ShownCertificate): PosternError | undefined {
  const [first] = problems
  if (!first) return undefined
  const { host, port } = peer
  const why = problems.map(({ says }) => says).join('; ')
  const fingerprint = readableFingerprint(publicKeyFingerprint(certificate))
  return new PosternError(
    CODES[first.kind],
    `${host}:${port} is not trusted: ${why}. SHA-256 of its key: ${fingerprint}.`,
    {
      remedy: 'user',
      advice: `If you know this key, run \`postern cert approve ${host}:${port}\`; else do not use this server.`,
    },
  )
}

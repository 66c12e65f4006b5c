import { X509Certificate } from 'node:crypto'
import { checkServerIdentity, type TLSSocket } from 'node:tls'
import { readableAltNames, readableName } from './fingerprint.ts'
import { asciiHost } from './handshake.ts'
import type { Peer } from './peer.ts'
import { isVouchedFor, type Trust } from './trust.ts'

const MAX_CHAIN = 10 // what a person looks through, and more than any real chain has

/** What a server showed of itself, and what this machine thinks of it. */
export interface ShownCertificate {
  readonly certificate: X509Certificate
  /** The server's own first, then its issuers as far as they are known. */
  readonly chain: readonly X509Certificate[]
  /** Every reason why it is not trusted, the gravest first; empty when it is trusted. */
  readonly problems: readonly CertificateProblem[]
}

/** A reason not to trust a certificate. */
export interface CertificateProblem {
  readonly kind: 'untrusted' | 'expired' | 'not-yet-valid' | 'wrong-name'
  /** As a clause of a sentence: `its certificate is self-signed`. */
  readonly says: string
}

/** Reads the certificate of a connection whose handshake is done; undefined when the server showed none. */
export function shownBy(tls: TLSSocket, peer: Peer, trust: Trust): ShownCertificate | undefined {
  const raw = tls.getPeerCertificate(true)
  if (!raw?.raw) return undefined
  const chain: X509Certificate[] = []
  const seen = new Set<string>()
  for (let next = raw; next?.raw && !seen.has(next.fingerprint256); next = next.issuerCertificate) {
    if (seen.size === MAX_CHAIN) break
    seen.add(next.fingerprint256)
    chain.push(new X509Certificate(next.raw))
  }
  const certificate = new X509Certificate(raw.raw)
  if (tls.authorized) return { certificate, chain, problems: [] }
  const problems = [
    ...trustProblems(chain, certificate, trust),
    ...dateProblems(certificate),
    ...(checkServerIdentity(asciiHost(peer), raw) ? [wrongName(certificate, peer.host)] : []),
  ]
  return {
    certificate,
    chain,
    problems: problems.length > 0 ? problems : [otherProblem(codeOf(tls.authorizationError))],
  }
}

/** When a certificate is valid, in ms since the epoch. A date that cannot be read counts as long ago. */
export function lifeOf({ validFrom, validTo }: X509Certificate): { readonly fromMs: number; readonly toMs: number } {
  return { fromMs: Date.parse(validFrom) || 0, toMs: Date.parse(validTo) || 0 }
}

// OpenSSL names one problem of several, and of a forged certificate that is expired it names the date: a person who may
// approve it is told all of them.
function trustProblems(
  chain: readonly X509Certificate[],
  certificate: X509Certificate,
  trust: Trust,
): readonly CertificateProblem[] {
  if (isVouchedFor(chain, trust)) return []
  if (certificate.verify(certificate.publicKey)) return [{ kind: 'untrusted', says: 'its certificate is self-signed' }]
  const issuer = readableName(certificate.issuer)
  return [
    {
      kind: 'untrusted',
      says: `its certificate says it is from ${issuer}, but nobody this machine trusts vouches for it`,
    },
  ]
}

function dateProblems(certificate: X509Certificate): readonly CertificateProblem[] {
  const { fromMs, toMs } = lifeOf(certificate)
  const now = Date.now()
  if (now > toMs) return [{ kind: 'expired', says: `its certificate is expired since ${isoOf(toMs)}` }]
  if (now < fromMs) return [{ kind: 'not-yet-valid', says: `its certificate is not valid before ${isoOf(fromMs)}` }]
  return []
}

function wrongName(certificate: X509Certificate, host: string): CertificateProblem {
  return { kind: 'wrong-name', says: `its certificate is for ${readableAltNames(certificate)}, not for ${host}` }
}

function otherProblem(code: string): CertificateProblem {
  if (code === 'CERT_HAS_EXPIRED') return { kind: 'expired', says: 'a certificate above its own is expired' }
  if (code === 'CERT_NOT_YET_VALID') {
    return { kind: 'not-yet-valid', says: 'a certificate above its own is not valid yet' }
  }
  return { kind: 'untrusted', says: `its certificate was not accepted (${code})` }
}

function isoOf(timeMs: number): string {
  return new Date(timeMs).toISOString().replace('.000Z', 'Z')
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error)
}

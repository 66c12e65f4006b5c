import { X509Certificate } from 'node:crypto'
import { checkServerIdentity, type TLSSocket } from 'node:tls'
import { readableAltNames, readableName } from './fingerprint.ts'
import type { Peer } from './peer.ts'

const MAX_CHAIN = 10 // what a person looks through, and more than any real chain has

/** What a server showed of itself, and what this machine thinks of it. */
export interface ShownCertificate {
  readonly certificate: X509Certificate
  /** The server's own first, then its issuers as far as they are known. */
  readonly chain: readonly X509Certificate[]
  /** Why it is not trusted; empty when it is. The first is what the handshake would have failed for. */
  readonly problems: readonly CertificateProblem[]
}

/** A reason not to trust a certificate. */
export interface CertificateProblem {
  readonly kind: 'untrusted' | 'expired' | 'not-yet-valid' | 'wrong-name'
  /** As a clause of a sentence: `its certificate is self-signed`. */
  readonly says: string
}

/** Reads the certificate of a connection whose handshake is done; undefined when the server showed none. */
export function shownBy(tls: TLSSocket, peer: Peer): ShownCertificate | undefined {
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
  const isForHost = checkServerIdentity(peer.host, raw) === undefined
  const code = codeOf(tls.authorizationError)
  return { certificate, chain, problems: problemsOf(code, certificate, isForHost ? undefined : peer.host) }
}

/** When a certificate is valid, in ms since the epoch. A date that cannot be read counts as long ago. */
export function lifeOf({ validFrom, validTo }: X509Certificate): { readonly fromMs: number; readonly toMs: number } {
  return { fromMs: Date.parse(validFrom) || 0, toMs: Date.parse(validTo) || 0 }
}

// The handshake names one problem; a person who may approve the certificate is told all of them.
function problemsOf(
  code: string,
  certificate: X509Certificate,
  wrongHost: string | undefined,
): readonly CertificateProblem[] {
  const now = Date.now()
  const problems: CertificateProblem[] = []
  if (code !== 'ERR_TLS_CERT_ALTNAME_INVALID') problems.push(problemOf(code, certificate, now))
  const { fromMs, toMs } = lifeOf(certificate)
  const isTold = (kind: CertificateProblem['kind']) => problems.some(problem => problem.kind === kind)
  if (!isTold('expired') && toMs < now) problems.push(expired(certificate))
  if (!isTold('not-yet-valid') && fromMs > now) problems.push(notYetValid(certificate))
  if (wrongHost !== undefined) {
    const says = `its certificate is for ${readableAltNames(certificate)}, not for ${wrongHost}`
    problems.push({ kind: 'wrong-name', says })
  }
  return problems
}

function problemOf(code: string, certificate: X509Certificate, now: number): CertificateProblem {
  switch (code) {
    case 'CERT_HAS_EXPIRED':
      if (lifeOf(certificate).toMs < now) return expired(certificate)
      return { kind: 'expired', says: 'a certificate above its own has expired' }
    case 'CERT_NOT_YET_VALID':
      if (lifeOf(certificate).fromMs > now) return notYetValid(certificate)
      return { kind: 'not-yet-valid', says: 'a certificate above its own is not valid yet' }
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
      return { kind: 'untrusted', says: 'its certificate is self-signed' }
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
      return {
        kind: 'untrusted',
        says: `its certificate was issued by ${readableName(certificate.issuer)}, whom this machine does not trust`,
      }
    default:
      return { kind: 'untrusted', says: `its certificate was not accepted (${code})` }
  }
}

function expired(certificate: X509Certificate): CertificateProblem {
  return { kind: 'expired', says: `its certificate is expired since ${isoOf(lifeOf(certificate).toMs)}` }
}

function notYetValid(certificate: X509Certificate): CertificateProblem {
  return { kind: 'not-yet-valid', says: `its certificate is not valid before ${isoOf(lifeOf(certificate).fromMs)}` }
}

function isoOf(timeMs: number): string {
  return new Date(timeMs).toISOString().replace('.000Z', 'Z')
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error)
}

import { createHash, type X509Certificate } from 'node:crypto'

/** The SHA-256 of a certificate's public key (SPKI), in lower-case hex: what an approval is pinned to. */
export function publicKeyFingerprint(certificate: X509Certificate): string {
  const spki = certificate.publicKey.export({ type: 'spki', format: 'der' })
  return createHash('sha256').update(spki).digest('hex')
}

/** The SHA-256 of the whole certificate, in lower-case hex. */
export function certificateFingerprint(certificate: X509Certificate): string {
  return createHash('sha256').update(certificate.raw).digest('hex')
}

/** Writes a fingerprint as people compare it: pairs of capitals with colons. */
export function readableFingerprint(hex: string): string {
  return (hex.toUpperCase().match(/../g) ?? []).join(':')
}

/** Writes a distinguished name on one line. */
export function readableName(name: string): string {
  return name.split('\n').join(', ')
}

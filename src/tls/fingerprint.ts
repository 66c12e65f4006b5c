import { createHash, type X509Certificate } from 'node:crypto'

const MAX_SHOWN = 300 // a certificate may name thousands of hosts; an error message is read by people
const UNSHOWABLE = /[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

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

/** Writes what a certificate says of itself on one short line, without what could steer a terminal. */
export function readableName(name: string): string {
  const line = name.split('\n').join(', ').replace(UNSHOWABLE, '\u00b7')
  return line.length > MAX_SHOWN ? `${line.slice(0, MAX_SHOWN)}…` : line
}

/** Writes the hosts and addresses that a certificate is for. */
export function readableAltNames({ subjectAltName }: X509Certificate): string {
  if (subjectAltName === undefined) return 'no host at all'
  return readableName(subjectAltName.replace(/\b(?:DNS|IP Address):/g, ''))
}

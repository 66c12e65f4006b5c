import { X509Certificate } from 'node:crypto'
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls'

/** Whom a connection believes. */
export interface Trust {
  readonly context: SecureContext
  /** PEM, one certificate each. */
  readonly roots: readonly string[]
}

let system: Trust | undefined

/** Trusts what this machine does: Node's roots, the system's, and NODE_EXTRA_CA_CERTS. Read once, since it takes long. */
export function systemTrust(): Trust {
  system ??= trustRoots([...new Set([...getCACertificates('default'), ...getCACertificates('system')])])
  return system
}

/** Trusts these roots, by TLS 1.2 or newer. */
export function trustRoots(roots: readonly string[]): Trust {
  return { roots, context: createSecureContext({ ca: [...roots], minVersion: 'TLSv1.2' }) }
}

/** Tells whether a chain, the server's certificate first, leads by valid signatures to a trusted root. Ignores dates. */
export function isVouchedFor(chain: readonly X509Certificate[], { roots }: Trust): boolean {
  const top = chain.at(-1)
  if (!top) return false
  const isSigned = chain.every((certificate, depth) => isSignedBy(certificate, chain[depth + 1]))
  return isSigned && roots.some(root => new X509Certificate(root).fingerprint256 === top.fingerprint256)
}

function isSignedBy(certificate: X509Certificate, issuer: X509Certificate | undefined): boolean {
  if (issuer === undefined) return true // the top: the roots decide on it
  try {
    return issuer.ca && certificate.verify(issuer.publicKey)
  } catch {
    return false // a key of a kind that OpenSSL cannot read has signed nothing that counts
  }
}

import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto'

/** A certificate with its private key. */
export interface Identity {
  readonly certificate: X509Certificate
  readonly key: KeyObject
}

/** Writes an identity as one PEM text: the key, the certificate, and those of the chain above it. */
export function identityToPem({ certificate, key }: Identity, chain: readonly X509Certificate[] = []): string {
  return [keyToPem(key), certificate.toString(), ...chain.map(String)].join('')
}

/** Writes a private key as PKCS#8 PEM. */
export function keyToPem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString()
}

/** Reads the first certificate of a PEM text; undefined when there is none. */
export function parseCertificate(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem)
  } catch {
    return undefined // not PEM, or cut off: the caller says so
  }
}

/** Reads an identity from PEM; undefined when it holds no key with its certificate. */
export function parseIdentity(pem: string): Identity | undefined {
  try {
    const certificate = new X509Certificate(pem)
    const key = createPrivateKey(pem)
    const own = createPublicKey(key).export({ type: 'spki', format: 'der' })
    return own.equals(certificate.publicKey.export({ type: 'spki', format: 'der' })) ? { certificate, key } : undefined
  } catch {
    return undefined // not PEM, or cut off: the caller makes or asks for a new one
  }
}

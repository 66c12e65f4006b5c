import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { createSecureContext } from 'node:tls'
import forge from 'node-forge'
import { assertIdentity, type ClientIdentity, invalidIdentity } from './client-identity.ts'

/** The largest PKCS#12 file that is read, in octets: a key and a chain take a tenth of it. */
export const MAX_PKCS12_OCTETS = 131_072
const WRONG_PASSWORD = /mac verify failure|invalid password/i

/**
 * Takes a certificate with its key and chain out of a PKCS#12 file (RFC 7292), of old programs as well, whose ciphers
 * OpenSSL refuses.
 *
 * @throws {PosternError} TLS_CLIENT_CERTIFICATE_INVALID
 */
export function readPkcs12(file: Buffer, password: string): ClientIdentity {
  if (file.length > MAX_PKCS12_OCTETS) throw invalidIdentity(`the file is larger than ${MAX_PKCS12_OCTETS} octets`)
  const { keys, certificates } = contentOf(parse(file, password))
  for (const key of keys) {
    const own = certificates.find(certificate => certificate.checkPrivateKey(key))
    if (own) return identityOf(key, chainFrom(own, certificates))
  }
  throw invalidIdentity(keys.length === 0 ? 'the file has no key' : 'the file has no certificate for its key')
}

function parse(file: Buffer, password: string): forge.pkcs12.Pkcs12Pfx {
  const isVerified = verifies(file, password)
  let failure: unknown
  // PBES2 takes a password as UTF-8 (RFC 8018), the older ciphers as UTF-16: forge gives each what it is given.
  for (const candidate of new Set([Buffer.from(password).toString('latin1'), password])) {
    try {
      const asn1 = forge.asn1.fromDer(file.toString('latin1'))
      // OpenSSL has checked the MAC; forge could not with the password in UTF-8.
      if (isVerified && Array.isArray(asn1.value)) asn1.value.splice(2)
      return forge.pkcs12.pkcs12FromAsn1(asn1, false, candidate)
    } catch (cause) {
      failure = cause
    }
  }
  const says = failure instanceof Error ? failure.message : String(failure)
  throw invalidIdentity(WRONG_PASSWORD.test(says) ? 'its password is another one' : `it is no PKCS#12 file (${says})`)
}

function verifies(pfx: Buffer, passphrase: string): boolean {
  try {
    createSecureContext({ pfx, passphrase })
    return true
  } catch (cause) {
    if (cause instanceof Error && WRONG_PASSWORD.test(cause.message))
      throw invalidIdentity('its password is another one')
    return false // an old cipher, or no such file: forge tells
  }
}

function contentOf(file: forge.pkcs12.Pkcs12Pfx) {
  const { certBag, keyBag, pkcs8ShroudedKeyBag } = forge.pki.oids
  const bags = (type = '') => file.getBags({ bagType: type })[type] ?? []
  // forge reads RSA alone; of other kinds it gives what stands in the file.
  const certificates = bags(certBag).map(({ cert, asn1 }) => derOf(cert ? forge.pki.certificateToAsn1(cert) : asn1))
  const keys = [...bags(keyBag), ...bags(pkcs8ShroudedKeyBag)].map(({ key, asn1 }) =>
    key ? pemKey(forge.pki.privateKeyToPem(key)) : derKey(derOf(asn1)),
  )
  try {
    return { certificates: certificates.map(der => new X509Certificate(der)), keys: keys.map(make => make()) }
  } catch (cause) {
    throw invalidIdentity(cause instanceof Error ? cause.message : String(cause), cause)
  }
}

const pemKey = (pem: string) => (): KeyObject => createPrivateKey(pem)
const derKey = (der: Buffer) => (): KeyObject => createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })

function derOf(asn1: forge.asn1.Asn1): Buffer {
  return Buffer.from(forge.asn1.toDer(asn1).getBytes(), 'latin1')
}

function chainFrom(own: X509Certificate, certificates: readonly X509Certificate[]): readonly X509Certificate[] {
  const chain = [own]
  for (let last: X509Certificate | undefined = own; last; ) {
    const issuer: X509Certificate | undefined = certificates.find(
      each => !chain.includes(each) && last?.checkIssued(each),
    )
    if (issuer) chain.push(issuer)
    last = issuer
  }
  return chain
}

function identityOf(key: KeyObject, chain: readonly X509Certificate[]): ClientIdentity {
  const identity = {
    certificates: chain.map(String).join(''),
    key: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
  assertIdentity(identity)
  return identity
}

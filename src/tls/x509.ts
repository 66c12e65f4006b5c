import {
  constants,
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  type KeyObject,
  privateEncrypt,
  randomBytes,
  X509Certificate,
} from 'node:crypto'
import { isIP } from 'node:net'
import { promisify } from 'node:util'
import forge from 'node-forge'

const RSA_BITS = 2048
const DAY_MS = 86_400_000
const BACKDATE_MS = 3_600_000 // clocks of one machine agree; a set-back clock must not make a new certificate invalid

// RFC 8017 section 9.2: the DigestInfo that stands before a SHA-256 hash.
const SHA256_PREFIX = Buffer.from('3031300d060960864801650304020105000420', 'hex')
const NAME_CONSTRAINTS = '2.5.29.30' // RFC 5280 section 4.2.1.10
const DNS_NAME = 2
const IP_ADDRESS = 7

const generate = promisify(generateKeyPair)

/** A certificate with its private key. */
export interface Identity {
  readonly certificate: X509Certificate
  readonly key: KeyObject
}

/** What a new certificate is to be. */
export interface CertificateRequest {
  readonly commonName: string
  readonly lifetimeDays: number
  readonly now: number
  /** DNS names and IP addresses; none for a CA. */
  readonly names: readonly string[]
  /** Who signs; undefined for a CA, which signs itself. */
  readonly issuer: Identity | undefined
}

/** Makes an RSA key and a certificate for it. The key is made off the main thread. */
export async function makeIdentity(request: CertificateRequest): Promise<Identity> {
  const { privateKey, publicKey } = await generate('rsa', { modulusLength: RSA_BITS })
  const certificate = forge.pki.createCertificate()
  certificate.publicKey = forge.pki.publicKeyFromPem(publicKey.export({ type: 'spki', format: 'pem' }).toString())
  certificate.serialNumber = `00${randomBytes(16).toString('hex')}`
  certificate.validity.notBefore = new Date(request.now - BACKDATE_MS)
  certificate.validity.notAfter = new Date(request.now + request.lifetimeDays * DAY_MS)
  const subject = [
    { name: 'organizationName', value: 'Postern' },
    { name: 'commonName', value: request.commonName },
  ]
  certificate.setSubject(subject)
  certificate.setIssuer(request.issuer ? issuerAttributes(request.issuer) : subject)
  certificate.setExtensions(request.issuer ? leafExtensions(request) : caExtensions())
  sign(certificate, request.issuer?.key ?? privateKey)
  return { certificate: new X509Certificate(forge.pki.certificateToPem(certificate)), key: privateKey }
}

function issuerAttributes(issuer: Identity): forge.pki.CertificateField[] {
  return forge.pki.certificateFromPem(issuer.certificate.toString()).subject.attributes
}

function caExtensions(): object[] {
  return [
    { name: 'basicConstraints', cA: true, pathLenConstraint: 0, critical: true },
    { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    { name: 'extKeyUsage', serverAuth: true },
    { name: 'subjectKeyIdentifier' },
    { id: NAME_CONSTRAINTS, critical: true, value: nameConstraints() },
  ]
}

function leafExtensions({ names, issuer }: CertificateRequest): object[] {
  const keyIdentifier = issuer
    ? forge.pki.certificateFromPem(issuer.certificate.toString()).generateSubjectKeyIdentifier().getBytes()
    : true
  return [
    { name: 'basicConstraints', cA: false, critical: true },
    { name: 'keyUsage', digitalSignature: true, keyEncipherment: true, critical: true },
    { name: 'extKeyUsage', serverAuth: true },
    { name: 'subjectKeyIdentifier' },
    { name: 'authorityKeyIdentifier', keyIdentifier },
    {
      name: 'subjectAltName',
      altNames: names.map(name => (isIP(name) ? { type: IP_ADDRESS, ip: name } : { type: DNS_NAME, value: name })),
    },
  ]
}

/** RFC 5280 section 4.2.1.10: what the CA may sign for. forge knows no such extension. */
function nameConstraints(): string {
  const { Class, Type, create, toDer } = forge.asn1
  const base = (type: number, octets: string) =>
    create(Class.UNIVERSAL, Type.SEQUENCE, true, [create(Class.CONTEXT_SPECIFIC, type, false, octets)])
  const permitted = create(Class.CONTEXT_SPECIFIC, 0, true, [
    base(DNS_NAME, 'localhost'),
    base(IP_ADDRESS, '\x7f\x00\x00\x00\xff\x00\x00\x00'),
    base(IP_ADDRESS, `${'\x00'.repeat(15)}\x01${'\xff'.repeat(16)}`),
  ])
  return toDer(create(Class.UNIVERSAL, Type.SEQUENCE, true, [permitted])).getBytes()
}

/** Signs with node:crypto: forge's own RSA is slow JavaScript, and the key stays out of it. */
function sign(certificate: forge.pki.Certificate, key: KeyObject): void {
  const signer = {
    sign: (digest: forge.md.MessageDigest) => {
      const hash = Buffer.from(digest.digest().getBytes(), 'latin1')
      const padded = { key, padding: constants.RSA_PKCS1_PADDING }
      return privateEncrypt(padded, Buffer.concat([SHA256_PREFIX, hash])).toString('latin1')
    },
  }
  // forge calls nothing of the key but `sign`.
  certificate.sign(signer as unknown as forge.pki.rsa.PrivateKey, forge.md.sha256.create())
}

/** Writes an identity as one PEM text: the key, the certificate, and those of the chain above it. */
export function identityToPem({ certificate, key }: Identity, chain: readonly X509Certificate[] = []): string {
  return [keyToPem(key), certificate.toString(), ...chain.map(String)].join('')
}

/** Writes a private key as PKCS#8 PEM. */
export function keyToPem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString()
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

/** Packs an identity into PKCS#12 (RFC 7292) with AES-256. */
export function identityToPkcs12(identity: Identity, chain: readonly X509Certificate[], password: string): Buffer {
  const certificates = [identity.certificate, ...chain].map(each => forge.pki.certificateFromPem(each.toString()))
  const key = forge.pki.privateKeyFromPem(identity.key.export({ type: 'pkcs1', format: 'pem' }).toString())
  const asn1 = forge.pkcs12.toPkcs12Asn1(key, certificates, password, { algorithm: 'aes256', friendlyName: 'Postern' })
  return Buffer.from(forge.asn1.toDer(asn1).getBytes(), 'latin1')
}

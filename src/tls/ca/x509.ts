import { generateKeyPair, type KeyObject, randomBytes, sign, X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { promisify } from 'node:util'
import forge from 'node-forge'
import type { Identity } from './identity.ts'

const RSA_BITS = 2048
const DAY_MS = 86_400_000
const BACKDATE_MS = 3_600_000 // clocks of one machine agree; a set-back clock must not make a new certificate invalid

const SERIAL_OCTETS = 16 // RFC 5280 section 4.1.2.2 allows 20
const NAME_CONSTRAINTS = '2.5.29.30' // RFC 5280 section 4.2.1.10
const DNS_NAME = 2
const IP_ADDRESS = 7

// Documented by forge, and missing in its types.
const pki = forge.pki as typeof forge.pki & { getTBSCertificate(of: forge.pki.Certificate): forge.asn1.Asn1 }

const generate = promisify(generateKeyPair)

/** What a new certificate is to be. */
export interface CertificateRequest {
  readonly commonName: string
  readonly lifetimeDays: number
  /** Milliseconds since the epoch. */
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
  certificate.serialNumber = newSerialNumber()
  certificate.validity = lifeOf(request)
  const subject = [
    { name: 'organizationName', value: 'Postern' },
    { name: 'commonName', value: request.commonName },
  ]
  certificate.setSubject(subject)
  certificate.setIssuer(request.issuer ? issuerAttributes(request.issuer) : subject)
  certificate.setExtensions(request.issuer ? leafExtensions(request) : caExtensions())
  signWith(request.issuer?.key ?? privateKey, certificate)
  return { certificate: new X509Certificate(forge.pki.certificateToPem(certificate)), key: privateKey }
}

// Neither zero nor negative first: DER writes such an integer with another length, which strict parsers check.
function newSerialNumber(): string {
  const octets = randomBytes(SERIAL_OCTETS)
  octets[0] = 0x40 | ((octets[0] ?? 0) & 0x3f)
  return octets.toString('hex')
}

function lifeOf({ now, lifetimeDays, issuer }: CertificateRequest): { notBefore: Date; notAfter: Date } {
  const from = now - BACKDATE_MS
  const to = from + lifetimeDays * DAY_MS
  const issuerTo = issuer ? Date.parse(issuer.certificate.validTo) : to
  return { notBefore: new Date(from), notAfter: new Date(Math.min(to, issuerTo)) }
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

/** Signs with node:crypto: forge's own RSA is slow JavaScript on the main thread, and so the key stays out of it. */
function signWith(key: KeyObject, certificate: forge.pki.Certificate): void {
  const algorithm = forge.pki.oids.sha256WithRSAEncryption ?? ''
  certificate.signatureOid = algorithm
  certificate.siginfo.algorithmOid = algorithm
  const tbsCertificate = pki.getTBSCertificate(certificate)
  certificate.tbsCertificate = tbsCertificate
  const octets = Buffer.from(forge.asn1.toDer(tbsCertificate).getBytes(), 'latin1')
  certificate.signature = sign('sha256', octets, key).toString('latin1')
}

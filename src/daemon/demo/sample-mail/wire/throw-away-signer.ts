import { checkPrimeSync, createPrivateKey } from 'node:crypto'
import forge from 'node-forge'
import type { SeededRandom } from './seeded-random.ts'

const PRIME_OCTETS = 128 // of two primes: RSA with 2048 bits
const PUBLIC_EXPONENT = 65_537n
const DAY_MS = 86_400_000

/** Whose signature it is to look like. */
export interface SignerRequest {
  readonly name: string
  readonly address: string
  /** When the certificate begins; it is good for five years. */
  readonly fromMs: number
  readonly random: SeededRandom
}

/**
 * Signs messages with a key that anybody can make from the seed, and a certificate that it has signed itself: for show, and
 * worth nothing.
 */
export class ThrowAwaySigner {
  readonly #key: forge.pki.rsa.PrivateKey
  readonly #certificate: forge.pki.Certificate

  constructor(request: SignerRequest) {
    this.#key = forge.pki.privateKeyFromPem(makeKeyPem(request.random)) as forge.pki.rsa.PrivateKey // it is RSA
    this.#certificate = makeCertificate(this.#key, request)
  }

  /** The certificate as PEM. */
  get certificatePem(): string {
    return forge.pki.certificateToPem(this.#certificate)
  }

  /** Makes a detached signature (RFC 5652 section 5) as DER. */
  sign(octets: Buffer, atMs: number): Buffer {
    const signed = forge.pkcs7.createSignedData()
    signed.content = forge.util.createBuffer(octets.toString('latin1'))
    signed.addCertificate(this.#certificate)
    const { contentType, data, messageDigest, signingTime, sha256 } = forge.pki.oids as Record<string, string> // by name
    signed.addSigner({
      key: this.#key,
      certificate: this.#certificate,
      digestAlgorithm: sha256 ?? '',
      authenticatedAttributes: [
        { type: contentType ?? '', value: data ?? '' },
        { type: messageDigest ?? '' },
        { type: signingTime ?? '', value: new Date(atMs) as unknown as string }, // forge takes a Date, its types do not
      ],
    })
    signed.sign({ detached: true })
    return Buffer.from(forge.asn1.toDer(signed.toAsn1()).getBytes(), 'latin1')
  }
}

function makeCertificate(key: forge.pki.rsa.PrivateKey, { name, address, fromMs, random }: SignerRequest) {
  const certificate = forge.pki.createCertificate()
  certificate.publicKey = forge.pki.setRsaPublicKey(key.n, key.e)
  certificate.serialNumber = `40${random.derive('serial').hex(30)}` // positive, and no zero first
  certificate.validity = { notBefore: wholeSecond(fromMs), notAfter: wholeSecond(fromMs + 5 * 365 * DAY_MS) }
  const subject = [
    { name: 'organizationName', value: 'Invented for a demonstration' },
    { name: 'commonName', value: name },
  ]
  certificate.setSubject(subject)
  certificate.setIssuer(subject)
  certificate.setExtensions([
    { name: 'basicConstraints', cA: false, critical: true },
    { name: 'keyUsage', digitalSignature: true, nonRepudiation: true, critical: true },
    { name: 'extKeyUsage', emailProtection: true },
    { name: 'subjectAltName', altNames: [{ type: 1, value: address }] },
    { name: 'subjectKeyIdentifier' },
  ])
  certificate.sign(key, forge.md.sha256.create())
  return certificate
}

function makeKeyPem(random: SeededRandom): string {
  const [p, q] = [makePrime(random.derive('p')), makePrime(random.derive('q'))]
  const d = inverse(PUBLIC_EXPONENT, (p - 1n) * (q - 1n))
  const numbers = { n: p * q, e: PUBLIC_EXPONENT, d, p, q, dp: d % (p - 1n), dq: d % (q - 1n), qi: inverse(q, p) }
  const jwk = Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, base64Url(value)]))
  return createPrivateKey({ key: { kty: 'RSA', ...jwk }, format: 'jwk' })
    .export({ type: 'pkcs1', format: 'pem' })
    .toString()
}

function makePrime(random: SeededRandom): bigint {
  const octets = random.octets(PRIME_OCTETS)
  octets[0] = (octets[0] ?? 0) | 0xc0 // the product has all of its bits
  let candidate = BigInt(`0x${octets.toString('hex')}`) | 1n
  while (candidate % PUBLIC_EXPONENT === 1n || !checkPrimeSync(candidate)) candidate += 2n
  return candidate
}

function inverse(value: bigint, modulus: bigint): bigint {
  let [low, high] = [modulus, value % modulus]
  let [before, result] = [0n, 1n]
  while (high > 1n) {
    const quotient = low / high
    ;[low, high] = [high, low - quotient * high]
    ;[before, result] = [result, before - quotient * result]
  }
  return ((result % modulus) + modulus) % modulus
}

function base64Url(value: bigint): string {
  const hex = value.toString(16)
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex').toString('base64url')
}

function wholeSecond(ms: number): Date {
  return new Date(Math.trunc(ms / 1000) * 1000)
}

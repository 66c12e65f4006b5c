import type { X509Certificate } from 'node:crypto'
import { chmod, mkdir, readdir } from 'node:fs/promises'
import { isIP } from 'node:net'
import { join } from 'node:path'
import { readIfPresent, replaceFile } from '../../config/private-file.ts'
import { PosternError } from '../../errors.ts'
import type { TlsErrorCode } from '../errors.ts'
import { type Identity, identityToPem, keyToPem, parseCertificate, parseIdentity } from './identity.ts'

const CA_LIFETIME_DAYS = 3652 // ten years
const LEAF_LIFETIME_DAYS = 397 // what platforms accept at most
const RENEW_AT = 2 / 3 // of the leaf's life
const CA_NAME = 'Postern local CA'
const PUBLIC = 0o644
const PRIVATE = 0o600
const PRIVATE_DIR = 0o700
/** What the fronts' certificate is for. */
export const LEAF_NAMES = ['localhost', '127.0.0.1', '::1'] as const

/** The fronts' certificate, and the CA that signed it. */
export interface SignedLeaf {
  readonly leaf: Identity
  readonly authority: Identity
}

/** What was issued by hand, and where it lies. */
export interface Issued {
  readonly certFile: string
  readonly keyFile: string
  readonly identity: Identity
}

/** One of our own certificates; without `certificate`, the file is damaged. */
export interface OwnCertificate {
  readonly kind: 'ca' | 'leaf' | 'issued'
  readonly file: string
  readonly certificate: X509Certificate | undefined
}

/**
 * Our own certificate authority, bound to loopback names, and the certificate of the fronts.
 *
 * The file with the key holds the certificate as well and is the only one that is read: a crash can never leave a key
 * beside another key's certificate. The public files are copies for other programs, made again when they differ.
 */
export class LocalCa {
  readonly #certsDir: string
  readonly #clock: () => number

  constructor(certsDir: string, clock: () => number) {
    this.#certsDir = certsDir
    this.#clock = clock
  }

  /** The CA's public certificate, for trust stores. */
  get certificateFile(): string {
    return this.#path('ca.pem')
  }

  /**
   * Reads the CA, or makes it at first use and when its ten years are over.
   *
   * @throws {PosternError} TLS_CA_UNREADABLE when the file is there and is damaged: a new CA would have to be installed
   * everywhere, so nobody but the user replaces it.
   */
  async authority(): Promise<Identity> {
    const file = this.#path('ca-key.pem')
    const pem = await readIfPresent(file)
    if (pem === undefined) return this.renewAuthority()
    const authority = parseIdentity(pem)
    if (!authority) throw unreadable(file)
    if (this.#clock() > Date.parse(authority.certificate.validTo)) return this.renewAuthority()
    await chmod(file, PRIVATE) // a restored backup may have opened it to others
    await publish(this.certificateFile, authority.certificate.toString())
    return authority
  }

  /** Makes a new CA in place of the old one; programs that trust the old one must then be told of it. */
  async renewAuthority(): Promise<Identity> {
    await mkdir(this.#certsDir, { recursive: true, mode: PRIVATE_DIR })
    await chmod(this.#certsDir, PRIVATE_DIR)
    const authority = await (await forgery()).makeIdentity({
      commonName: CA_NAME,
      lifetimeDays: CA_LIFETIME_DAYS,
      now: this.#clock(),
      names: [],
      issuer: undefined,
    })
    await replaceFile(this.#path('ca-key.pem'), identityToPem(authority), PRIVATE)
    await publish(this.certificateFile, authority.certificate.toString())
    return authority
  }

  /**
   * Reads the fronts' certificate, or makes it when it is absent, damaged, due, or of another CA.
   *
   * @throws {PosternError} TLS_CA_UNREADABLE
   */
  async leaf(): Promise<SignedLeaf> {
    const authority = await this.authority()
    const leaf = (await this.#currentLeaf(authority)) ?? (await this.#makeLeaf(authority))
    await publish(this.#path('leaf.pem'), `${leaf.certificate}${authority.certificate}`)
    return { leaf, authority }
  }

  /**
   * Issues a certificate for loopback names into files of its own.
   *
   * @throws {PosternError} TLS_NAME_NOT_ALLOWED, TLS_CA_UNREADABLE
   */
  async issue(names: readonly [string, ...string[]]): Promise<Issued> {
    const lowered = names.map(name => name.toLowerCase())
    for (const name of lowered) assertAllowed(name)
    const authority = await this.authority()
    const identity = await this.#make(lowered, authority)
    const base = this.#path(join('issued', lowered[0]?.replaceAll(':', '_') ?? ''))
    const [certFile, keyFile] = [`${base}.pem`, `${base}-key.pem`]
    await replaceFile(keyFile, keyToPem(identity.key), PRIVATE)
    await replaceFile(certFile, `${identity.certificate}${authority.certificate}`, PUBLIC)
    return { certFile, keyFile, identity }
  }

  /** Lists what there is: the CA, the fronts' certificate, and what was issued by hand. Makes nothing. */
  async list(): Promise<readonly OwnCertificate[]> {
    const issued = (await namesIn(this.#path('issued'))).filter(isCertificateFile)
    const found = await Promise.all([
      this.#find('ca', 'ca.pem'),
      this.#find('leaf', 'leaf.pem'),
      ...issued.map(name => this.#find('issued', join('issued', name))),
    ])
    return found.filter(each => each !== undefined)
  }

  async #find(kind: OwnCertificate['kind'], name: string): Promise<OwnCertificate | undefined> {
    const pem = await readIfPresent(this.#path(name))
    return pem === undefined ? undefined : { kind, file: this.#path(name), certificate: parseCertificate(pem) }
  }

  async #currentLeaf(authority: Identity): Promise<Identity | undefined> {
    const file = this.#path('leaf-key.pem')
    const leaf = parseIdentity((await readIfPresent(file)) ?? '')
    if (!leaf || this.#isDue(leaf) || !isOf(leaf, authority)) return undefined
    await chmod(file, PRIVATE)
    return leaf
  }

  async #makeLeaf(authority: Identity): Promise<Identity> {
    const leaf = await this.#make(LEAF_NAMES, authority)
    await replaceFile(this.#path('leaf-key.pem'), identityToPem(leaf, [authority.certificate]), PRIVATE)
    return leaf
  }

  async #make(names: readonly string[], issuer: Identity): Promise<Identity> {
    const commonName = names[0] ?? ''
    return (await forgery()).makeIdentity({
      commonName,
      lifetimeDays: LEAF_LIFETIME_DAYS,
      now: this.#clock(),
      names,
      issuer,
    })
  }

  // A clock that was far ahead when the certificate was made left one that is not valid yet: that one is due, too.
  #isDue({ certificate }: Identity): boolean {
    const [from, to] = [Date.parse(certificate.validFrom), Date.parse(certificate.validTo)]
    const now = this.#clock()
    return now < from || now >= from + (to - from) * RENEW_AT
  }

  #path(name: string): string {
    return join(this.#certsDir, name)
  }
}

async function publish(file: string, pem: string): Promise<void> {
  if ((await readIfPresent(file)) !== pem) await replaceFile(file, pem, PUBLIC)
}

function isOf(leaf: Identity, authority: Identity): boolean {
  return leaf.certificate.checkIssued(authority.certificate) && leaf.certificate.verify(authority.certificate.publicKey)
}

function assertAllowed(name: string): void {
  const isLoopback = isIP(name) ? /^(?:127\.[\d.]+|::1)$/.test(name) : /^(?:[a-z0-9-]{1,63}\.)*localhost$/.test(name)
  if (isLoopback && name.length <= 253) return // RFC 1035 section 2.3.4, without the final dot
  throw new PosternError<TlsErrorCode>(
    'TLS_NAME_NOT_ALLOWED',
    `No certificate is issued for ${JSON.stringify(name)}: the CA is bound to localhost, 127.0.0.0/8 and ::1, and programs would refuse what it signs for other names.`,
    { remedy: 'user', advice: 'Name localhost, a name that ends in .localhost, 127.x.x.x or ::1.' },
  )
}

function isCertificateFile(name: string): boolean {
  return name.endsWith('.pem') && !name.endsWith('-key.pem')
}

async function namesIn(dir: string): Promise<string[]> {
  try {
    return (await readdir(dir)).sort()
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}

function unreadable(file: string): PosternError {
  return new PosternError<TlsErrorCode>('TLS_CA_UNREADABLE', `${file} holds no key with its certificate.`, {
    remedy: 'user',
    advice: 'Restore it from a backup, or make a new CA with `postern cert ca --renew` and install that one.',
  })
}

// The certificate library is large and needed once a year.
function forgery(): Promise<typeof import('./x509.ts')> {
  return import('./x509.ts')
}

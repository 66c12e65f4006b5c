import { X509Certificate } from 'node:crypto'
import { mkdir, readdir } from 'node:fs/promises'
import { isIP } from 'node:net'
import { join } from 'node:path'
import { readIfPresent, replaceFile } from '../config/private-file.ts'
import { PosternError } from '../errors.ts'
import type { TlsErrorCode } from './errors.ts'
import { type Identity, identityToPem, keyToPem, makeIdentity, parseIdentity } from './x509.ts'

const CA_LIFETIME_DAYS = 3652 // ten years
const LEAF_LIFETIME_DAYS = 397 // what platforms accept at most
const RENEW_AT = 2 / 3 // of the leaf's life
const CA_FILE = 'ca.pem'
const CA_KEY_FILE = 'ca-key.pem'
const LEAF_FILE = 'localhost.pem'
const ISSUED_DIR = 'issued'
const PUBLIC = 0o644
const PRIVATE = 0o600
/** What the fronts' certificate is for. */
export const LEAF_NAMES = ['localhost', '127.0.0.1', '::1'] as const

/** Our own certificate authority, bound to loopback names, and the certificate of the fronts. */
export class LocalCa {
  readonly #certsDir: string
  readonly #clock: () => number

  constructor(certsDir: string, clock: () => number) {
    this.#certsDir = certsDir
    this.#clock = clock
  }

  /** The public certificate, for trust stores. */
  get certificateFile(): string {
    return join(this.#certsDir, CA_FILE)
  }

  /**
   * Reads the CA, or makes it at first use.
   *
   * @throws {PosternError} TLS_CA_UNREADABLE when the file is there and is none.
   */
  async authority(): Promise<Identity> {
    const pem = await readIfPresent(this.#path(CA_KEY_FILE))
    if (pem === undefined) return this.renewAuthority()
    const authority = parseIdentity(pem)
    if (!authority) throw unreadable(this.#path(CA_KEY_FILE))
    // The public copy is made after the key's file: a crash may have come between.
    const published = await readIfPresent(this.certificateFile)
    if (published !== authority.certificate.toString()) {
      await replaceFile(this.certificateFile, authority.certificate.toString(), PUBLIC)
    }
    return authority
  }

  /** Makes a new CA in place of the old one, which clients that trust it must then be told. */
  async renewAuthority(): Promise<Identity> {
    await mkdir(this.#certsDir, { recursive: true, mode: 0o700 })
    const commonName = 'Postern local CA'
    const now = this.#clock()
    const authority = await makeIdentity({
      commonName,
      lifetimeDays: CA_LIFETIME_DAYS,
      now,
      names: [],
      issuer: undefined,
    })
    await replaceFile(this.#path(CA_KEY_FILE), identityToPem(authority), PRIVATE)
    await replaceFile(this.certificateFile, authority.certificate.toString(), PUBLIC)
    return authority
  }

  /** Reads the fronts' certificate, or makes it when it is absent, old, or of another CA. */
  async leaf(): Promise<{ readonly leaf: Identity; readonly authority: Identity }> {
    const authority = await this.authority()
    const current = parseIdentity((await readIfPresent(this.#path(LEAF_FILE))) ?? '')
    if (current && isOf(current, authority) && !this.#isDue(current)) return { leaf: current, authority }
    const leaf = await this.#make('localhost', LEAF_NAMES, authority)
    await replaceFile(this.#path(LEAF_FILE), identityToPem(leaf, [authority.certificate]), PRIVATE)
    return { leaf, authority }
  }

  /**
   * Issues a certificate for loopback names into files of its own.
   *
   * @throws {PosternError} TLS_NAME_NOT_ALLOWED
   */
  async issue(
    names: readonly string[],
  ): Promise<{ readonly certFile: string; readonly keyFile: string; readonly identity: Identity }> {
    for (const name of names) assertAllowed(name)
    const [first = 'localhost'] = names
    const authority = await this.authority()
    const identity = await this.#make(first, names, authority)
    const base = this.#path(join(ISSUED_DIR, first.replaceAll(':', '-')))
    const [certFile, keyFile] = [`${base}.pem`, `${base}-key.pem`]
    await replaceFile(keyFile, keyToPem(identity.key), PRIVATE)
    await replaceFile(certFile, `${identity.certificate}${authority.certificate}`, PUBLIC)
    return { certFile, keyFile, identity }
  }

  /** Lists what the CA has made: itself, the leaf, and what was issued by hand. */
  async list(): Promise<readonly { readonly kind: 'ca' | 'leaf' | 'issued'; readonly certificate: X509Certificate }[]> {
    const { leaf, authority } = await this.leaf()
    const issued: X509Certificate[] = []
    for (const name of await namesIn(this.#path(ISSUED_DIR))) {
      if (!name.endsWith('.pem') || name.endsWith('-key.pem')) continue
      issued.push(new X509Certificate((await readIfPresent(this.#path(join(ISSUED_DIR, name)))) ?? ''))
    }
    return [
      { kind: 'ca', certificate: authority.certificate },
      { kind: 'leaf', certificate: leaf.certificate },
      ...issued.map(certificate => ({ kind: 'issued' as const, certificate })),
    ]
  }

  #make(commonName: string, names: readonly string[], issuer: Identity): Promise<Identity> {
    return makeIdentity({ commonName, lifetimeDays: LEAF_LIFETIME_DAYS, now: this.#clock(), names, issuer })
  }

  // A clock that was set back far makes a certificate that is not valid yet: that one is due, too.
  #isDue({ certificate }: Identity): boolean {
    const [from, to] = [Date.parse(certificate.validFrom), Date.parse(certificate.validTo)]
    const now = this.#clock()
    return now < from || now >= from + (to - from) * RENEW_AT
  }

  #path(name: string): string {
    return join(this.#certsDir, name)
  }
}

function isOf(leaf: Identity, authority: Identity): boolean {
  return leaf.certificate.checkIssued(authority.certificate) && leaf.certificate.verify(authority.certificate.publicKey)
}

function assertAllowed(name: string): void {
  const isLoopback = isIP(name) ? /^127\.|^::1$/.test(name) : /^([a-z0-9-]+\.)*localhost$/i.test(name)
  if (isLoopback) return
  throw new PosternError<TlsErrorCode>(
    'TLS_NAME_NOT_ALLOWED',
    `No certificate is issued for ${name}: the CA is bound to localhost, 127.0.0.0/8 and ::1, and nobody would accept it.`,
    { remedy: 'user', advice: 'Name localhost, a name below it, or a loopback address.' },
  )
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

import { type FSWatcher, watch } from 'node:fs'
import { createSecureContext, type SecureContext } from 'node:tls'
import type { Logger } from '../../log/logger.ts'
import { certificateFingerprint } from '../fingerprint.ts'
import { keyToPem } from './identity.ts'
import { LocalCa } from './local-ca.ts'

// No key exchange against quantum computers, which OpenSSL 3.5 prefers and pays for: nothing here leaves the machine.
const LOOPBACK_GROUPS = 'X25519:P-256:P-384'
const CHECK_MS = 3_600_000 // against a life of 397 days, an hour late is nothing
const SETTLE_MS = 200 // the command line replaces four files in a row

/** Options of {@link openFrontCertificate}. */
export interface FrontCertificateOptions {
  readonly certsDir: string
  readonly clock: () => number
  readonly log: Logger
}

/** The certificate of the fronts. */
export interface FrontCertificate extends Disposable, AsyncDisposable {
  /** What new handshakes use: changes when the certificate is renewed. */
  current(): SecureContext
  /**
   * Looks now whether a new certificate is due, or was made by the command line.
   *
   * @throws {PosternError} TLS_CA_UNREADABLE; the certificate in use stays.
   */
  check(): Promise<void>
}

/**
 * Reads or makes CA and leaf, and renews the leaf in the background.
 *
 * @throws {PosternError} TLS_CA_UNREADABLE
 */
export async function openFrontCertificate(options: FrontCertificateOptions): Promise<FrontCertificate> {
  const ca = new LocalCa(options.certsDir, options.clock)
  const first = await load(ca)
  tell(options.log, first)
  return new RenewedCertificate(ca, first, options)
}

interface Loaded {
  readonly fingerprint: string
  readonly validTo: string
  readonly context: SecureContext
}

class RenewedCertificate implements FrontCertificate {
  readonly #ca: LocalCa
  readonly #log: Logger
  readonly #timer: NodeJS.Timeout
  readonly #watcher: FSWatcher | undefined
  #loaded: Loaded
  #running: Promise<void> = Promise.resolve()
  #settling: NodeJS.Timeout | undefined

  constructor(ca: LocalCa, loaded: Loaded, { certsDir, log }: FrontCertificateOptions) {
    this.#ca = ca
    this.#loaded = loaded
    this.#log = log
    this.#timer = setInterval(this.#checkInBackground, CHECK_MS).unref()
    this.#watcher = this.#watch(certsDir)
  }

  current(): SecureContext {
    return this.#loaded.context
  }

  // One after the other: two checks at once would make two certificates.
  check(): Promise<void> {
    const next = this.#running.then(() => this.#reload())
    this.#running = next.catch(() => undefined) // told to whoever asked for that check
    return next
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
    clearTimeout(this.#settling)
    this.#watcher?.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this[Symbol.dispose]()
    await this.#running
  }

  async #reload(): Promise<void> {
    const loaded = await load(this.#ca)
    if (loaded.fingerprint === this.#loaded.fingerprint) return
    this.#loaded = loaded
    tell(this.#log, loaded)
  }

  #checkInBackground = (): void => {
    this.check().catch((error: unknown) => {
      this.#log.error({ err: error }, 'the certificate of the fronts could not be renewed')
    })
  }

  // Without a watcher, changes are found by the hourly check.
  #watch(dir: string): FSWatcher | undefined {
    try {
      return watch(dir, { persistent: false }, this.#onChange).on('error', this.#unwatched)
    } catch (error) {
      this.#unwatched(error)
      return undefined
    }
  }

  #onChange = (): void => {
    clearTimeout(this.#settling)
    this.#settling = setTimeout(this.#checkInBackground, SETTLE_MS).unref()
  }

  #unwatched = (error: unknown): void => {
    this.#log.warn({ err: error }, 'changes of the certificates are found only once an hour')
  }
}

async function load(ca: LocalCa): Promise<Loaded> {
  const { leaf, authority } = await ca.leaf()
  return {
    fingerprint: certificateFingerprint(leaf.certificate),
    validTo: leaf.certificate.validTo,
    context: createSecureContext({
      key: keyToPem(leaf.key),
      cert: `${leaf.certificate}${authority.certificate}`,
      minVersion: 'TLSv1.2',
      ecdhCurve: LOOPBACK_GROUPS,
    }),
  }
}

function tell(log: Logger, { fingerprint, validTo }: Loaded): void {
  log.info({ fingerprint, validTo }, 'the certificate of the fronts is in use')
}

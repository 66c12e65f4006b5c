import { createSecureContext, type SecureContext } from 'node:tls'
import type { Logger } from '../log/logger.ts'
import { LocalCa } from './local-ca.ts'
import { keyToPem } from './x509.ts'

const CHECK_MS = 3_600_000

/** Options of {@link openFrontCertificate}. */
export interface FrontCertificateOptions {
  readonly certsDir: string
  readonly clock: () => number
  readonly log: Logger
}

/** The certificate of the fronts. */
export interface FrontCertificate extends Disposable {
  /** What new handshakes use: changes when the certificate is renewed. */
  current(): SecureContext
  /** Looks now whether a new certificate is due, or was made by the command line. */
  check(): Promise<void>
}

/** Reads or makes CA and leaf, and renews the leaf in the background. */
export async function openFrontCertificate(options: FrontCertificateOptions): Promise<FrontCertificate> {
  const { certsDir, clock, log } = options
  const ca = new LocalCa(certsDir, clock)
  let serial = ''
  let context: SecureContext | undefined
  const check = async () => {
    const { leaf, authority } = await ca.leaf()
    if (context && leaf.certificate.serialNumber === serial) return
    serial = leaf.certificate.serialNumber
    context = createSecureContext({
      key: keyToPem(leaf.key),
      cert: `${leaf.certificate}${authority.certificate}`,
      minVersion: 'TLSv1.2',
    })
    log.info({ validTo: leaf.certificate.validTo }, 'the certificate of the fronts is in use')
  }
  await check()
  const timer = setInterval(() => {
    check().catch(error => log.error({ err: error }, 'the certificate of the fronts could not be renewed'))
  }, CHECK_MS).unref()
  return {
    check,
    current: () => context ?? createSecureContext(),
    [Symbol.dispose]: () => clearInterval(timer),
  }
}

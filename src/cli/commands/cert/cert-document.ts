import type { X509Certificate } from 'node:crypto'
import { join } from 'node:path'
import { type Approval, Approvals } from '../../../tls/approvals.ts'
import { LocalCa } from '../../../tls/ca/local-ca.ts'
import { certificateFingerprint, publicKeyFingerprint, readableName } from '../../../tls/fingerprint.ts'
import { lifeOf } from '../../../tls/shown-certificate.ts'
import type { CommandContext } from '../../command.ts'

/** Opens the CA of a home. */
export function localCa({ home }: CommandContext): LocalCa {
  return new LocalCa(home.certsDir, Date.now)
}

/** Opens the list of approved servers of a home. */
export function approvalsOf({ home }: CommandContext): Approvals {
  return new Approvals(join(home.certsDir, 'approved.json'))
}

/** What the command line tells of a certificate; both fingerprints in lower-case hex. */
export function describeCertificate(certificate: X509Certificate) {
  const { fromMs, toMs } = lifeOf(certificate)
  return {
    subject: readableName(certificate.subject),
    issuer: readableName(certificate.issuer),
    names: certificate.subjectAltName === undefined ? '' : readableName(certificate.subjectAltName),
    validFrom: new Date(fromMs).toISOString(),
    validTo: new Date(toMs).toISOString(),
    sha256: certificateFingerprint(certificate),
    publicKeySha256: publicKeyFingerprint(certificate),
    state: stateOf(fromMs, toMs),
  }
}

/** What the command line tells of an approval; the dates are those of the approved certificate. */
export function describeApproval(approval: Approval) {
  const { id, host, port, subject, issuer, validFromMs, validToMs, publicKeySha256, approvedAtMs } = approval
  return {
    kind: 'approved' as const,
    id,
    host,
    port,
    subject,
    issuer,
    validFrom: new Date(validFromMs).toISOString(),
    validTo: new Date(validToMs).toISOString(),
    publicKeySha256,
    // Its dates do not matter any more: the approval overrides them.
    state: 'approved' as const,
    approvedAt: new Date(approvedAtMs).toISOString(),
  }
}

function stateOf(fromMs: number, toMs: number): 'valid' | 'expired' | 'not yet valid' {
  const now = Date.now()
  if (now < fromMs) return 'not yet valid'
  return now > toMs ? 'expired' : 'valid'
}

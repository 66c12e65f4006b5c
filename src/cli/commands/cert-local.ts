import type { X509Certificate } from 'node:crypto'
import { join } from 'node:path'
import { type Approval, Approvals } from '../../tls/approvals.ts'
import { certificateFingerprint, readableFingerprint, readableName } from '../../tls/fingerprint.ts'
import { LocalCa } from '../../tls/local-ca.ts'
import { type Command, type CommandContext, defineCommand } from '../command.ts'
import { printable, table } from '../terminal.ts'

/** Opens the CA of a home. */
export function localCa({ home }: CommandContext): LocalCa {
  return new LocalCa(home.certsDir, Date.now)
}

/** Opens the list of approved servers of a home. */
export function approvalsOf({ home }: CommandContext): Approvals {
  return new Approvals(join(home.certsDir, 'approved.json'))
}

/** What the command line tells of a certificate. */
export function describeCertificate(certificate: X509Certificate) {
  return {
    subject: readableName(certificate.subject),
    issuer: readableName(certificate.issuer),
    names: certificate.subjectAltName,
    validFrom: new Date(certificate.validFrom).toISOString(),
    validTo: new Date(certificate.validTo).toISOString(),
    sha256: certificateFingerprint(certificate),
  }
}

/** `postern cert ca` */
export const certCaCommand: Command<never> = defineCommand<{ renew: boolean; yes: boolean }>({
  command: 'ca',
  describe: 'Show the local CA, made at first use',
  examples: [
    ['$0 cert ca', 'Show it'],
    ['$0 cert ca --renew', 'Make a new one; it must then be installed again'],
  ],
  build: yargs =>
    yargs
      .option('renew', { type: 'boolean', default: false, describe: 'Make a new CA in place of the old one' })
      .option('yes', { type: 'boolean', default: false, describe: 'Do not ask' }),
  run: async ({ renew, yes }, context) => {
    const { terminal, signal } = context
    const ca = localCa(context)
    if (renew) {
      await terminal.confirm('Make a new CA? Programs that trust the old one must be told of the new one.', {
        yes,
        signal,
      })
    }
    const { certificate } = renew ? await ca.renewAuthority() : await ca.authority()
    if (renew) await ca.leaf()
    const document = { ...describeCertificate(certificate), file: ca.certificateFile }
    terminal.result(document, ({ subject, validTo, sha256, file }) =>
      [
        `${subject}`,
        `  valid to  ${validTo}`,
        `  SHA-256   ${readableFingerprint(sha256)}`,
        `  file      ${file}`,
      ].join('\n'),
    )
    return undefined
  },
})

/** `postern cert issue` */
export const certIssueCommand: Command<never> = defineCommand<{ names: string[] }>({
  command: 'issue <names..>',
  describe: 'Issue a certificate for loopback names',
  examples: [['$0 cert issue mail.localhost 127.0.0.2', 'For one name and one address']],
  build: yargs => yargs.positional('names', { type: 'string', array: true, demandOption: true }),
  run: async ({ names }, context) => {
    const { certFile, keyFile, identity } = await localCa(context).issue(names.map(String))
    const document = { ...describeCertificate(identity.certificate), certFile, keyFile }
    context.terminal.result(document, () => `certificate  ${certFile}\nkey          ${keyFile}`)
    return undefined
  },
})

/** `postern cert list` */
export const certListCommand: Command<never> = defineCommand({
  command: 'list',
  describe: 'List our certificates and the approved ones of servers',
  run: async (_options, context) => {
    const now = Date.now()
    const own = (await localCa(context).list()).map(({ kind, certificate }) => ({
      kind,
      ...describeCertificate(certificate),
      state: stateOf(Date.parse(certificate.validFrom), Date.parse(certificate.validTo), now),
    }))
    const approved = (await approvalsOf(context).list()).map(approval => describeApproval(approval, now))
    context.terminal.result([...own, ...approved], () =>
      table(
        ['KIND', 'ID', 'HOST', 'SUBJECT', 'VALID TO', 'STATE', 'SHA-256'],
        [
          ...own.map(({ kind, subject, validTo, state, sha256 }) => [
            kind,
            '-',
            '-',
            subject,
            day(validTo),
            state,
            sha256,
          ]),
          ...approved.map(({ kind, id, host, port, subject, validTo, state, sha256 }) => [
            ...[kind, id, `${host}:${port}`, printable(subject), day(validTo), state, sha256],
          ]),
        ],
      ),
    )
    return undefined
  },
})

/** `postern cert remove` */
export const certRemoveCommand: Command<never> = defineCommand<{ id: string }>({
  command: 'remove <id>',
  describe: 'Take back the approval of a server’s certificate',
  build: yargs => yargs.positional('id', { type: 'string', demandOption: true, describe: 'As cert list shows it' }),
  run: async ({ id }, context) => {
    const removed = await approvalsOf(context).remove(String(id))
    context.terminal.result(
      { removed: describeApproval(removed, Date.now()) },
      () => `${removed.host}:${removed.port} is no longer approved`,
    )
    return undefined
  },
})

function describeApproval(approval: Approval, now: number) {
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
    /** Of the public key. */
    sha256: publicKeySha256,
    state: stateOf(validFromMs, validToMs, now),
    approvedAt: new Date(approvedAtMs).toISOString(),
  }
}

function stateOf(fromMs: number, toMs: number, now: number): string {
  if (now < fromMs) return 'not yet valid'
  return now > toMs ? 'expired' : 'valid'
}

function day(iso: string): string {
  return iso.slice(0, 10)
}

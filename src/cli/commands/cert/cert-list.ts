import { PosternError } from '../../../errors.ts'
import type { OwnCertificate } from '../../../tls/ca/local-ca.ts'
import type { TlsErrorCode } from '../../../tls/errors.ts'
import { readableFingerprint } from '../../../tls/fingerprint.ts'
import { type Command, defineCommand } from '../../command.ts'
import { approvalsOf, describeApproval, describeCertificate, localCa } from './cert-document.ts'
import { tellDaemon } from './tell-daemon.ts'

/** `postern cert list` */
export const certListCommand: Command<never> = defineCommand({
  command: 'list',
  describe: 'List our certificates and the approved ones of servers',
  examples: [['$0 cert list --json', 'With everything that is known of each']],
  run: async (_options, context) => {
    const own = (await localCa(context).list()).map(describeOwn)
    const approved = (await approvalsOf(context).list()).map(describeApproval)
    context.terminal.result([...own, ...approved], () => {
      const blocks = [...own.map(ownText), ...approved.map(approvalText)]
      return blocks.length > 0 ? blocks.join('\n') : 'There are no certificates yet; `postern cert ca` makes ours.'
    })
    return undefined
  },
})

/** `postern cert remove` */
export const certRemoveCommand: Command<never> = defineCommand<{ id: string }>({
  command: 'remove <id>',
  describe: 'Take back the approval of a server’s certificate',
  examples: [['$0 cert remove 5f3a9c01', 'The id as cert list shows it']],
  build: yargs => yargs.positional('id', { type: 'string', demandOption: true, describe: 'As cert list shows it' }),
  run: async ({ id }, context) => {
    const removed = await approvalsOf(context).remove(String(id))
    if (!removed) throw notFound(String(id))
    context.terminal.result(
      { removed: describeApproval(removed) },
      () => `${removed.host}:${removed.port} is no longer approved`,
    )
    await tellDaemon(context)
    return undefined
  },
})

function describeOwn({ kind, file, certificate }: OwnCertificate) {
  return certificate
    ? { kind, file, ...describeCertificate(certificate) }
    : { kind, file, state: 'damaged' as const, subject: undefined }
}

function ownText(own: ReturnType<typeof describeOwn>): string {
  if (own.subject === undefined) return `${own.kind}  damaged\n  file        ${own.file}`
  const { kind, state, subject, issuer, names, validFrom, validTo, sha256, file } = own
  return [
    `${kind}  ${state}`,
    `  subject     ${subject}`,
    `  issuer      ${issuer}`,
    ...(names === '' ? [] : [`  names       ${names}`]),
    `  valid       ${day(validFrom)} to ${day(validTo)}`,
    `  SHA-256     ${readableFingerprint(sha256)}`,
    `  file        ${file}`,
  ].join('\n')
}

function approvalText(approval: ReturnType<typeof describeApproval>): string {
  const { id, host, port, subject, issuer, validFrom, validTo, publicKeySha256, approvedAt } = approval
  return [
    `${host}:${port}  approved on ${day(approvedAt)}, id ${id}`,
    `  subject     ${subject}`,
    `  issuer      ${issuer}`,
    `  valid       ${day(validFrom)} to ${day(validTo)}`,
    `  key SHA-256 ${readableFingerprint(publicKeySha256)}`,
  ].join('\n')
}

function day(iso: string): string {
  return iso.slice(0, 10)
}

function notFound(id: string): PosternError {
  return new PosternError<TlsErrorCode>(
    'TLS_APPROVAL_NOT_FOUND',
    `There is no approved certificate with the id ${JSON.stringify(id)}.`,
    { remedy: 'user', advice: 'See `postern cert list` for the ids.' },
  )
}

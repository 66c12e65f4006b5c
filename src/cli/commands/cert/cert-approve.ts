import { X509Certificate } from 'node:crypto'
import { PosternError } from '../../../errors.ts'
import { publicKeyFingerprint, readableFingerprint, readableName } from '../../../tls/fingerprint.ts'
import type { Peer } from '../../../tls/peer.ts'
import { lifeOf, type ShownCertificate } from '../../../tls/shown-certificate.ts'
import type { StartTlsProtocol } from '../../../tls/start-tls.ts'
import { type Command, type CommandContext, defineCommand } from '../../command.ts'
import type { CliErrorCode } from '../../errors.ts'
import { call } from '../../with-control.ts'
import { approvalsOf, describeApproval, describeCertificate } from './cert-document.ts'
import { tellDaemon } from './tell-daemon.ts'

interface ApproveOptions {
  server: string
  starttls: 'auto' | 'none' | StartTlsProtocol
  yes: boolean
}

/** `postern cert approve` */
export const certApproveCommand: Command<never> = defineCommand<ApproveOptions>({
  command: 'approve <server>',
  describe: 'Approve the certificate that a server shows now, pinned to its key',
  examples: [
    ['$0 cert approve mail.example.org:993', 'Show it and ask'],
    ['$0 cert approve mail.example.org:2143 --starttls imap', 'A STARTTLS port with an unusual number'],
  ],
  build: yargs =>
    yargs
      .positional('server', { type: 'string', demandOption: true, describe: 'HOST:PORT' })
      .option('starttls', {
        choices: ['auto', 'none', 'imap', 'smtp', 'sieve'] as const,
        default: 'auto' as const,
        describe: 'What the port speaks before TLS; auto: imap on 143, smtp on 25 and 587, sieve on 4190',
      })
      .option('yes', { type: 'boolean', default: false, describe: 'Do not ask' }),
  run: async ({ server, starttls, yes }, context) => {
    const { terminal, signal } = context
    const peer = parsePeer(server)
    const approvals = approvalsOf(context)
    const earlier = await approvals.find(peer)
    const shown = await probe(context, { ...peer, ...(starttls === 'auto' ? {} : { startTls: starttls }) })
    terminal.say(describeShown(peer, shown, earlier?.publicKeySha256))
    await terminal.confirm('Approve this key for this host and port?', { yes, signal })
    const approval = await approvals.add(approvalFor(peer, shown))
    const document = {
      ...describeApproval(approval),
      problems: shown.problems.map(({ kind, says }) => ({ kind, message: says })),
      chain: shown.chain.map(describeCertificate),
    }
    terminal.result(document, ({ id }) => `approved, with the id ${id}`)
    await tellDaemon(context)
    return undefined
  },
})

interface ProbeDocument {
  /** DER in base64. */
  readonly chain: readonly string[]
  readonly problems: ShownCertificate['problems']
}

// Not from here: the way to the server may lead through a proxy, whose password the daemon keeps.
async function probe(context: CommandContext, params: object): Promise<ShownCertificate> {
  const { chain, problems } = await call<ProbeDocument>(context, 'cert.probe', params)
  const certificates = chain.map(octets => new X509Certificate(Buffer.from(octets, 'base64')))
  const [certificate] = certificates
  if (!certificate) throw new Error('a certificate without octets') // TLS_NO_CERTIFICATE has been told
  return { certificate, chain: certificates, problems }
}

function approvalFor(peer: Peer, { certificate }: ShownCertificate) {
  const { fromMs, toMs } = lifeOf(certificate)
  return {
    ...peer,
    publicKeySha256: publicKeyFingerprint(certificate),
    subject: readableName(certificate.subject),
    issuer: readableName(certificate.issuer),
    validFromMs: fromMs,
    validToMs: toMs,
    approvedAtMs: Date.now(),
  }
}

function describeShown({ host, port }: Peer, shown: ShownCertificate, approved: string | undefined): string {
  const [first, ...others] = shown.problems.map(({ says }) => says)
  const key = publicKeyFingerprint(shown.certificate)
  return [
    first === undefined
      ? `${host}:${port}: this machine trusts its certificate already; an approval binds it to this key.`
      : `${host}:${port}: ${[first, ...others].join('; ')}.`,
    ...shown.chain.flatMap((certificate, depth) => {
      const { subject, issuer, names, validFrom, validTo } = describeCertificate(certificate)
      return [
        `  ${depth}  ${subject}`,
        ...(names === '' ? [] : [`     for ${names}`]),
        `     issued by ${issuer}`,
        `     valid ${validFrom} to ${validTo}`,
      ]
    }),
    `  SHA-256 of the key      ${readableFingerprint(key)}`,
    ...(approved === undefined || approved === key
      ? []
      : [`  approved until now      ${readableFingerprint(approved)}`]),
  ].join('\n')
}

function parsePeer(text: string): Peer {
  const [, bracketed, plain, port] = /^(?:\[([0-9a-f:.]+)\]|([^:[\]\s]+)):(\d{1,5})$/i.exec(text) ?? []
  const host = bracketed ?? plain
  if (host && Number(port) > 0 && Number(port) < 65_536) return { host, port: Number(port) }
  throw new PosternError<CliErrorCode>('CLI_USAGE', `${JSON.stringify(text)} is not HOST:PORT.`, {
    remedy: 'user',
    advice: 'Write it like mail.example.org:993, or [::1]:993.',
  })
}

import { PosternError } from '../../errors.ts'
import { publicKeyFingerprint, readableFingerprint, readableName } from '../../tls/fingerprint.ts'
import type { Peer } from '../../tls/peer.ts'
import { probeCertificate, type StartTlsProtocol } from '../../tls/probe.ts'
import { explainProblem, type ShownCertificate } from '../../tls/verified-peer.ts'
import { type Command, defineCommand } from '../command.ts'
import type { CliErrorCode } from '../errors.ts'
import { printable } from '../terminal.ts'
import { approvalsOf, describeCertificate } from './cert-local.ts'

interface ApproveOptions {
  server: string
  starttls: 'auto' | StartTlsProtocol
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
      .option('starttls', { choices: ['auto', 'none', 'imap', 'smtp'] as const, default: 'auto' as const })
      .option('yes', { type: 'boolean', default: false, describe: 'Do not ask' }),
  run: async ({ server, starttls, yes }, context) => {
    const { terminal, signal } = context
    const peer = parsePeer(server)
    const shown = await probeCertificate(peer, signal, starttls === 'auto' ? undefined : starttls)
    terminal.say(explain(peer, shown))
    await terminal.confirm('Approve this key for this host and port?', { yes, signal })
    const { certificate } = shown
    const approval = await approvalsOf(context).add({
      ...peer,
      publicKeySha256: publicKeyFingerprint(certificate),
      subject: readableName(certificate.subject),
      issuer: readableName(certificate.issuer),
      validFromMs: Date.parse(certificate.validFrom),
      validToMs: Date.parse(certificate.validTo),
      approvedAtMs: Date.now(),
    })
    const document = { id: approval.id, ...peer, ...describeCertificate(certificate), sha256: approval.publicKeySha256 }
    terminal.result(document, () => `approved, as ${approval.id}`)
    return undefined
  },
})

function explain(peer: Peer, shown: ShownCertificate): string {
  const why = shown.problem === undefined ? 'this machine trusts it already' : explainProblem(peer, shown)
  const chain = shown.chain.map(
    (certificate, depth) =>
      `  ${depth}  ${printable(readableName(certificate.subject))}\n     issued by ${printable(readableName(certificate.issuer))}` +
      `\n     valid ${certificate.validFrom} to ${certificate.validTo}`,
  )
  return [
    `${peer.host}:${peer.port}: ${why}`,
    ...chain,
    `  SHA-256 of the key: ${readableFingerprint(publicKeyFingerprint(shown.certificate))}`,
  ].join('\n')
}

function parsePeer(text: string): Peer {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:\s]+)):(\d{1,5})$/.exec(text) ?? []
  const host = bracketed ?? plain
  if (host && Number(port) > 0 && Number(port) < 65_536) return { host, port: Number(port) }
  throw new PosternError<CliErrorCode>('CLI_USAGE', `${JSON.stringify(text)} is not HOST:PORT.`, {
    remedy: 'user',
    advice: 'Write it like mail.example.org:993, or [::1]:993.',
  })
}

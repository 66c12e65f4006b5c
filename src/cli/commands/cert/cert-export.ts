import type { X509Certificate } from 'node:crypto'
import { PosternError } from '../../../errors.ts'
import type { SignedLeaf } from '../../../tls/ca/local-ca.ts'
import type { TlsErrorCode } from '../../../tls/errors.ts'
import { type Command, type CommandContext, defineCommand } from '../../command.ts'
import type { CliErrorCode } from '../../errors.ts'
import { writeOutput } from '../../write-output.ts'
import { localCa } from './cert-document.ts'

interface ExportOptions {
  what: 'ca' | 'leaf'
  format: 'pem' | 'der' | 'p12'
  out: string | undefined
}

/** `postern cert export` */
export const certExportCommand: Command<never> = defineCommand<ExportOptions>({
  command: 'export <what>',
  describe: 'Write the certificate of the CA, or that of the fronts; as p12 the latter with its key',
  examples: [
    ['$0 cert export ca --out postern-ca.pem', 'For the trust store of another program'],
    [
      '$0 cert export leaf --format p12 --out leaf.p12',
      'Certificate and key; asks for a password, or reads it from stdin',
    ],
  ],
  build: yargs =>
    yargs
      .positional('what', { choices: ['ca', 'leaf'] as const, demandOption: true })
      .option('format', { choices: ['pem', 'der', 'p12'] as const, default: 'pem' as const })
      .option('out', { type: 'string', describe: 'A file; stdout without it' }),
  run: async (options, context) => {
    const { what, format, out } = options
    if (out === undefined && (format === 'p12' || context.terminal.json)) throw needsFile(options)
    const signed = await localCa(context).leaf()
    const octets = format === 'p12' ? await packed(what, signed, context) : encoded(what, format, signed)
    if (out === undefined) {
      await context.terminal.bytes(octets)
      return undefined
    }
    await writeOutput(out, octets, { isPrivate: format === 'p12' })
    context.terminal.result({ file: out, format, octets: octets.length }, ({ file }) => `written to ${file}`)
    return undefined
  },
})

// PEM holds the chain, which servers want; DER holds one certificate by its nature.
function encoded(what: 'ca' | 'leaf', format: 'pem' | 'der', { leaf, authority }: SignedLeaf): Buffer {
  const chain: readonly X509Certificate[] =
    what === 'ca' ? [authority.certificate] : [leaf.certificate, authority.certificate]
  return format === 'der' ? (chain[0]?.raw ?? Buffer.alloc(0)) : Buffer.from(chain.join(''))
}

// The key of the CA never leaves its file: whoever has it can sign.
async function packed(
  what: 'ca' | 'leaf',
  { leaf, authority }: SignedLeaf,
  { terminal, signal }: CommandContext,
): Promise<Buffer> {
  const password = await terminal.secret('Password for the file: ', signal)
  if (password === '') throw emptyPassword()
  const { toPkcs12 } = await import('../../../tls/ca/pkcs12.ts') // large, and seldom needed
  if (what === 'ca') return toPkcs12([authority.certificate], undefined, password)
  return toPkcs12([leaf.certificate, authority.certificate], leaf.key, password)
}

function needsFile({ what, format }: ExportOptions): PosternError {
  const why = format === 'p12' ? 'it is private' : 'with --json, stdout holds the answer'
  return new PosternError<CliErrorCode>('CLI_USAGE', `Where to write it? Not to stdout: ${why}.`, {
    remedy: 'user',
    advice: `Add --out, as in: postern cert export ${what} --format ${format} --out ${what}.${format}`,
  })
}

function emptyPassword(): PosternError {
  return new PosternError<TlsErrorCode>('TLS_PASSWORD_EMPTY', 'A PKCS#12 file needs a password.', {
    remedy: 'user',
    advice: 'Type one, or give it as the first line of stdin.',
  })
}

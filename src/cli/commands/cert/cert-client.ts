import { X509Certificate } from 'node:crypto'
import { open } from 'node:fs/promises'
import { PosternError } from '../../../errors.ts'
import { type Command, type CommandContext, defineCommand } from '../../command.ts'
import type { CliErrorCode } from '../../errors.ts'
import { call } from '../../with-control.ts'
import { describeCertificate } from './cert-document.ts'

const nameOption = { type: 'string', demandOption: true, describe: 'The profile’s name' } as const

interface Kept {
  readonly name: string
  /** DER in base64. */
  readonly certificate: string | null
}

const importCommand = defineCommand<{ name: string; file: string; 'password-stdin': boolean }>({
  command: 'import <name> <file>',
  describe: 'Take a certificate with its key from a PKCS#12 file, to show to servers that ask for one',
  examples: [
    ['$0 cert client import work ada.p12', 'Asks for the file’s password'],
    ['$0 cert client import work ada.p12 --password-stdin < password', ''],
  ],
  build: yargs =>
    yargs
      .positional('name', nameOption)
      .positional('file', { type: 'string', demandOption: true, describe: 'A .p12 or .pfx file' })
      .option('password-stdin', { type: 'boolean', default: false, describe: 'Read the file’s password from stdin' }),
  run: async ({ name, file }, context) => {
    const password = await context.terminal.secret('Password of the file: ', context.signal)
    const { MAX_PKCS12_OCTETS, readPkcs12 } = await import('../../../tls/read-pkcs12.ts') // large, and seldom needed
    const identity = readPkcs12(await readFirst(String(file), MAX_PKCS12_OCTETS + 1), password)
    const kept = await call<Kept>(context, 'cert.client.import', { name: String(name), ...identity })
    context.terminal.result(documentOf(kept), describe)
    return undefined
  },
})

const showCommand = defineCommand<{ name: string }>({
  command: 'show <name>',
  describe: 'Show the client certificate of a profile; never its key',
  build: yargs => yargs.positional('name', nameOption),
  run: async ({ name }, context) => {
    const kept = await call<Kept>(context, 'cert.client.show', { name: String(name) })
    context.terminal.result(documentOf(kept), describe)
    return undefined
  },
})

const removeCommand = defineCommand<{ name: string; yes: boolean }>({
  command: 'remove <name>',
  describe: 'Forget the client certificate of a profile, with its key',
  build: yargs =>
    yargs.positional('name', nameOption).option('yes', { type: 'boolean', default: false, describe: 'Do not ask' }),
  run: async ({ name, yes }, context: CommandContext) => {
    const { terminal, signal } = context
    await terminal.confirm(`Forget the client certificate of ${name}, and its key?`, { yes, signal })
    const document = await call<{ removed: boolean }>(context, 'cert.client.remove', { name: String(name) })
    terminal.result(document, ({ removed }) => (removed ? 'removed' : 'there was none'))
    return undefined
  },
})

/** `postern cert client` */
export const certClientCommand: Command<never> = defineCommand({
  command: 'client',
  describe: 'Certificates that profiles show to servers that ask for one',
  children: [importCommand, showCommand, removeCommand],
})

function documentOf({ name, certificate }: Kept) {
  const read = certificate === null ? null : new X509Certificate(Buffer.from(certificate, 'base64'))
  return { name, certificate: read && describeCertificate(read) }
}

function describe({ name, certificate }: ReturnType<typeof documentOf>): string {
  if (!certificate) return `${name} shows no certificate`
  const { subject, issuer, validFrom, validTo, state } = certificate
  return [`${name} shows ${subject}`, `  issued by ${issuer}`, `  ${state}, from ${validFrom} to ${validTo}`].join('\n')
}

// As much as is needed to see that a file is too large.
async function readFirst(path: string, maxOctets: number): Promise<Buffer> {
  try {
    await using file = await open(path, 'r')
    const { bytesRead, buffer } = await file.read(Buffer.alloc(maxOctets), 0, maxOctets, 0)
    return buffer.subarray(0, bytesRead)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new PosternError<CliErrorCode>('CLI_USAGE', `${path} cannot be read: ${why}`, {
      remedy: 'user',
      advice: 'Give the path of a .p12 or .pfx file.',
      cause,
    })
  }
}

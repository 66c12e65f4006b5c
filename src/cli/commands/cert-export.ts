import type { X509Certificate } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { PosternError } from '../../errors.ts'
import type { TlsErrorCode } from '../../tls/errors.ts'
import { type Identity, identityToPkcs12 } from '../../tls/x509.ts'
import { type Command, defineCommand } from '../command.ts'
import { localCa } from './cert-local.ts'

interface ExportOptions {
  what: 'ca' | 'leaf'
  format: 'pem' | 'der' | 'p12'
  out: string | undefined
}

/** `postern cert export` */
export const certExportCommand: Command<never> = defineCommand<ExportOptions>({
  command: 'export <what>',
  describe: 'Write the CA’s certificate, or the fronts’ certificate with its key',
  examples: [
    ['$0 cert export ca --out postern-ca.pem', 'For another program’s trust store'],
    [
      '$0 cert export leaf --format p12 --out leaf.p12 < password.txt',
      'Certificate and key; the password comes from stdin',
    ],
  ],
  build: yargs =>
    yargs
      .positional('what', { choices: ['ca', 'leaf'] as const, demandOption: true })
      .option('format', { choices: ['pem', 'der', 'p12'] as const, default: 'pem' as const })
      .option('out', { type: 'string', describe: 'A file; stdout without it' }),
  run: async ({ what, format, out }, context) => {
    const { terminal, signal } = context
    const { leaf, authority } = await localCa(context).leaf()
    const octets =
      format === 'p12'
        ? await packed(what, { leaf, authority }, () => terminal.secret('Password for the file: ', signal))
        : encoded((what === 'ca' ? authority : leaf).certificate, format)
    if (out === undefined) {
      await terminal.bytes(octets)
      return undefined
    }
    await writeFile(out, octets, { mode: format === 'p12' ? 0o600 : 0o644 })
    terminal.result({ file: out, format, octets: octets.length }, ({ file }) => `written to ${file}`)
    return undefined
  },
})

function encoded(certificate: X509Certificate, format: 'pem' | 'der'): Buffer {
  return format === 'der' ? certificate.raw : Buffer.from(certificate.toString())
}

async function packed(
  what: 'ca' | 'leaf',
  { leaf, authority }: { leaf: Identity; authority: Identity },
  password: () => Promise<string>,
): Promise<Buffer> {
  // The CA's key never leaves its file: its PKCS#12 would let others sign.
  if (what === 'ca') throw keyStays()
  const secret = await password()
  if (secret === '') throw emptyPassword()
  return identityToPkcs12(leaf, [authority.certificate], secret)
}

function keyStays(): PosternError {
  return new PosternError<TlsErrorCode>(
    'TLS_NAME_NOT_ALLOWED',
    'The CA is exported without its key, and PKCS#12 is for keys.',
    {
      remedy: 'user',
      advice: 'Use --format pem or der.',
    },
  )
}

function emptyPassword(): PosternError {
  return new PosternError<TlsErrorCode>('TLS_PASSWORD_EMPTY', 'A PKCS#12 file with a key needs a password.', {
    remedy: 'user',
    advice: 'Type one, or give it on stdin.',
  })
}

import { readableFingerprint } from '../../../tls/fingerprint.ts'
import { type Command, defineCommand } from '../../command.ts'
import { describeCertificate, localCa } from './cert-document.ts'

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
      terminal.note('To make this machine forget the old CA, run `postern cert uninstall` before.')
      await terminal.confirm('Make a new CA? Programs that trust the old one must be told.', { yes, signal })
      await ca.renewAuthority()
    }
    const { authority } = await ca.leaf()
    const document = { ...describeCertificate(authority.certificate), file: ca.certificateFile }
    terminal.result(document, ({ subject, validTo, sha256, file }) =>
      [
        subject,
        '  signs for  localhost, 127.0.0.0/8 and ::1, nothing else',
        `  valid to   ${validTo}`,
        `  SHA-256    ${readableFingerprint(sha256)}`,
        `  file       ${file}`,
        ...(renew ? ['Run `postern cert install` to make this machine trust it.'] : []),
      ].join('\n'),
    )
    return undefined
  },
})

/** `postern cert issue` */
export const certIssueCommand: Command<never> = defineCommand<{ names: string[] }>({
  command: 'issue <names..>',
  describe: 'Issue a certificate for names of this machine',
  examples: [['$0 cert issue mail.localhost 127.0.0.2', 'For one name and one address']],
  build: yargs =>
    yargs.positional('names', {
      type: 'string',
      array: true,
      demandOption: true,
      describe: 'localhost, names that end in .localhost, loopback addresses',
    }),
  run: async ({ names }, context) => {
    const [first = 'localhost', ...others] = names.map(String)
    const { certFile, keyFile, identity } = await localCa(context).issue([first, ...others])
    const document = { ...describeCertificate(identity.certificate), certFile, keyFile }
    context.terminal.result(document, () => `certificate  ${certFile}\nkey          ${keyFile}`)
    return undefined
  },
})

import { extname } from 'node:path'
import { PosternError } from '../../../errors.ts'
import type { ProfileDocument } from '../../../profile/transfer/profile-document.ts'
import { type Command, defineCommand } from '../../command.ts'
import type { CliErrorCode } from '../../errors.ts'
import { call } from '../../with-control.ts'
import { writeNewFiles } from '../../write-output.ts'

interface ExportOptions {
  name: string | undefined
  file: string | undefined
  all: boolean
  force: boolean
}

interface ExportedDocument {
  readonly document: ProfileDocument
  readonly leftOut: readonly { readonly profile: string; readonly key: string; readonly why: string }[]
}

/** `postern profile export` */
export const profileExportCommand: Command<never> = defineCommand<ExportOptions>({
  command: 'export [name] [file]',
  describe: 'Write the settings of profiles, without passwords and without mail, as YAML or JSON',
  examples: [
    ['$0 profile export work', 'To stdout, as YAML; with --json as JSON'],
    ['$0 profile export work work.yaml', ''],
    ['$0 profile export --all profiles.json', 'A name that ends in .json makes it JSON'],
  ],
  build: yargs =>
    yargs
      .positional('name', { type: 'string', describe: 'The profile’s name; not with --all' })
      .positional('file', { type: 'string', describe: 'A new file; stdout without it' })
      .option('all', { type: 'boolean', default: false, describe: 'All profiles' })
      .option('force', { type: 'boolean', default: false, describe: 'Replace a file that is there' }),
  run: async (options, context) => {
    const { name, file } = chosen(options)
    const { profileDocumentYaml } = await import('../../../profile/transfer/profile-document.ts') // only needed here
    const { document, leftOut } = await call<ExportedDocument>(context, 'profile.export', { name })
    for (const { profile, key, why } of leftOut) context.terminal.note(`left out: ${key} of ${profile}: ${why}`)
    if (file === undefined) {
      context.terminal.result(document, profileDocumentYaml)
      return undefined
    }
    const isJson = extname(file).toLowerCase() === '.json'
    const text = isJson ? `${JSON.stringify(document, undefined, 2)}\n` : profileDocumentYaml(document)
    await writeNewFiles([{ path: file, octets: Buffer.from(text) }], options)
    const profiles = Object.keys(document.profiles)
    context.terminal.result({ file, profiles }, () => `written: ${file} (${profiles.join(', ')}), without passwords`)
    return undefined
  },
})

// With --all there is no name, and what yargs takes for it is the file.
function chosen({ name, file, all }: ExportOptions): Pick<ExportOptions, 'file' | 'name'> {
  if (all && file === undefined) return { name: undefined, file: name }
  if (all || name === undefined) throw usage()
  return { name: String(name), file }
}

function usage(): PosternError {
  return new PosternError<CliErrorCode>('CLI_USAGE', 'Which profile? Give one name, or --all.', {
    remedy: 'user',
    advice: 'See postern profile export --help.',
  })
}

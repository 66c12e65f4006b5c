import type { SettingsDocument } from '../../../daemon/discovery/settings-document.ts'
import { PosternError } from '../../../errors.ts'
import { type Command, type CommandContext, defineCommand } from '../../command.ts'
import type { CliErrorCode } from '../../errors.ts'
import { searchSettings } from './search-settings.ts'
import { settingsText } from './settings-text.ts'

interface DiscoverOptions {
  address: string
  trace: boolean
  yes: boolean
  'password-stdin': boolean
}

/** `postern discover` */
export const discoverCommand: Command<never> = defineCommand<DiscoverOptions>({
  command: 'discover <address>',
  describe: 'SmartDiscover: find the servers of an e-mail address',
  examples: [
    ['$0 discover ada@example.org', 'What the domain and DNS say; nobody signs in'],
    [
      '$0 discover ada@example.org --trace --password-stdin < file',
      'Prove it by signing in, and tell how it was found',
    ],
  ],
  build: yargs =>
    yargs
      .positional('address', { type: 'string', demandOption: true, describe: 'The e-mail address' })
      .option('trace', {
        type: 'boolean',
        default: false,
        describe: 'Show every source, what it said and why it counts',
      })
      .option('password-stdin', {
        type: 'boolean',
        default: false,
        describe: 'Read the password from stdin and take only what a sign-in proves',
      })
      .option('yes', {
        type: 'boolean',
        default: false,
        describe: 'Send the password also to hosts outside the domain that DNS alone names',
      })
      .epilogue(
        'DNS is asked as the setting discover.dns says (system, IP:PORT or the URL of a DoH server); discover.ispdb allows ' +
          'asking Mozilla’s database. The password goes only to servers with a trusted or approved certificate.',
      ),
  run: async (options, context) => {
    const document = await search(options, context)
    context.terminal.result(document, document => settingsText(document, { trace: options.trace }))
    return document.error === null ? 0 : 1
  },
})

async function search(options: DiscoverOptions, context: CommandContext): Promise<SettingsDocument> {
  const email = String(options.address)
  const { 'password-stdin': isGiven, yes } = options
  const password = isGiven ? await context.terminal.secret(`Password of ${email}: `, context.signal) : undefined
  if (password === '') throw noPassword()
  return searchSettings({ email, password, yes }, context)
}

function noPassword(): PosternError {
  return new PosternError<CliErrorCode>('CLI_USAGE', 'An empty password was given.', {
    remedy: 'user',
    advice: 'Give it as the first line of stdin, or leave --password-stdin out.',
  })
}

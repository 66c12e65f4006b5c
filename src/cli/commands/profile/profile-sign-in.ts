import type { SignInDocument, SignInEvent } from '../../../daemon/methods/sign-in.ts'
import { PosternError } from '../../../errors.ts'
import { type Command, type CommandContext, defineCommand } from '../../command.ts'
import type { CliErrorCode } from '../../errors.ts'
import { openBrowser } from '../../open-browser.ts'
import { printable } from '../../terminal.ts'
import { call } from '../../with-control.ts'

interface SignInOptions {
  name: string
  provider: 'google' | 'microsoft' | undefined
  issuer: string | undefined
  'client-id': string | undefined
  'client-secret-stdin': boolean
  scope: string[] | undefined
  device: boolean
  'redirect-port': number
  open: boolean
}

/** `postern profile sign-in` */
export const profileSignInCommand: Command<never> = defineCommand<SignInOptions>({
  command: 'sign-in <name>',
  describe: 'Sign in with OAuth2: in the browser, or by a code on another device',
  examples: [
    ['$0 profile sign-in work --provider microsoft --client-id ID', 'Microsoft 365; prints the page to open'],
    ['$0 profile sign-in work --provider google --client-id ID --client-secret-stdin < file', 'Google'],
    [
      '$0 profile sign-in work --issuer https://login.example.org --client-id ID --device',
      'Any other, without a browser here',
    ],
    ['$0 profile sign-in work', 'Again, as the last time'],
  ],
  build: yargs =>
    yargs
      .positional('name', { type: 'string', demandOption: true, describe: 'The profile’s name' })
      .option('provider', {
        choices: ['google', 'microsoft'] as const,
        describe: 'A provider whose addresses are known',
      })
      .option('issuer', {
        type: 'string',
        describe: 'Any other provider, by its issuer URL (OpenID Connect, RFC 8414)',
      })
      .option('client-id', { type: 'string', describe: 'The id that your administrator has registered' })
      .option('client-secret-stdin', {
        type: 'boolean',
        default: false,
        describe: 'Read the client secret from stdin; Google gives one, others may',
      })
      .option('scope', {
        type: 'string',
        array: true,
        describe: 'What to ask for, in place of what mail usually needs',
      })
      .option('device', { type: 'boolean', default: false, describe: 'By a code that is typed on another device' })
      .option('redirect-port', { type: 'number', default: 0, describe: 'For providers that want one port; 0 for any' })
      .option('open', { type: 'boolean', default: false, describe: 'Open the page in the browser of this machine' })
      .epilogue(
        'Google and Microsoft 365 let in only programs that an administrator has registered with them: that gives the ' +
          'client id. docs/oauth2.md says how, step by step. Tokens lie encrypted among the secrets, and nowhere else.',
      ),
  run: async (options, context) => {
    const params = {
      ...{ name: String(options.name), provider: options.provider, issuer: options.issuer },
      ...{ clientId: options['client-id'], clientSecret: await clientSecret(options, context) },
      ...{ scopes: options.scope?.map(String), device: options.device, redirectPort: options['redirect-port'] },
    }
    const document = await call<SignInDocument>(context, 'profile.signIn', params, event => {
      // The shape of the event is that of the method.
      show(event as SignInEvent, options, context)
    })
    context.terminal.result(document, describe)
    return undefined
  },
})

async function clientSecret(options: SignInOptions, { terminal, signal }: CommandContext): Promise<string | undefined> {
  if (!options['client-secret-stdin']) return undefined
  const secret = await terminal.secret('Client secret: ', signal)
  if (secret !== '') return secret
  throw new PosternError<CliErrorCode>('CLI_USAGE', 'An empty client secret was given.', {
    remedy: 'user',
    advice: 'Type it when asked, or give it on stdin; leave --client-secret-stdin away where there is none.',
  })
}

// To stderr: with --json, stdout has the document alone.
function show(event: SignInEvent, { open }: SignInOptions, { terminal }: CommandContext): void {
  const page = event.kind === 'browser' ? event.url : (event.verificationUriComplete ?? event.verificationUri)
  if (event.kind === 'browser') terminal.note(`Open this page and sign in:\n\n  ${printable(page)}\n`)
  else {
    const minutes = Math.round(event.expiresInS / 60)
    terminal.note(
      `Open ${printable(event.verificationUri)} on any device and type\n\n  ${printable(event.userCode)}\n\n` +
        `within ${minutes} minutes.`,
    )
  }
  if (open) openBrowser(page, why => terminal.note(`The browser could not be opened (${why}); open the page yourself.`))
}

function describe({ name, provider, accessExpires, renewable }: SignInDocument): string {
  const lasts = renewable
    ? 'Postern renews the access by itself.'
    : `The provider gave nothing to renew the access with: it ends ${accessExpires ?? 'when the provider says so'}.`
  return [`signed in at ${printable(provider)}`, lasts, `next: postern profile test ${name}`].join('\n')
}

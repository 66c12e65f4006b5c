import { PosternError } from '../../../errors.ts'
import { type Command, type CommandContext, defineCommand } from '../../command.ts'
import type { CliErrorCode } from '../../errors.ts'
import { printable } from '../../terminal.ts'
import { call } from '../../with-control.ts'
import { assertWanted, emptyPassword, typedPassword } from './typed-password.ts'

interface PasswordOptions {
  name: string
  smtp: boolean
  'on-server': boolean
  'password-stdin': boolean
}

/** `postern profile password` */
export const profilePasswordCommand: Command<never> = defineCommand<PasswordOptions>({
  command: 'password <name>',
  describe: 'Store another password for the account; with --on-server, change it there first',
  examples: [
    ['$0 profile password work', 'Store a password that was changed elsewhere'],
    ['$0 profile password work --on-server', 'Change it at the passwordChangeUrl of the profile, prove and store it'],
    [
      '$0 profile password work --on-server --password-stdin < file',
      'The current one in line 1, the new one in line 2',
    ],
  ],
  build: yargs =>
    yargs
      .positional('name', { type: 'string', demandOption: true })
      .option('smtp', { type: 'boolean', default: false, describe: 'That of the SMTP server (smtpAuth: own)' })
      .option('on-server', {
        type: 'boolean',
        default: false,
        describe: 'Change it on the server, where passwordChangeUrl says how; then store it',
      })
      .option('password-stdin', { type: 'boolean', default: false, describe: 'Read the password from stdin' }),
  run: (options, context) => (options['on-server'] ? changeOnServer(options, context) : store(options, context)),
})

async function store({ name, smtp }: PasswordOptions, context: CommandContext): Promise<undefined> {
  const wanted = { name: String(name), which: smtp ? 'smtpPassword' : 'password' } as const
  const password = await typedPassword({ ...wanted, isUnlocking: false }, `New password of ${name}: `, context)
  const params = { ...wanted, password }
  const document = await call<{ readonly remembered: boolean }>(context, 'profile.password', params)
  context.terminal.result(document, ({ remembered }) =>
    remembered ? 'stored here; on the server it was not changed' : 'held in memory; on the server it was not changed',
  )
  return undefined
}

async function changeOnServer({ name, smtp }: PasswordOptions, context: CommandContext): Promise<undefined> {
  if (smtp) throw misused('The password of the SMTP server alone cannot be changed there.', 'Leave --smtp away.')
  const { terminal, signal } = context
  await assertWanted({ name: String(name), which: 'password', isUnlocking: false }, context)
  const prompts = [`Current password of ${name}: `, `New password of ${name}: `]
  if (terminal.isTyped) prompts.push('The new one again: ')
  const [current = '', next = '', again = next] = await terminal.secrets(prompts, signal)
  if (current === '' || next === '') throw emptyPassword()
  if (again !== next) throw misused('The new password was typed in two ways.', 'Nothing was changed; repeat it.')
  if (next === current) throw misused('The new password is the current one.', 'Choose another one.')
  const params = { name: String(name), current, next }
  const document = await call<{ readonly changedAt: string }>(context, 'profile.changePassword', params)
  terminal.result(
    document,
    ({ changedAt }) => `changed at ${printable(changedAt)}, proved by a sign-in, and taken over here`,
  )
  return undefined
}

function misused(message: string, advice: string): PosternError {
  return new PosternError<CliErrorCode>('CLI_USAGE', message, { remedy: 'user', advice })
}

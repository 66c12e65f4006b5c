import { PosternError } from '../../../errors.ts'
import { type Command, defineCommand } from '../../command.ts'
import type { CliErrorCode } from '../../errors.ts'
import { call } from '../../with-control.ts'

interface AddOptions {
  name: string
  email: string
  imap: string
  smtp: string | undefined
  user: string | undefined
  auth: string | undefined
  'password-stdin': boolean
}

/** `postern profile add` */
export const profileAddCommand: Command<never> = defineCommand<AddOptions>({
  command: 'add <name>',
  describe: 'Add an account of a real server',
  examples: [
    ['$0 profile add work --email ada@example.org --imap imaps://imap.example.org --smtp smtps://smtp.example.org', ''],
    [
      '$0 profile add work --email ada@example.org --imap imap+starttls://mail.example.org:143 --password-stdin < file',
      '',
    ],
    ['$0 profile add work --email ada@example.org --imap imaps://imap.example.org --auth oauth2', 'No password'],
  ],
  build: yargs =>
    yargs
      .positional('name', { type: 'string', demandOption: true, describe: 'How the profile is called here' })
      .option('email', { type: 'string', demandOption: true })
      .option('imap', {
        type: 'string',
        demandOption: true,
        describe: 'imaps://HOST, imap+starttls://HOST or imap://HOST',
      })
      .option('smtp', { type: 'string', describe: 'smtps://HOST, smtp+starttls://HOST or smtp://HOST' })
      .option('user', { type: 'string', describe: 'The account’s user name, if it is not the e-mail address' })
      .option('auth', {
        choices: ['automatic', 'plain', 'cram-md5', 'scram-sha-256', 'oauth2'],
        describe: 'How to sign in; oauth2 needs no password',
      })
      .option('password-stdin', { type: 'boolean', default: false, describe: 'Read the password from stdin' }),
  run: async (options, context) => {
    const { name, email, imap, smtp, user, auth } = options
    const isOAuth = auth === 'oauth2'
    const password = isOAuth ? undefined : await context.terminal.secret(`Password of ${email}: `, context.signal)
    if (password === '') throw noPassword()
    const params = { name: String(name), email, imap, smtp, user, auth, password }
    const document = await call<{ name: string }>(context, 'profile.add', params)
    context.terminal.result(document, ({ name }) =>
      [
        `added ${name}`,
        `next: ${isOAuth ? `postern profile sign-in ${name}, ` : ''}postern profile test ${name}, postern sync, postern profile outlook ${name}`,
      ].join('\n'),
    )
    return undefined
  },
})

/** `postern profile password` */
export const profilePasswordCommand: Command<never> = defineCommand<{
  name: string
  smtp: boolean
  'password-stdin': boolean
}>({
  command: 'password <name>',
  describe: 'Store another password for the account; it is not changed on the server',
  build: yargs =>
    yargs
      .positional('name', { type: 'string', demandOption: true })
      .option('smtp', { type: 'boolean', default: false, describe: 'That of the SMTP server (smtpAuth: own)' })
      .option('password-stdin', { type: 'boolean', default: false, describe: 'Read the password from stdin' }),
  run: async ({ name, smtp }, context) => {
    const password = await context.terminal.secret(`New password of ${name}: `, context.signal)
    if (password === '') throw noPassword()
    const which = smtp ? 'smtpPassword' : 'password'
    const document = await call<object>(context, 'profile.password', { name: String(name), which, password })
    context.terminal.result(document, () => 'stored')
    return undefined
  },
})

/** `postern profile remove` */
export const profileRemoveCommand: Command<never> = defineCommand<{ name: string; yes: boolean }>({
  command: 'remove <name>',
  describe: 'Remove a profile with its local store; the server keeps everything',
  build: yargs =>
    yargs
      .positional('name', { type: 'string', demandOption: true })
      .option('yes', { type: 'boolean', default: false, describe: 'Do not ask' }),
  run: async ({ name, yes }, context) => {
    const { terminal, signal } = context
    const unsent = await call<readonly object[]>(context, 'outbox.list', { profile: String(name) })
    const loss = unsent.length > 0 ? ` ${unsent.length} messages in its outbox will not be sent.` : ''
    await terminal.confirm(`Remove ${name} and everything stored of it on this machine?${loss}`, { yes, signal })
    const document = await call<object>(context, 'profile.remove', { name: String(name) })
    terminal.result(document, () => `removed ${name}`)
    return undefined
  },
})

function noPassword(): PosternError {
  return new PosternError<CliErrorCode>('CLI_USAGE', 'An empty password was given.', {
    remedy: 'user',
    advice: 'Type it when asked, or give it on stdin with --password-stdin.',
  })
}

import { type Command, defineCommand } from '../../command.ts'
import { call } from '../../with-control.ts'
import { emptyPassword } from './empty-password.ts'

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
    if (password === '') throw emptyPassword()
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

import { type Command, defineCommand } from '../../command.ts'
import { call } from '../../with-control.ts'

/** `postern profile remove` */
export const profileRemoveCommand: Command<never> = defineCommand<{ name: string; yes: boolean }>({
  command: 'remove <name>',
  describe: 'Remove a profile with its local store; the server keeps everything',
  examples: [['$0 profile remove work', 'Tells what is lost here, and asks']],
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

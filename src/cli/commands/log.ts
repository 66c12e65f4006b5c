import { type Command, defineCommand } from '../command.ts'
import { call } from '../with-control.ts'

const levelCommand = defineCommand<{ level: 'errors' | 'debug' | undefined }>({
  command: 'level [level]',
  describe: 'Show or change how much is logged: "errors" means startup and errors only',
  build: yargs => yargs.positional('level', { choices: ['errors', 'debug'] as const }),
  run: async ({ level }, context) => {
    const document = await call<{ level: string }>(context, 'log.level', level ? { level } : {})
    context.terminal.result(document, ({ level }) => level)
    return undefined
  },
})

const dirCommand = defineCommand({
  command: 'dir',
  describe: 'Show where the logs lie: one file a day, MM-DD-YYYY.txt',
  run: async (_options, context) => {
    context.terminal.result(await call<{ dir: string }>(context, 'log.dir', {}), ({ dir }) => dir)
    return undefined
  },
})

/** `postern log` */
export const logCommand: Command<never> = defineCommand({
  command: 'log',
  describe: 'What is logged, and where',
  children: [levelCommand, dirCommand],
})

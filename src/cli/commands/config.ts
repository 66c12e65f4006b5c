import { type Command, defineCommand } from '../command.ts'
import { table } from '../terminal.ts'
import { call } from '../with-control.ts'

const listCommand = defineCommand({
  command: 'list',
  describe: 'List all settings',
  run: async (_options, context) => {
    const settings = await call<Record<string, unknown>>(context, 'config.list', {})
    context.terminal.result(settings, () =>
      table(
        ['KEY', 'VALUE'],
        Object.entries(settings).map(([key, value]) => [key, String(value)]),
      ),
    )
    return undefined
  },
})

const getCommand = defineCommand<{ key: string }>({
  command: 'get <key>',
  describe: 'Show one setting',
  examples: [['$0 config get fronts.pop3.port', '']],
  build: yargs => yargs.positional('key', { type: 'string', demandOption: true }),
  run: async ({ key }, context) => {
    const document = await call<{ value: unknown }>(context, 'config.get', { key: String(key) })
    context.terminal.result(document, ({ value }) => valueText(value))
    return undefined
  },
})

const setCommand = defineCommand<{ key: string; value: string }>({
  command: 'set <key> <value>',
  describe: 'Change one setting; a running daemon follows at once where it can, and says where it cannot',
  examples: [['$0 config set fronts.pop3.port 5111', 'The POP3 front moves to another port']],
  build: yargs =>
    yargs
      .positional('key', { type: 'string', demandOption: true })
      .positional('value', { type: 'string', demandOption: true })
      .string('value'),
  run: async ({ key, value }, context) => {
    const params = { key: String(key), value: String(value) }
    const document = await call<{ key: string; value: unknown; from?: 'restart' }>(context, 'config.set', params)
    context.terminal.result(
      document,
      ({ key, value, from }) => `${key} is ${valueText(value)}${from ? ', from the next start of the daemon' : ''}`,
    )
    return undefined
  },
})

/** `postern config` */
export const configCommand: Command<never> = defineCommand({
  command: 'config',
  describe: 'Settings of the installation (config.yaml)',
  children: [listCommand, getCommand, setCommand],
})

function valueText(value: unknown): string {
  return typeof value === 'object' && value !== null ? JSON.stringify(value, undefined, 2) : String(value ?? 'not set')
}

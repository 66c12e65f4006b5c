import { type Command, defineCommand } from '../command.ts'
import { printable, table } from '../terminal.ts'
import { call } from '../with-control.ts'

const profileOption = { type: 'string', describe: 'Which profile, where there are several' } as const

interface Waiting {
  readonly id: string
  readonly sender: string
  readonly recipients: readonly string[]
  readonly acceptedAt: string
  readonly attempts: number
  readonly nextAttemptAt: string | null
  readonly lastError: string | null
}

const listCommand = defineCommand<{ profile: string | undefined }>({
  command: 'list',
  describe: 'List the messages that wait to be delivered',
  build: yargs => yargs.option('profile', profileOption),
  run: async ({ profile }, context) => {
    const messages = await call<Waiting[]>(context, 'outbox.list', { profile })
    context.terminal.result(messages, () =>
      table(
        ['ID', 'TO', 'SINCE', 'TRIES', 'NEXT TRY', 'LAST ERROR'],
        messages.map(({ id, recipients, acceptedAt, attempts, nextAttemptAt, lastError }) => [
          ...[id, printable(recipients.join(', ')).slice(0, 40), acceptedAt, String(attempts), nextAttemptAt ?? 'now'],
          printable(lastError ?? '-'),
        ]),
      ),
    )
    return undefined
  },
})

const retryCommand = defineCommand<{ id: string | undefined; profile: string | undefined }>({
  command: 'retry [id]',
  describe: 'Try again now: one message, or all',
  build: yargs => yargs.positional('id', { type: 'string' }).option('profile', profileOption),
  run: async ({ id, profile }, context) => {
    const document = await call<{ retried: number }>(context, 'outbox.retry', { id, profile })
    context.terminal.result(document, ({ retried }) => `${retried} to be tried now`)
    return undefined
  },
})

const dropCommand = defineCommand<{ id: string; profile: string | undefined; yes: boolean }>({
  command: 'drop <id>',
  describe: 'Throw a message away without delivering it',
  build: yargs =>
    yargs
      .positional('id', { type: 'string', demandOption: true })
      .option('profile', profileOption)
      .option('yes', { type: 'boolean', default: false, describe: 'Do not ask' }),
  run: async ({ id, profile, yes }, context) => {
    await context.terminal.confirm(`Throw away ${id}? It will not be sent.`, { yes, signal: context.signal })
    const document = await call<object>(context, 'outbox.drop', { id: String(id), profile })
    context.terminal.result(document, () => `dropped ${id}`)
    return undefined
  },
})

/** `postern outbox` */
export const outboxCommand: Command<never> = defineCommand({
  command: 'outbox',
  describe: 'Messages that wait to be delivered (profiles with relay: spool)',
  children: [listCommand, retryCommand, dropCommand],
})

import { resolve } from 'node:path'
import { PosternError } from '../../../errors.ts'
import { type Command, defineCommand } from '../../command.ts'
import type { CliErrorCode } from '../../errors.ts'
import { printable } from '../../terminal.ts'
import { call } from '../../with-control.ts'
import { restoreDeleted } from './item-deleted.ts'

interface Changed {
  readonly changed: number
  readonly ids: readonly string[]
}

const idsOption = { type: 'string', array: true, demandOption: true, describe: 'See postern item list' } as const

const addCommand = defineCommand<{ folder: string; file: string; flag: string[]; profile: string | undefined }>({
  command: 'add <folder> <file>',
  describe: 'Put a message, an event, a task, a note or a contact into a folder, here and on the server',
  examples: [
    ['$0 item add Archive letter.eml', ''],
    ['$0 item add INBOX letter.eml --flag "\\Seen" --flag "\\Flagged"', 'With flags'],
    ['$0 item add Calendar meeting.ics', 'A new event; or the new version of that with the same UID'],
  ],
  build: yargs =>
    yargs
      .positional('folder', { type: 'string', demandOption: true })
      .positional('file', {
        type: 'string',
        demandOption: true,
        describe: 'One message (.eml), entry of a calendar (.ics) or contact (.vcf)',
      })
      .option('flag', { type: 'string', array: true, default: [], describe: 'A flag it shall have' })
      .option('profile', { type: 'string', describe: 'Which profile, where there are several' }),
  run: async ({ folder, file, flag, profile }, context) => {
    const params = { folder: String(folder), file: resolve(String(file)), flags: flag.map(String), profile }
    const added = await call<{ id: string; folder: string }>(context, 'item.add', params)
    context.terminal.result(added, ({ id, folder }) => `Added ${id} to ${printable(folder)}`)
    return undefined
  },
})

const flagCommand = defineCommand<{ id: string; flags: string[] }>({
  command: 'flag <id> <flags..>',
  describe: 'Set and clear flags: +\\Seen, -\\Flagged, +$Label1',
  examples: [
    ['$0 item flag 1-42 +\\\\Seen -\\\\Flagged', 'Read, and no longer flagged (the shell takes one backslash)'],
  ],
  build: yargs =>
    yargs
      .parserConfiguration({ 'unknown-options-as-args': true })
      .positional('id', { type: 'string', demandOption: true })
      .positional('flags', { type: 'string', array: true, demandOption: true }),
  run: async ({ id, flags }, context) => {
    const words = flags.map(String)
    const bad = words.find(word => !/^[+-]./.test(word))
    if (bad !== undefined) throw flagUsage(bad)
    const pick = (sign: string) => words.filter(word => word.startsWith(sign)).map(word => word.slice(1))
    const changed = await call<Changed>(context, 'item.flag', { ids: [String(id)], add: pick('+'), remove: pick('-') })
    context.terminal.result(changed, () => `Changed the flags of ${id}`)
    return undefined
  },
})

const transferCommand = (verb: 'move' | 'copy') =>
  defineCommand<{ ids: string[]; to: string }>({
    command: `${verb} <to> <ids..>`,
    describe: `${verb === 'move' ? 'Move' : 'Copy'} messages to a folder, here and on the server`,
    examples: [[`$0 item ${verb} Archive 1-42 1-43`, '']],
    build: yargs =>
      yargs.positional('to', { type: 'string', demandOption: true, describe: 'A folder' }).positional('ids', idsOption),
    run: async ({ ids, to }, context) => {
      const [wanted, folder] = sortArguments(ids.map(String), String(to))
      const changed = await call<Changed>(context, `item.${verb}`, { ids: wanted, folder })
      const done = verb === 'move' ? 'Moved' : 'Copied'
      context.terminal.result(changed, ({ changed }) => `${done} ${changed} to ${printable(folder)}`)
      return undefined
    },
  })

const deleteCommand = defineCommand<{ ids: string[]; permanent: boolean }>({
  command: 'delete <ids..>',
  describe: 'Delete messages: into the Trash; those in it, and entries of calendars and contacts, for good',
  examples: [
    ['$0 item delete 1-42', 'Can be undone: postern item restore 1-42'],
    ['$0 item delete 1-42 --permanent', 'Not by way of the Trash'],
  ],
  build: yargs =>
    yargs
      .positional('ids', idsOption)
      .option('permanent', { type: 'boolean', default: false, describe: 'Skip the Trash' }),
  run: async ({ ids, permanent }, context) => {
    const params = { ids: ids.map(String), isPermanent: permanent }
    const changed = await call<Changed>(context, 'item.delete', params)
    context.terminal.result(changed, ({ changed }) => `Deleted ${changed}`)
    return undefined
  },
})

const restoreCommand = defineCommand<{
  ids: string[] | undefined
  folder: string | undefined
  since: string | undefined
  profile: string | undefined
}>({
  command: 'restore [ids..]',
  describe: 'Bring back what was deleted for good, here or on the server',
  examples: [
    ['$0 item restore 1-42', 'Back into its folder, here and on the server'],
    ['$0 item restore 1-o7', 'An event, a task, a note or a contact'],
    ['$0 item restore --folder INBOX --since 2h', 'All that was deleted there in the last two hours'],
  ],
  build: yargs =>
    yargs
      .positional('ids', { ...idsOption, demandOption: false, describe: 'See postern item list --deleted' })
      .option('folder', { type: 'string', describe: 'What was deleted from this folder' })
      .option('since', { type: 'string', describe: 'How long ago at most (30m, 2h, 3d, 1w), or a date' })
      .option('profile', { type: 'string', describe: 'Which profile, where there are several' }),
  run: ({ ids, ...options }, context) => restoreDeleted(context, { ids: (ids ?? []).map(String), ...options }),
})

/** The children of `postern item` that change mail. */
export const ITEM_CHANGES: readonly Command<never>[] = [
  addCommand,
  flagCommand,
  transferCommand('move'),
  transferCommand('copy'),
  deleteCommand,
  restoreCommand,
]

// `item move ID… FOLDER` is how one says it; an id is told from a folder by its form.
function sortArguments(ids: readonly string[], to: string): readonly [ids: readonly string[], folder: string] {
  if (!isId(to)) return [ids, to]
  const folder = ids.at(-1) ?? ''
  return isId(folder) ? [ids, to] : [[to, ...ids.slice(0, -1)], folder]
}

function isId(text: string): boolean {
  return /^\d+-\d+$/.test(text)
}

function flagUsage(flag: string): PosternError {
  return new PosternError<CliErrorCode>('CLI_USAGE', `${JSON.stringify(flag)} must begin with + or -.`, {
    remedy: 'user',
    advice: 'For example: postern item flag 1-42 +\\\\Seen -\\\\Flagged',
  })
}

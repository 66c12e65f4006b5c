import { type Command, defineCommand } from '../../command.ts'
import { printable } from '../../terminal.ts'
import { call } from '../../with-control.ts'

const profileOption = { type: 'string', describe: 'Which profile, where there are several' } as const
const folderOption = { type: 'string', demandOption: true } as const

interface Changed {
  readonly folder: string
  readonly changed: number
}

const createCommand = defineCommand<{ folder: string; profile: string | undefined }>({
  command: 'create <folder>',
  describe: 'Make a folder, here and on the server',
  examples: [['$0 folder create Projects/Garden', '']],
  build: yargs => yargs.positional('folder', folderOption).option('profile', profileOption),
  run: async ({ folder, profile }, context) => {
    const made = await call<Changed>(context, 'folder.create', { path: String(folder), profile })
    context.terminal.result(made, ({ folder }) => `Made ${printable(folder)}`)
    return undefined
  },
})

const renameCommand = defineCommand<{ folder: string; name: string; profile: string | undefined }>({
  command: 'rename <folder> <name>',
  describe: 'Rename a folder and those below it, here and on the server',
  examples: [['$0 folder rename Projects/Garden Garden', '']],
  build: yargs =>
    yargs.positional('folder', folderOption).positional('name', folderOption).option('profile', profileOption),
  run: async ({ folder, name, profile }, context) => {
    const params = { path: String(folder), newPath: String(name), profile }
    const renamed = await call<Changed>(context, 'folder.rename', params)
    context.terminal.result(renamed, () => `Renamed ${printable(String(folder))} to ${printable(String(name))}`)
    return undefined
  },
})

const deleteCommand = defineCommand<{ folder: string; profile: string | undefined }>({
  command: 'delete <folder>',
  describe: 'Delete a folder with its messages, here and on the server',
  examples: [['$0 folder delete Projects/Garden', 'Its messages can be restored one by one: postern item restore']],
  build: yargs => yargs.positional('folder', folderOption).option('profile', profileOption),
  run: async ({ folder, profile }, context) => {
    const deleted = await call<Changed>(context, 'folder.delete', { path: String(folder), profile })
    context.terminal.result(deleted, ({ folder, changed }) => `Deleted ${printable(folder)} with ${changed} messages`)
    return undefined
  },
})

const resumeCommand = defineCommand<{
  folder: string
  accept: boolean | undefined
  restore: boolean | undefined
  profile: string | undefined
}>({
  command: 'resume <folder>',
  describe: 'Let a held folder go on, after much of it has vanished on the server or was deleted here',
  examples: [
    ['$0 folder resume INBOX --accept', 'It is right: here and on the server they are gone'],
    ['$0 folder resume INBOX --restore', 'Bring them back: uploaded again, or undeleted here'],
  ],
  build: yargs =>
    yargs
      .positional('folder', folderOption)
      .option('accept', { type: 'boolean', describe: 'Take over the deletions, or tell the server of them' })
      .option('restore', { type: 'boolean', describe: 'Upload what has vanished again, or undo what was deleted here' })
      .conflicts('accept', 'restore')
      .option('profile', profileOption),
  run: async ({ folder, accept, restore, profile }, context) => {
    const consent = accept ? 'accept' : restore ? 'restore' : undefined
    const resumed = await call<Changed>(context, 'folder.resume', { path: String(folder), consent, profile })
    context.terminal.result(resumed, ({ folder }) => `${printable(folder)} goes on`)
    return undefined
  },
})

/** The children of `postern folder` that change folders. */
export const FOLDER_CHANGES: readonly Command<never>[] = [createCommand, renameCommand, deleteCommand, resumeCommand]

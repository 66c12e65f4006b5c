import type { IgnoredListing } from '../../daemon/reading/ignored-listing.ts'
import { type Command, defineCommand } from '../command.ts'
import { printable, table } from '../terminal.ts'
import { call } from '../with-control.ts'

type Ignored = Omit<IgnoredListing, 'row'> & { readonly id: string | null }
interface Options {
  readonly folder: string | undefined
  readonly profile: string | undefined
}

const folderOption = { type: 'string', describe: 'This folder only' } as const
const profileOption = { type: 'string', describe: 'Which profile, where there are several' } as const

const listCommand = defineCommand<Options>({
  command: 'list [folder]',
  describe: 'List what failed three times and is not tried any more',
  examples: [['$0 ignored list INBOX', '']],
  build: yargs => yargs.positional('folder', folderOption).option('profile', profileOption),
  run: async ({ folder, profile }, context) => {
    const ignored = await call<Ignored[]>(context, 'ignored.list', { folder, profile })
    context.terminal.result(ignored, ignored => {
      if (ignored.length === 0) return 'Nothing is ignored.'
      const rows = ignored.map(({ folder, uid, id, stage, since, size, error }) => [
        ...[
          printable(folder),
          uid > 0 ? String(uid) : '-',
          id ?? '-',
          stage,
          since?.slice(0, 16).replace('T', ' ') ?? '-',
        ],
        ...[String(size), printable(error)],
      ])
      return table(['FOLDER', 'UID', 'ID', 'STAGE', 'SINCE', 'SIZE', 'CAUSE'], rows)
    })
    return undefined
  },
})

const clearCommand = defineCommand<Options>({
  command: 'clear [folder]',
  describe: 'Clean the ignore list: everything on it is tried again',
  examples: [['$0 ignored clear INBOX', 'Missing messages of the Inbox are downloaded']],
  build: yargs => yargs.positional('folder', folderOption).option('profile', profileOption),
  run: async ({ folder, profile }, context) => {
    const params = { folder, profile }
    const done = await call<{ cleared: number; isRunning: boolean }>(context, 'ignored.clear', params)
    context.terminal.result(done, ({ cleared, isRunning }) =>
      cleared === 0
        ? 'Nothing is ignored.'
        : `${cleared} will be tried again by the ${isRunning ? 'next run' : 'next `postern sync`'}.`,
    )
    return undefined
  },
})

/** `postern ignored` */
export const ignoredCommand: Command<never> = defineCommand({
  command: 'ignored',
  describe: 'The ignore list: messages that could not be downloaded, imported or uploaded, or changed there',
  children: [listCommand, clearCommand],
})

import { type Command, defineCommand } from '../../command.ts'
import { printable } from '../../terminal.ts'
import { call } from '../../with-control.ts'

const CLASSES = ['priority', 'standard', 'other'] as const

interface SetDocument {
  readonly folder: string
  readonly class: string
}

/** `postern folder set` */
export const folderSetCommand: Command<never> = defineCommand<{
  folder: string
  class: (typeof CLASSES)[number]
  profile: string | undefined
}>({
  command: 'set <folder>',
  describe: 'Choose how often a folder is synchronized',
  examples: [
    ['$0 folder set Projects --class priority', 'Every prioritySyncMinutes, and watched'],
    ['$0 folder set Old --class other', 'Only when it is opened, or by postern sync Old'],
  ],
  build: yargs =>
    yargs
      .positional('folder', { type: 'string', demandOption: true })
      .option('class', { choices: CLASSES, demandOption: true, describe: 'Of its interval; `other` is on demand' })
      .option('profile', { type: 'string', describe: 'Which profile, where there are several' }),
  run: async ({ folder, class: wanted, profile }, context) => {
    const params = { profile, path: String(folder), class: wanted }
    const document = await call<SetDocument>(context, 'folder.setClass', params)
    context.terminal.result(document, ({ folder, class: kind }) => `${printable(folder)} is ${kind}`)
    return undefined
  },
})

import { resolve } from 'node:path'
import type { FolderListing, ItemDetails, ItemListing } from '../../daemon/reading/reader-operations.ts'
import { PosternError } from '../../errors.ts'
import { type Command, defineCommand } from '../command.ts'
import type { CliErrorCode } from '../errors.ts'
import { printable, table } from '../terminal.ts'
import { call, withControl } from '../with-control.ts'
import { FOLDER_CHANGES } from './folder/folder-change.ts'
import { folderSetCommand } from './folder/folder-set.ts'
import { ITEM_CHANGES } from './item/item-change.ts'
import { listDeleted } from './item/item-deleted.ts'
import { itemExplainCommand } from './item/item-explain.ts'
import { itemFetchCommand } from './item/item-fetch.ts'
import { describeSync, synchronize } from './synchronize.ts'

const profileOption = { type: 'string', describe: 'Which profile, where there are several' } as const

/** `postern sync` */
export const syncCommand: Command<never> = defineCommand<{
  folders: string[] | undefined
  structure: boolean
  wait: boolean
  'retry-sign-in': boolean
  profile: string | undefined
}>({
  command: 'sync [folders..]',
  describe: 'Synchronize now: everything, or the named folders',
  examples: [
    ['$0 sync --wait', 'Show the progress until everything is here'],
    ['$0 sync INBOX Sent', 'Two folders only'],
    ['$0 sync --structure', 'Only the list of folders'],
  ],
  build: yargs =>
    yargs
      .positional('folders', { type: 'string', array: true })
      .option('structure', { type: 'boolean', default: false, describe: 'Only the list of folders' })
      .option('wait', {
        type: 'boolean',
        default: true,
        describe: 'Stay until it is done (--no-wait lets the daemon do it)',
      })
      .option('retry-sign-in', {
        type: 'boolean',
        default: false,
        describe: 'Try a password again that was refused three times',
      })
      .option('profile', profileOption),
  run: async ({ folders, structure, wait, profile, 'retry-sign-in': retrySignIn }, context) => {
    const wanted = {
      profile,
      folders: (folders ?? []).map(String),
      structureOnly: structure,
      retrySignIn,
      mayLeave: !wait,
    }
    const result = await synchronize(wanted, context)
    context.terminal.result(result, describeSync)
    return result.errors.length > 0 ? 1 : 0
  },
})

const folderListCommand = defineCommand<{ profile: string | undefined }>({
  command: 'list',
  describe: 'List the folders with their counts',
  build: yargs => yargs.option('profile', profileOption),
  run: async ({ profile }, context) => {
    const folders = await call<(FolderListing & { class: string })[]>(context, 'folder.list', { profile })
    context.terminal.result(folders, () =>
      table(
        ['FOLDER', 'USE', 'ITEMS', 'UNREAD', 'IGNORED', 'CLASS', 'STATE'],
        folders.map(folder => [
          ...[
            printable(folder.path),
            folder.role ?? (folder.kind === 'mail' ? '-' : folder.kind),
            String(folder.items),
            String(folder.unread),
            String(folder.ignored),
          ],
          ...[folder.class, folder.state],
        ]),
      ),
    )
    return undefined
  },
})

/** `postern folder` */
export const folderCommand: Command<never> = defineCommand({
  command: 'folder',
  describe: 'Folders of the local store',
  children: [folderListCommand, folderSetCommand, ...FOLDER_CHANGES],
})

type Item = Omit<ItemListing, 'row'> & { readonly id: string }

const itemListCommand = defineCommand<{
  folder: string | undefined
  deleted: boolean
  profile: string | undefined
}>({
  command: 'list [folder]',
  describe: 'List the messages, events, tasks, notes or contacts of a folder, or what was deleted and can be restored',
  examples: [
    ['$0 item list INBOX', ''],
    ['$0 item list --deleted', 'Of all folders, with who deleted it and until when it is kept'],
  ],
  build: yargs =>
    yargs
      .positional('folder', { type: 'string' })
      .option('deleted', { type: 'boolean', default: false, describe: 'What can be restored, of one folder or of all' })
      .option('profile', profileOption),
  run: async ({ folder, deleted, profile }, context) => {
    if (deleted) return listDeleted(context, { folder: folder === undefined ? undefined : String(folder), profile })
    if (folder === undefined) throw folderUsage()
    const items: Item[] = []
    await call(context, 'item.list', { folder: String(folder), profile }, page => {
      items.push(...(page as { items: Item[] }).items) // src/daemon/methods/mail.ts
    })
    context.terminal.result(items, () =>
      table(
        ['ID', 'DATE', 'FROM', 'SUBJECT', 'SIZE', 'FLAGS'],
        items.map(item => [
          ...[item.id, item.date?.slice(0, 16).replace('T', ' ') ?? '-', printable(item.from ?? '-').slice(0, 30)],
          ...[printable(item.subject ?? '-').slice(0, 50), String(item.size), marks(item)],
        ]),
      ),
    )
    return undefined
  },
})

// Of a header only, all of it is still on the server: postern item fetch.
function marks({ flags, state }: Item): string {
  return [...flags, ...(state === 'header' ? ['(header only)'] : [])].join(' ')
}

const itemShowCommand = defineCommand<{ id: string }>({
  command: 'show <id>',
  describe: 'Show what is known of a message, or an entry of a calendar or address book',
  build: yargs => yargs.positional('id', { type: 'string', demandOption: true }),
  run: async ({ id }, context) => {
    const item = await call<ItemDetails>(context, 'item.show', { id: String(id) })
    context.terminal.result(item, () =>
      Object.entries(item)
        .map(
          ([key, value]) =>
            `${key.padEnd(10)} ${printable(Array.isArray(value) ? value.join(' ') : String(value ?? '-'))}`,
        )
        .join('\n'),
    )
    return undefined
  },
})

const itemExportCommand = defineCommand<{
  id: string | undefined
  folder: string | undefined
  out: string | undefined
  profile: string | undefined
}>({
  command: 'export [id]',
  describe: 'Write an item’s exact octets to stdout, or all of a folder to files',
  examples: [
    ['$0 item export 1-42 > message.eml', 'One message'],
    ['$0 item export --folder INBOX --out mail', 'One file per message, <uid>.eml'],
    ['$0 item export --folder Calendar --out events', 'One file per entry, <id>.ics or <id>.vcf'],
  ],
  build: yargs =>
    yargs
      .positional('id', { type: 'string' })
      .option('folder', { type: 'string', describe: 'All messages of this folder' })
      .option('out', { type: 'string', describe: 'The folder to write files to' })
      .option('profile', profileOption),
  run: async ({ id, folder, out, profile }, context) => {
    const { terminal, signal } = context
    if (folder !== undefined && out !== undefined && id === undefined) {
      const params = { folder, out: resolve(out), profile }
      const show = (event: unknown) => {
        const { done, total } = event as { done: number; total: number } // src/daemon/methods/mail.ts
        terminal.progress(`Exported ${done}/${total}`, { rewriteLines: done > 500 ? 1 : 0 })
      }
      const document = await call<{ messages: number; dir: string }>(context, 'item.exportFolder', params, show)
      terminal.result(document, ({ messages, dir }) => `${messages} messages in ${dir}`)
      return undefined
    }
    if (id === undefined || folder !== undefined || out !== undefined) throw exportUsage()
    await withControl(context, async control => {
      for await (const chunk of control.octets('item.export', { id: String(id) }, { signal })) {
        await terminal.bytes(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength))
      }
    })
    return undefined
  },
})

/** `postern item` */
export const itemCommand: Command<never> = defineCommand({
  command: 'item',
  describe: 'Messages of the local store, and entries of calendars and address books',
  children: [
    itemListCommand,
    itemShowCommand,
    itemExportCommand,
    itemFetchCommand,
    itemExplainCommand,
    ...ITEM_CHANGES,
  ],
})

function folderUsage(): PosternError {
  return new PosternError<CliErrorCode>('CLI_USAGE', 'Name a folder, or give --deleted.', {
    remedy: 'user',
    advice: 'See postern folder list for the names.',
  })
}

function exportUsage(): PosternError {
  return new PosternError<CliErrorCode>('CLI_USAGE', 'Give either an id, or --folder with --out.', {
    remedy: 'user',
    advice: 'See postern item export --help.',
  })
}

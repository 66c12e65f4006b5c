import { type Command, defineCommand } from '../command.ts'
import { printable, table } from '../terminal.ts'
import { call, withControl } from '../with-control.ts'

const profileOption = { type: 'string', describe: 'Which profile, where there are several' } as const
const idOption = { type: 'string', demandOption: true, describe: 'See postern conflict list' } as const
const idsOption = { ...idOption, array: true } as const

interface Conflict {
  readonly id: string
  readonly item: string
  readonly side: 'local' | 'server'
  readonly reason: string
  readonly folder: string
  readonly messageId: string | null
  readonly subject: string | null
  readonly from: string | null
  readonly date: string | null
  readonly size: number
  readonly flags: readonly string[]
  readonly at: string | null
  readonly seen: boolean
}

interface ConflictDetails extends Conflict {
  readonly why: string
  readonly received: string | null
  readonly sha256: string
  readonly other: { readonly folder: string | null; readonly flags: readonly string[]; readonly state: string }
}

const listCommand = defineCommand<{ profile: string | undefined }>({
  command: 'list',
  describe: 'List versions of messages that lost against the other side’s, and are kept until you decide',
  build: yargs => yargs.option('profile', profileOption),
  run: async ({ profile }, context) => {
    const conflicts = await call<Conflict[]>(context, 'conflict.list', { profile })
    context.terminal.result(conflicts, () =>
      conflicts.length === 0
        ? 'There are no conflicts.'
        : table(
            ['ID', 'SINCE', 'LOST', 'WHY', 'FOLDER', 'SUBJECT', 'NEW'],
            conflicts.map(({ id, at, side, reason, folder, subject, seen }) => [
              ...[id, minuteOf(at), nameOf(side), reason.replaceAll('-', ' '), printable(folder)],
              ...[printable(subject ?? '-').slice(0, 50), seen ? '' : 'new'],
            ]),
          ),
    )
    return undefined
  },
})

const showCommand = defineCommand<{ id: string; raw: boolean }>({
  command: 'show <id>',
  describe: 'Show both versions of a conflict, and why one of them lost',
  examples: [
    ['$0 conflict show 1-3', ''],
    ['$0 conflict show 1-3 --raw > message.eml', 'The exact octets of the version that is kept'],
  ],
  build: yargs =>
    yargs
      .positional('id', idOption)
      .option('raw', { type: 'boolean', default: false, describe: 'Its exact octets, to stdout' }),
  run: async ({ id, raw }, context) => {
    if (!raw) {
      const conflict = await call<ConflictDetails>(context, 'conflict.show', { id: String(id) })
      context.terminal.result(conflict, describe)
      return undefined
    }
    await withControl(context, async control => {
      for await (const chunk of control.octets('conflict.raw', { id: String(id) }, { signal: context.signal })) {
        await context.terminal.bytes(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength))
      }
    })
    return undefined
  },
})

const restoreCommand = defineCommand<{ ids: string[]; folder: string | undefined }>({
  command: 'restore <ids..>',
  describe: 'Make the versions that lost messages again, here and on the server',
  examples: [
    ['$0 conflict restore 1-3', 'In its folder'],
    ['$0 conflict restore 1-3 1-4 --folder INBOX', 'In another one'],
  ],
  build: yargs =>
    yargs
      .positional('ids', idsOption)
      .option('folder', { type: 'string', describe: 'Put them here, not into their own folders' }),
  run: async ({ ids, folder }, context) => {
    const params = { ids: ids.map(String), ...(folder === undefined ? {} : { folder: String(folder) }) }
    const done = await call<{ changed: number; items: string[] }>(context, 'conflict.restore', params)
    context.terminal.result(done, ({ items }) => `Restored ${items.join(' ')}`)
    return undefined
  },
})

const discardCommand = defineCommand<{ ids: string[]; yes: boolean }>({
  command: 'discard <ids..>',
  describe: 'Delete the versions that lost, for good',
  examples: [['$0 conflict discard 1-3', 'The other version stays as it is']],
  build: yargs =>
    yargs
      .positional('ids', idsOption)
      .option('yes', { type: 'boolean', default: false, describe: 'Do not ask for confirmation' }),
  run: async ({ ids, yes }, context) => {
    const what = ids.length === 1 ? `the version kept as ${ids[0]}` : `these ${ids.length} versions`
    await context.terminal.confirm(`Delete ${what} for good?`, { yes, signal: context.signal })
    const done = await call<{ changed: number }>(context, 'conflict.discard', { ids: ids.map(String) })
    context.terminal.result(done, ({ changed }) => `Discarded ${changed}`)
    return undefined
  },
})

/** `postern conflict` */
export const conflictCommand: Command<never> = defineCommand({
  command: 'conflict',
  describe: 'Versions of messages that lost against the other side’s',
  children: [listCommand, showCommand, restoreCommand, discardCommand],
})

function describe(conflict: ConflictDetails): string {
  const { id, item, side, folder, flags, why, other, sha256, size, at } = conflict
  const winner = side === 'local' ? 'server' : 'local'
  return [
    why,
    '',
    `conflict   ${id} of item ${item}, since ${minuteOf(at)}`,
    `subject    ${printable(conflict.subject ?? '-')}`,
    `from       ${printable(conflict.from ?? '-')}`,
    `date       ${minuteOf(conflict.date)}, received ${minuteOf(conflict.received)}`,
    `message-id ${printable(conflict.messageId ?? '-')}`,
    `size       ${size} octets, SHA-256 ${sha256}`,
    '',
    `kept       ${nameOf(side)} version: in ${printable(folder)}, flags ${flags.join(' ') || 'none'}`,
    `won        ${nameOf(winner)} version: ${other.state}; last known in ${printable(other.folder ?? 'no folder')}, flags ${other.flags.join(' ') || 'none'}`,
    '',
    `postern conflict restore ${id} makes the kept version a message again, postern conflict discard ${id} deletes it.`,
  ].join('\n')
}

function nameOf(side: 'local' | 'server'): string {
  return side === 'local' ? 'local' : 'server’s'
}

function minuteOf(iso: string | null): string {
  return iso?.slice(0, 16).replace('T', ' ') ?? '-'
}

import { resolve } from 'node:path'
import type { StoreTaskResults } from '../../daemon/engine/store-tasks.ts'
import { type Command, defineCommand } from '../command.ts'
import { MaintenanceProgress } from '../maintenance-progress.ts'
import { sizeText } from '../size-text.ts'
import { printable, table } from '../terminal.ts'
import { call } from '../with-control.ts'

const profileOption = { type: 'string', describe: 'Which profile, where there are several' } as const
const fullOption = { type: 'boolean', default: false, describe: 'Read every message, not only its record' } as const

type Check = StoreTaskResults['check']
type Repair = StoreTaskResults['repair']
type Compact = StoreTaskResults['compact']

const checkCommand = defineCommand<{ full: boolean; profile: string | undefined }>({
  command: 'check',
  describe: 'Check the local store; changes nothing',
  examples: [
    ['$0 store check', 'The database, and that every message is where it should be'],
    ['$0 store check --full', 'Every octet of every message as well'],
  ],
  build: yargs => yargs.option('full', fullOption).option('profile', profileOption),
  run: async ({ full, profile }, context) => {
    const { onEvent } = new MaintenanceProgress(context.terminal)
    const report = await call<Check>(context, 'store.check', { profile, isFull: full }, onEvent)
    context.terminal.result(report, describeCheck)
    return report.ok ? 0 : 1
  },
})

function describeCheck({ ok, problems, items, bodies, packs, folders, tombs, conflicts }: Check): string {
  const rows = folders.map(({ path, items, octets }) => [printable(path), String(items), sizeText(octets)])
  const kept = `${tombs} deleted ones can be restored${conflicts > 0 ? `, ${conflicts} versions lost a conflict` : ''}`
  return [
    ...(rows.length > 0 ? [table(['FOLDER', 'ITEMS', 'SIZE'], rows)] : []),
    `${items} items; ${kept}`,
    `${bodies} messages in ${packs.count} packs of ${sizeText(packs.octets)}, ${sizeText(packs.dead)} of it dead`,
    ...problems.flatMap(({ message, advice }) => [`Problem: ${printable(message)}`, `  ${advice}`]),
    ok ? 'The store is sound.' : `${problems.length} problems.`,
  ].join('\n')
}

const repairCommand = defineCommand<{ full: boolean; profile: string | undefined }>({
  command: 'repair',
  describe: 'Cure what check finds; nothing is thrown away',
  examples: [
    ['$0 store repair', 'Then `$0 sync` fetches again what was damaged'],
    ['$0 store repair --full', 'Look for damage inside of messages as well'],
  ],
  build: yargs => yargs.option('full', fullOption).option('profile', profileOption),
  run: async ({ full, profile }, context) => {
    const { onEvent } = new MaintenanceProgress(context.terminal)
    const report = await call<Repair>(context, 'store.repair', { profile, isFull: full }, onEvent)
    context.terminal.result(report, describeRepair)
    return report.lost.length > 0 ? 1 : 0
  },
})

function describeRepair({ done, refetched, lost, kept }: Repair): string {
  const lines = [
    ...done.map(text => `Repaired: ${printable(text)}`),
    ...(refetched > 0 ? [`${refetched} messages are fetched again by the next postern sync`] : []),
    ...lost.map(text => `Only here, and cannot be read: ${printable(text)}`),
    ...(lost.length > 0 ? ['  They stay as they are; a backup may have them.'] : []),
    ...kept.map(path => `What was there before: ${path}`),
  ]
  return lines.length > 0 ? lines.join('\n') : 'There was nothing to repair.'
}

const compactCommand = defineCommand<{ 'dry-run': boolean; profile: string | undefined }>({
  command: 'compact',
  describe: 'Give back the space of deleted messages',
  examples: [
    ['$0 store compact --dry-run', 'Only say what it would bring'],
    ['$0 store compact', 'The daemon does it by itself when much has gathered'],
  ],
  build: yargs =>
    yargs
      .option('dry-run', { type: 'boolean', default: false, describe: 'Change nothing' })
      .option('profile', profileOption),
  run: async ({ 'dry-run': isDryRun, profile }, context) => {
    const { onEvent } = new MaintenanceProgress(context.terminal)
    const report = await call<Compact>(context, 'store.compact', { profile, isDryRun }, onEvent)
    context.terminal.result(report, describeCompact)
    return undefined
  },
})

function describeCompact({ plan, isDryRun, retired, freed, copied, damaged, isVacuumed }: Compact): string {
  const { packs, octets, dead } = plan.total
  const total = `${packs} packs of ${sizeText(octets)}, ${sizeText(dead)} of it dead`
  if (isDryRun) {
    const gain = plan.packs.reduce((sum, pack) => sum + pack.octets - pack.live, 0)
    const database = plan.isVacuumWorthwhile ? `, ${sizeText(plan.databaseFree)} from the database` : ''
    return `${total}\nWould rewrite ${plan.packs.length} packs and give back ${sizeText(gain)}${database}`
  }
  const unread = `${damaged} messages cannot be read and stay where they are: postern store repair`
  return [
    total,
    retired > 0
      ? `Rewrote ${retired} packs: ${sizeText(freed)} given back, ${sizeText(copied)} copied`
      : 'Nothing to rewrite',
    ...(isVacuumed ? ['The database was rewritten'] : []),
    ...(damaged > 0 ? [unread] : []),
  ].join('\n')
}

const backupCommand = defineCommand<{ folder: string; copy: boolean; profile: string | undefined }>({
  command: 'backup <folder>',
  describe: 'Write a checked copy of the store into a new folder or .tar file, while everything goes on',
  examples: [
    ['$0 store backup /media/disk/postern-2026-11-25', ''],
    ['$0 store backup /media/disk/postern.tar', 'One file'],
    ['$0 store backup ../copy --copy', 'On the same disk, but with files of its own'],
  ],
  build: yargs =>
    yargs
      .positional('folder', {
        type: 'string',
        demandOption: true,
        describe: 'It must not exist yet; one that ends with .tar becomes a file',
      })
      .option('copy', {
        type: 'boolean',
        default: false,
        describe: 'Copy everything; else, on the same disk, files that never change are shared with the store',
      })
      .option('profile', profileOption),
  run: async ({ folder, copy, profile }, context) => {
    const { onEvent } = new MaintenanceProgress(context.terminal)
    const params = { profile, target: resolve(String(folder)), isCopy: copy }
    const report = await call<StoreTaskResults['backup']>(context, 'store.backup', params, onEvent)
    context.terminal.result(report, ({ dir, items, octets, linked, problems }) =>
      [
        `${items} items, ${sizeText(octets)} in ${dir}${linked > 0 ? `, ${linked} files shared with the store` : ''}`,
        ...problems.map(text => `Damaged in the store already: ${printable(text)}`),
      ].join('\n'),
    )
    return report.problems.length > 0 ? 1 : 0
  },
})

interface Verified {
  readonly owner: string
  readonly createdAt: string
  readonly counts: { readonly items: number }
}

const restoreCommand = defineCommand<{ folder: string; yes: boolean; profile: string | undefined }>({
  command: 'restore <folder>',
  describe: 'Put a backup in the place of the store; the present one is kept beside it',
  examples: [['$0 store restore /media/disk/postern-2026-11-25', 'Then `$0 sync` brings what came since']],
  build: yargs =>
    yargs
      .positional('folder', {
        type: 'string',
        demandOption: true,
        describe: 'The folder or .tar file that store backup wrote',
      })
      .option('yes', { type: 'boolean', default: false, describe: 'Do not ask' })
      .option('profile', profileOption),
  run: async ({ folder, yes, profile }, context) => {
    const { terminal, signal } = context
    const { onEvent } = new MaintenanceProgress(terminal)
    const params = { profile, source: resolve(String(folder)) }
    const found = await call<Verified>(context, 'store.verify', params, onEvent)
    const what = `the backup of ${found.createdAt.slice(0, 16).replace('T', ' ')} UTC with ${found.counts.items} items`
    const question = `Put ${what} in the place of the store of ${found.owner}? What was not uploaded since is put aside.`
    await terminal.confirm(question, { yes, signal })
    const report = await call<StoreTaskResults['restore']>(context, 'store.restore', params, onEvent)
    terminal.result(report, ({ items, before }) =>
      [
        `Restored ${items} items. The next postern sync brings what has changed since.`,
        ...(before === undefined ? [] : [`The store that was there before is in ${before}`]),
      ].join('\n'),
    )
    return undefined
  },
})

/** `postern store` */
export const storeCommand: Command<never> = defineCommand({
  command: 'store',
  describe: 'The local store as a whole: check, repair, compact, back up, restore',
  children: [checkCommand, repairCommand, compactCommand, backupCommand, restoreCommand],
})

import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { type HomeContents, inspectHome, type Purged, purgeHome } from '../../../daemon/purge-home.ts'
import { type AppliedFile, removeFiles, runSteps } from '../../../install/apply.ts'
import type { PlannedFile } from '../../../install/plan.ts'
import { planFor } from '../../../install/plan-for.ts'
import { canReachManager, targetHere } from '../../../install/target-here.ts'
import { type Command, type CommandContext, defineCommand } from '../../command.ts'
import { launcherFile } from '../../launcher.ts'
import { printable } from '../../terminal.ts'
import { version } from '../../version.ts'
import { stopRunning } from '../daemon.ts'
import { SCOPE_OPTIONS, type ScopeOptions } from './install.ts'
import { type Journal, withJournal } from './install-journal.ts'

interface UninstallOptions extends ScopeOptions {
  purge: boolean
  yes: boolean
}

interface UninstallDocument {
  readonly uninstalled: true
  readonly scope: 'user' | 'all-users'
  readonly files: readonly AppliedFile[]
  readonly stopped: boolean
  /** The folder with mail and settings that is still there. */
  readonly kept: string | null
  readonly purged: Purged | null
}

/** `postern uninstall` */
export const uninstallCommand: Command<never> = defineCommand<UninstallOptions>({
  command: 'uninstall',
  describe: 'Stop Postern and let it start by itself no longer; mail and settings stay unless --purge',
  examples: [
    ['$0 uninstall', 'Keep everything that is stored'],
    ['$0 uninstall --purge', 'Delete it, too; asks twice'],
    ['$0 uninstall --silent --purge --yes', 'The same for scripts'],
  ],
  build: yargs =>
    yargs
      .options(SCOPE_OPTIONS)
      .option('purge', {
        type: 'boolean',
        default: false,
        describe: 'Delete mail, settings and passwords from this machine',
      })
      .option('yes', { type: 'boolean', default: false, describe: 'With --purge: do not ask' }),
  run: async (options, context) => {
    const title = `postern ${version()} uninstall${options.purge ? ' --purge' : ''}`
    const document = await withJournal(options.log, title, journal => uninstall(options, context, journal))
    if (!options.silent || context.terminal.json) context.terminal.result(document, describeUninstall)
    return undefined
  },
})

async function uninstall(
  options: UninstallOptions,
  context: CommandContext,
  journal: Journal,
): Promise<UninstallDocument> {
  const scope = options['all-users'] ? 'all-users' : 'user'
  const { home } = context
  const isOurs = scope === 'user' && options.root === undefined
  const contents = isOurs && options.purge ? await inspectHome(home) : undefined
  if (contents) await confirmTwice(contents, options, context)
  const target = targetHere(scope, home, { launcher: launcherFile(), version: version() })
  const plan = planFor(target)
  const applying = {
    root: resolve(options.root ?? '/'),
    isShared: scope === 'all-users',
    journal,
    signal: context.signal,
  }
  const mayRun = options.root === undefined && canReachManager(target)
  if (mayRun) await runSteps(plan.stop, applying)
  const stopped = isOurs && (await stopRunning(context))
  const defaults: readonly PlannedFile[] =
    scope === 'all-users' && options.purge
      ? [{ kind: 'file', path: home.systemDefaultsFile, content: Buffer.alloc(0) }]
      : []
  const files = await removeFiles([...defaults, ...plan.files], applying)
  if (mayRun) await runSteps(plan.forget, applying)
  const purged = contents ? await purgeHome(home) : null
  if (purged) await journal(`deleted ${purged.dir}: ${purged.deleted.join(', ')}`)
  const kept = isOurs && !purged && existsSync(home.dir) ? home.dir : null
  return { uninstalled: true, scope, files, stopped, kept, purged }
}

async function confirmTwice(
  { dir, profiles, unsent }: HomeContents,
  { yes, silent }: UninstallOptions,
  context: CommandContext,
) {
  const { terminal, signal } = context
  const loss = [
    `This deletes, for good, what Postern keeps in ${printable(dir)}:`,
    `  ${counted(profiles.length, 'profile with its mail', 'profiles with their mail')}${profiles.length > 0 ? `: ${profiles.map(printable).join(', ')}` : ''}`,
    ...(unsent > 0
      ? [`  ${counted(unsent, 'message in an outbox', 'messages in outboxes')}, not to be sent any more`]
      : []),
    '  settings, passwords, logs, and the local certificate authority (if this machine trusts it, first: postern cert uninstall)',
    'What lies on the mail servers stays there.',
  ]
  if (!yes && !silent) terminal.note(loss.join('\n'))
  await terminal.confirm(`Delete ${printable(dir)}?`, { yes, signal })
  await terminal.confirm('It cannot be brought back. Really delete it?', { yes, signal })
}

function counted(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`
}

function describeUninstall({ scope, files, kept, purged }: UninstallDocument): string {
  return [
    `uninstalled ${scope === 'user' ? 'for you' : 'for all users'}`,
    ...files.map(({ path, state }) => `  ${state.padEnd(9)} ${path}`),
    ...(kept === null ? [] : [`Your mail and settings are still in ${kept}; postern uninstall --purge deletes them.`]),
    ...(purged ? [`Deleted from ${purged.dir}: ${purged.deleted.join(', ')}`] : []),
    ...(purged && purged.kept.length > 0
      ? [`Not Postern’s, and left there: ${purged.kept.map(printable).join(', ')}`]
      : []),
    ...(scope === 'all-users' ? ['What users have stored is theirs: each may run postern uninstall --purge.'] : []),
  ].join('\n')
}

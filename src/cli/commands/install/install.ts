import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { domainToASCII } from 'node:url'
import { InstallationDefaults } from '../../../config/installation-defaults.ts'
import { findDaemon } from '../../../daemon/control/control-client.ts'
import { PosternError } from '../../../errors.ts'
import { type AppliedFile, type Applying, runSteps, writeFiles } from '../../../install/apply.ts'
import type { InstallTarget, PlannedFile } from '../../../install/plan.ts'
import { planFor } from '../../../install/plan-for.ts'
import { assertOthersMayRun, canReachManager, targetHere } from '../../../install/target-here.ts'
import { type Command, type CommandContext, defineCommand } from '../../command.ts'
import type { CliErrorCode } from '../../errors.ts'
import { launcherFile } from '../../launcher.ts'
import { version } from '../../version.ts'
import { call } from '../../with-control.ts'
import { stopRunning } from '../daemon.ts'
import { addProfile } from '../profile/profile-add.ts'
import { type Journal, withJournal } from './install-journal.ts'

/** What `install` and `uninstall` have in common. */
export interface ScopeOptions {
  silent: boolean
  'all-users': boolean
  root: string | undefined
  log: string | undefined
}

interface InstallOptions extends ScopeOptions {
  noprofile: boolean
  config: string | undefined
}

interface InstallDocument {
  readonly installed: true
  readonly scope: InstallTarget['scope']
  readonly changed: boolean
  readonly files: readonly AppliedFile[]
  readonly started: boolean
  readonly remarks: readonly string[]
}

/** Options that `install` and `uninstall` share. */
export const SCOPE_OPTIONS = {
  silent: { type: 'boolean', default: false, describe: 'Print nothing but failures, and ask nothing' },
  'all-users': {
    type: 'boolean',
    default: false,
    describe: 'For every user of this machine; needs root or administrator',
  },
  root: { type: 'string', describe: 'Work on the files below this folder, such as a mounted image, and run nothing' },
  log: { type: 'string', describe: 'Append what is done to this file' },
} as const

/** `postern install` */
export const installCommand: Command<never> = defineCommand<InstallOptions>({
  command: 'install',
  describe: 'Let Postern start by itself: systemd on Linux; launchd and Task Scheduler (both not run by us yet)',
  examples: [
    ['$0 install', 'For you: start now and whenever you sign in, then ask for a first account'],
    ['$0 install --silent --config company.yaml', 'The same without a question, with an administrator’s settings'],
    ['$0 install --all-users --silent --log install.log', 'For every user of this machine, as root'],
  ],
  build: yargs =>
    yargs
      .options(SCOPE_OPTIONS)
      .option('noprofile', { type: 'boolean', default: false, describe: 'Ask for no account; --silent does neither' })
      .option('config', {
        type: 'string',
        describe: 'An administrator’s file (YAML or JSON), kept as what counts by default',
      })
      .epilogue('Safe to repeat. After an upgrade or a move of the program, install again: everything is kept.'),
  run: async (options, context) => {
    const title = `postern ${version()} install${options['all-users'] ? ' --all-users' : ''}`
    const document = await withJournal(options.log, title, journal => install(options, context, journal))
    if (!options.silent || context.terminal.json) context.terminal.result(document, describeInstall)
    if (!options.silent && !options.noprofile && document.scope === 'user') await offerProfile(context)
    return undefined
  },
})

async function install(options: InstallOptions, context: CommandContext, journal: Journal): Promise<InstallDocument> {
  const scope = options['all-users'] ? 'all-users' : 'user'
  const root = resolve(options.root ?? '/')
  const target = targetHere(scope, context.home, { launcher: launcherFile(), version: version() })
  const defaults = await plannedDefaults(options, context, root)
  if (scope === 'all-users' && options.root === undefined) await assertOthersMayRun(target)
  const plan = planFor(target)
  const applying = { root, isShared: scope === 'all-users', journal, signal: context.signal }
  const files = await writeFiles([...defaults, ...plan.files], applying)
  const changed = files.some(({ state }) => state === 'written')
  const mayRun = options.root === undefined && canReachManager(target)
  const started = mayRun && (await startAnew({ target, changed, context, applying }))
  return { installed: true, scope, changed, files, started, remarks: [...plan.remarks, ...remarksOn(options, mayRun)] }
}

/** The administrator's file as it is to lie in the installation; read whole before anything is changed. */
async function plannedDefaults(
  { config, 'all-users': isForAll }: InstallOptions,
  { home }: CommandContext,
  root: string,
): Promise<readonly PlannedFile[]> {
  const path = isForAll ? home.systemDefaultsFile : home.defaultsFile
  if (config === undefined) {
    const isNeeded = isForAll && !existsSync(join(root, path))
    return isNeeded ? [{ kind: 'file', path, content: Buffer.from('version: 1\n') }] : []
  }
  const content = await readGiven(config)
  InstallationDefaults.parse(content.toString('utf8'), config, isForAll)
  return [{ kind: 'file', path, content }]
}

async function readGiven(file: string): Promise<Buffer> {
  try {
    return await readFile(file)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new PosternError<CliErrorCode>('CLI_USAGE', `${file} cannot be read: ${reason}`, {
      remedy: 'user',
      advice: 'Give --config a file that exists. Nothing was changed.',
    })
  }
}

interface Starting {
  readonly target: InstallTarget
  readonly changed: boolean
  readonly context: CommandContext
  readonly applying: Applying
}

/** Starts what was installed; what runs already and would run the same way goes on. */
async function startAnew({ target, changed, context, applying }: Starting): Promise<boolean> {
  if (target.scope === 'user') {
    const isRunning = (await findDaemon(context.home)) !== undefined
    if (isRunning && !changed) return false
    if (isRunning) await stopRunning(context)
  }
  // The files may be there already because a command failed the last time.
  const steps = planFor(target).start.filter(({ onlyAfterChange = false }) => changed || !onlyAfterChange)
  await runSteps(steps, applying)
  return target.scope === 'user' || changed
}

function remarksOn({ root, 'all-users': isForAll }: InstallOptions, mayRun: boolean): readonly string[] {
  if (root !== undefined || mayRun) return []
  if (isForAll) return ['systemd does not run here: it counts from the next start of the machine.']
  return [
    'No session of systemd can be reached here, so nothing was started. Until you sign in: postern start --detach',
  ]
}

function describeInstall({ scope, changed, files, started, remarks }: InstallDocument): string {
  const whom = scope === 'user' ? 'for you' : 'for all users'
  return [
    changed ? `installed ${whom}` : `was installed ${whom} already`,
    ...files.map(({ path, state }) => `  ${state.padEnd(9)} ${path}`),
    ...(started && scope === 'user' ? ['started: see postern status'] : []),
    ...remarks,
  ].join('\n')
}

async function offerProfile(context: CommandContext): Promise<void> {
  const { terminal, signal } = context
  if (!terminal.canAsk || (await call<readonly object[]>(context, 'profile.list', {})).length > 0) return
  const email = (await terminal.question('E-mail address of your first account (empty for none): ', signal)).trim()
  if (email === '') return
  const name = domainToASCII(email.split('@').at(-1) ?? '') || 'mail'
  await addProfile({ name, email }, context)
}

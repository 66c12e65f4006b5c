import { findDaemon } from '../../daemon/control/control-client.ts'
import type { DaemonErrorCode } from '../../daemon/errors.ts'
import type { FrontStatus } from '../../daemon/fronts.ts'
import { isHomeTaken } from '../../daemon/home-lock.ts'
import type { ToldFailure } from '../../daemon/profile-status.ts'
import { startDetached } from '../../daemon/service/detached-daemon.ts'
import { PosternError } from '../../errors.ts'
import { type Command, type CommandContext, defineCommand } from '../command.ts'
import type { CliErrorCode } from '../errors.ts'
import { launcherFile } from '../launcher.ts'
import { printable, table } from '../terminal.ts'
import { version } from '../version.ts'
import { call } from '../with-control.ts'
import { askForPasswords } from './profile/profile-unlock.ts'

const STOP_POLL_MS = 50
const STOP_TIMEOUT_MS = 20_000

/** `postern start` */
export const startCommand: Command<never> = defineCommand<{ detach: boolean }>({
  command: 'start',
  describe: 'Run the daemon: in the foreground until Ctrl-C, or with --detach until `postern stop`',
  examples: [
    ['$0 start', 'Prints "ready" with its addresses'],
    ['$0 start --detach', 'The same, and leaves it running in the background'],
  ],
  build: yargs =>
    yargs.option('detach', {
      type: 'boolean',
      default: false,
      describe: 'Run in the background; return when it is ready, or say why it is not',
    }),
  run: async ({ detach }, context) => {
    const { home, terminal, signal } = context
    if (detach) {
      const daemon = await startDetached(home, launcherFile(), signal)
      terminal.result({ ready: true, ...daemon }, ({ pid, fronts }) =>
        [`ready, pid ${pid}`, ...fronts.map(frontLine)].join('\n'),
      )
      await askForPasswords(context)
      return undefined
    }
    const { Daemon } = await import('../../daemon/daemon.ts') // the other commands start without it
    await using daemon = await Daemon.start(home, version())
    terminal.result({ ready: true, ...daemon.report }, ({ fronts }) => ['ready', ...fronts.map(frontLine)].join('\n'))
    const ended = new AbortController()
    const asked = askForPasswords({ ...context, signal: ended.signal }).catch(error => {
      if (ended.signal.aborted) return // told already, or of no use any more
      terminal.note(error instanceof Error ? error.message : String(error))
      if (isCancelled(error)) daemon.stop() // Ctrl-C while a password was asked for
    })
    await daemon.run(signal)
    ended.abort()
    await asked
    return undefined
  },
})

function isCancelled(error: unknown): boolean {
  return error instanceof PosternError && error.code === ('CLI_CANCELLED' satisfies CliErrorCode)
}

/** `postern stop` */
export const stopCommand: Command<never> = defineCommand({
  command: 'stop',
  describe: 'End the running daemon',
  examples: [['$0 stop', 'Waits until it has ended']],
  run: async (_options, context) => {
    if (!(await stopRunning(context))) throw notRunning()
    context.terminal.result({ stopped: true }, () => 'stopped')
    return undefined
  },
})

/**
 * Ends the daemon of the home and waits until it is gone; false when there is none.
 *
 * @throws {PosternError} DAEMON_STILL_STOPPING, DAEMON_CONTROL_FAILED
 */
export async function stopRunning(context: CommandContext): Promise<boolean> {
  await using control = await findDaemon(context.home)
  if (!control) return false
  await control.call('stop', {}, { signal: context.signal })
  await untilGone(context)
  return true
}

interface Status {
  running: boolean
  pid: number | null
  version: string
  home: string
  logs: string
  secrets: string
  fronts: FrontStatus[]
  profiles: {
    name: string
    email: string
    state: string
    mailIn: string
    folders: number
    items: number
    queued: { download: number; import: number; upload: number }
    lastSync: string | null
    lastError: ToldFailure | null
    paused: { until: string | null } | null
    slow: { message: string; advice: string } | null
    outbox: {
      waiting: number
      stuck: number
      oldest: string | null
      reason: string | null
      refused: number
      lastRefused: { at: string; reason: string } | null
    }
    watching: { kind: string; folders: number; error: { message: string } | null } | null
    metered: boolean
    conflicts: number
    ignored: number
    policyProblem: { message: string; advice: string } | null
    nextRun: string | null
    distrust: { host: string; evidence: string; since: string | null } | null
  }[]
}

/** `postern status` */
export const statusCommand: Command<never> = defineCommand({
  command: 'status',
  describe: 'Show whether the daemon runs, its fronts and profiles',
  examples: [['$0 status --json', 'For programs']],
  run: async (_options, context) => {
    context.terminal.result(await call<Status>(context, 'status', {}), describeStatus)
    return undefined
  },
})

function describeStatus(status: Status): string {
  const { running, pid, home, secrets, fronts, profiles } = status
  return [
    running ? `running, pid ${pid}` : 'not running',
    `home     ${home}`,
    `logs     ${status.logs}`,
    `secrets  key in ${secrets === 'file' ? 'a file of yours' : `the ${secrets}`}`,
    ...fronts.map(frontLine),
    ...(profiles.length === 0 ? ['no profile yet: postern profile add --help'] : [profileTable(profiles)]),
    ...profiles.flatMap(profile => remarksOn(profile, running)),
    ...profiles.flatMap(({ name, distrust }) =>
      distrust
        ? [
            `${name}: ${distrust.host} told wrong changes; folders are compared whole since ${distrust.since?.slice(0, 10)}`,
          ]
        : [],
    ),
  ].join('\n')
}

function remarksOn(profile: Status['profiles'][number], isRunning: boolean): string[] {
  const { name, lastError, paused, metered, conflicts, ignored, policyProblem, slow, watching } = profile
  const nothing = isRunning ? 'no attempt until this is cured' : 'no daemon runs that would try again'
  const next = lastError?.nextAttempt ? `next attempt ${lastError.nextAttempt}` : nothing
  return [
    ...(profile.state === 'unbound' ? [`${name}: bound to no account; postern profile bind ${name} ADDRESS`] : []),
    ...(profile.mailIn === 'outlook'
      ? [`${name}: calendars and contacts only; mail is with an account of Outlook’s own, and the POP3 front has none`]
      : []),
    ...(paused
      ? [`${name}: works offline${paused.until ? ` until ${paused.until}` : ''}; postern resume ${name}`]
      : []),
    ...(conflicts > 0 ? [`${name}: ${conflicts} conflicts wait for you: postern conflict list`] : []),
    ...(ignored > 0 ? [`${name}: ${ignored} messages failed three times: postern ignored list`] : []),
    ...(metered ? [`${name}: metered, headers only`] : []),
    ...(policyProblem ? [`${name}: ${printable(policyProblem.message)}\n  ${policyProblem.advice}`] : []),
    ...(lastError
      ? [
          `${name}: ${printable(lastError.message)} (${lastError.class})\n  ${lastError.advice}\n  ${paused ? 'paused' : next}`,
        ]
      : []),
    ...outboxRemarks(profile),
    ...(slow ? [`${name}: ${printable(slow.message)}\n  ${slow.advice}`] : []),
    ...(watching?.kind === 'stopped' ? [`${name}: not watched: ${printable(watching.error?.message ?? '')}`] : []),
  ]
}

function outboxRemarks({ name, outbox }: Status['profiles'][number]): string[] {
  const { stuck, oldest, reason, refused, lastRefused } = outbox
  return [
    ...(stuck > 0
      ? [
          `${name}: ${stuck} of ${outbox.waiting} messages in the outbox are stuck, the oldest since ${oldest}: ${printable(reason ?? '')}`,
          '  Postern tries again by itself. See postern outbox list; postern outbox retry, or drop ID to give one up',
        ]
      : []),
    ...(lastRefused
      ? [
          `${name}: ${refused} messages were refused for good within a day, the last one ${lastRefused.at}: ${printable(lastRefused.reason)}`,
          '  A report with the recipients lies in the Inbox: correct them, and send the message again',
        ]
      : []),
  ]
}

function profileTable(profiles: Status['profiles']): string {
  return table(
    ['PROFILE', 'STATE', 'FOLDERS', 'ITEMS', 'WAITING', 'WATCHED', 'LAST SYNC'],
    profiles.map(({ name, state, folders, items, queued, watching, lastSync }) => [
      ...[name, state, String(folders), String(items), String(queued.download + queued.import + queued.upload)],
      ...[watchedHow(watching), lastSync ?? 'never'],
    ]),
  )
}

// `NOTIFY, 3 folders`: the server tells of changes in these at once. Everything else goes by the intervals.
function watchedHow(watching: Status['profiles'][number]['watching']): string {
  if (watching?.kind !== 'notify' && watching?.kind !== 'idle') return watching?.kind === 'connecting' ? 'soon' : 'no'
  return `${watching.kind.toUpperCase()}, ${watching.folders} folder${watching.folders === 1 ? '' : 's'}`
}

/** One line about a front. */
export function frontLine({ name, addresses, state, problem, advice }: FrontStatus): string {
  const where = state === 'listening' ? addresses.join(', ') : state
  return `${name.padEnd(6)} ${where}${problem ? `: ${problem}\n  ${advice}` : ''}`
}

// Till the home is free: whoever starts Postern after this finds no other one at work.
async function untilGone({ home, signal }: CommandContext): Promise<void> {
  const deadline = performance.now() + STOP_TIMEOUT_MS
  while (isHomeTaken(home)) {
    signal.throwIfAborted()
    if (performance.now() > deadline) throw stillEnding()
    await new Promise(resolve => setTimeout(resolve, STOP_POLL_MS))
  }
}

function stillEnding(): PosternError {
  const seconds = STOP_TIMEOUT_MS / 1000
  return new PosternError<DaemonErrorCode>('DAEMON_STILL_STOPPING', `The daemon has not ended within ${seconds} s.`, {
    remedy: 'retry',
    advice: 'It was told to: wait a little, then see `postern status` and the log.',
  })
}

function notRunning(): PosternError {
  return new PosternError<DaemonErrorCode>('DAEMON_NOT_RUNNING', 'The daemon does not run.', {
    remedy: 'user',
    advice: 'Start it with `postern start`.',
  })
}

import { join } from 'node:path'
import type { InstallationPlan, InstallTarget, PlannedFile } from './plan.ts'

const UNIT = 'postern.service'
const TEMPLATE = 'postern@.service'
const WANTED_BY = 'default.target'
const WATCHDOG_S = 60
const STOP_S = 40 // longer than a run needs to come to an end in good order
const CONTROL = /[\u0001-\u001f\u007f]/g // a carriage return ends a line of a unit, too
const RESTARTS = { burst: 5, intervalS: 300 }

/** Plans for Linux: a unit of the user's own systemd, for one user or for everybody, and a system unit for who is not signed in. */
export function planSystemd(target: InstallTarget): InstallationPlan {
  return target.scope === 'user' ? forUser(target) : forAllUsers(target)
}

function forUser(target: InstallTarget): InstallationPlan {
  const units = join(target.folders.config, 'systemd', 'user')
  const systemctl = (...args: string[]): [string, ...string[]] => ['systemctl', '--user', ...args]
  return {
    files: enabledUnit(units, target),
    start: [
      { argv: systemctl('daemon-reload') },
      { argv: systemctl('reset-failed', UNIT), mayFail: true },
      { argv: systemctl('restart', UNIT) },
    ], // or it counts failures of before
    stop: [{ argv: systemctl('stop', UNIT), mayFail: true }],
    forget: [{ argv: systemctl('daemon-reload') }],
    remarks: [
      `It starts when you sign in. To let it run also while you are not signed in: loginctl enable-linger ${target.user.name}`,
    ],
  }
}

function forAllUsers(target: InstallTarget): InstallationPlan {
  const system = '/etc/systemd/system'
  return {
    files: [
      ...enabledUnit('/etc/systemd/user', target),
      { kind: 'file', path: join(system, TEMPLATE), content: Buffer.from(unit(target, 'system')) },
    ],
    start: [
      { argv: ['systemctl', 'daemon-reload'] },
      { argv: ['systemctl', 'try-restart', 'postern@*.service'], onlyAfterChange: true }, // an upgrade; there is none at first
    ],
    stop: [
      { argv: ['systemctl', 'stop', 'postern@*.service'], mayFail: true },
      { argv: ['systemctl', 'disable', TEMPLATE], mayFail: true }, // and so every instance of it
    ],
    forget: [{ argv: ['systemctl', 'daemon-reload'] }],
    remarks: [
      'It starts for each user who signs in from now on, with ports of their own.',
      'For a user who does not sign in on this machine: systemctl enable --now postern@USER',
    ],
  }
}

/** The unit, and the link that `systemctl enable` makes: it needs a running manager for that, an image has none. */
function enabledUnit(units: string, target: InstallTarget): PlannedFile[] {
  return [
    { kind: 'file', path: join(units, UNIT), content: Buffer.from(unit(target, 'user')) },
    { kind: 'link', path: join(units, `${WANTED_BY}.wants`, UNIT), to: join(units, UNIT) },
  ]
}

function unit({ program, chosenHome, canNotify, scope }: InstallTarget, manager: 'user' | 'system'): string {
  const environment =
    scope === 'user' && chosenHome !== undefined ? [`Environment=${unitWord(`POSTERN_HOME=${chosenHome}`)}`] : []
  return [
    `# Written by \`postern install\` ${program.version}, and again by the next; changes belong into a drop-in (systemctl edit).`,
    '[Unit]',
    `Description=Postern, a local sync daemon for Outlook${manager === 'system' ? ' (%i)' : ''}`,
    ...(manager === 'system' ? ['After=network.target nss-user-lookup.target remote-fs.target'] : []),
    `StartLimitIntervalSec=${RESTARTS.intervalS}`,
    `StartLimitBurst=${RESTARTS.burst}`,
    '',
    '[Service]',
    ...(canNotify
      ? ['Type=notify', 'NotifyAccess=all', `WatchdogSec=${WATCHDOG_S}`, 'WatchdogSignal=SIGKILL'] // no core dump with mail
      : ['# systemd-notify is not here, so nothing is told to systemd: no watchdog.', 'Type=exec']),
    ...(manager === 'system' ? ['User=%i'] : []),
    ...environment,
    `ExecStart=${unitWord(program.node)} ${unitArgument(program.launcher)} start`,
    'Restart=on-failure',
    'RestartSec=2',
    `TimeoutStopSec=${STOP_S}`,
    'KillMode=mixed',
    'UMask=0077',
    'NoNewPrivileges=yes',
    '',
    '[Install]',
    `WantedBy=${manager === 'system' ? 'multi-user.target' : WANTED_BY}`,
    '',
  ].join('\n')
}

/** One word of an assignment, or the program of a command line (systemd.syntax(7)): quoted, with no specifier in it. */
export function unitWord(text: string): string {
  const escaped = text.replaceAll('%', '%%').replaceAll('\\', '\\\\').replaceAll('"', '\\"')
  return /^[\w@%+=:,./-]+$/.test(escaped) ? escaped : `"${escaped.replace(CONTROL, hexEscape)}"`
}

function hexEscape(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`
}

/** A further word of a command line; only there are variables expanded (systemd.service(5), "Command lines"). */
export function unitArgument(text: string): string {
  return unitWord(text.replaceAll('$', '$$$$'))
}

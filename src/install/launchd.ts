import { join } from 'node:path'
import type { InstallationPlan, InstallTarget } from './plan.ts'
import { xmlText } from './xml-text.ts'

/** The name of the agent, after the project. */
export const LAUNCHD_LABEL = 'org.postern.daemon'
const THROTTLE_S = 10
const PRIVATE_UMASK = 63 // 077 octal; property lists have decimal numbers only

/** Plans for macOS: an agent of the user's session, for one user or for everybody. */
export function planLaunchd(target: InstallTarget): InstallationPlan {
  const { scope, folders, user } = target
  const base = scope === 'user' ? join(folders.home, 'Library') : '/Library'
  const path = join(base, 'LaunchAgents', `${LAUNCHD_LABEL}.plist`)
  const domain = `gui/${user.uid}`
  const stop = { argv: ['launchctl', 'bootout', `${domain}/${LAUNCHD_LABEL}`], mayFail: true } as const
  return {
    files: [{ kind: 'file', path, content: Buffer.from(agent(target)) }],
    start: scope === 'user' ? [stop, { argv: ['launchctl', 'bootstrap', domain, path] }] : [],
    stop: scope === 'user' ? [stop] : [],
    forget: [],
    remarks: [
      scope === 'user'
        ? 'It starts when you sign in.'
        : 'It starts for each user who signs in from now on, with ports of their own.',
    ],
  }
}

function agent({ program, chosenHome, scope }: InstallTarget): string {
  const strings = (values: readonly string[]) =>
    ['<array>', ...values.map(value => `  <string>${xmlText(value)}</string>`), '</array>'].join('\n    ')
  const home = scope === 'user' ? chosenHome : undefined
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
  <!-- Written by postern install, version ${program.version}, and again by the next. -->
  <dict>
    <key>Label</key>
    <string>${LAUNCHD_LABEL}</string>
    <key>ProgramArguments</key>
    ${strings([program.node, program.launcher, 'start'])}
    <key>RunAtLoad</key>
    <true/>
    <key>KeepAlive</key>
    <dict>
      <key>SuccessfulExit</key>
      <false/>
    </dict>
    <key>ThrottleInterval</key>
    <integer>${THROTTLE_S}</integer>
    <key>Umask</key>
    <integer>${PRIVATE_UMASK}</integer>${
      home === undefined
        ? ''
        : `
    <key>EnvironmentVariables</key>
    <dict>
      <key>POSTERN_HOME</key>
      <string>${xmlText(home)}</string>
    </dict>`
    }
  </dict>
</plist>
`
}

import { win32 } from 'node:path'
import type { InstallationPlan, InstallTarget } from './plan.ts'
import { xmlText } from './xml-text.ts'

const NAMESPACE = 'http://schemas.microsoft.com/windows/2004/02/mit/task'
const USERS_GROUP = 'S-1-5-32-545' // every user of the machine, whatever the group is called in its language
const BYTE_ORDER_MARK = '\ufeff'

/** Plans for Windows: a scheduled task at sign-in, in the user's session; no service, which would have no keychain. */
export function planTaskScheduler(target: InstallTarget): InstallationPlan {
  const { scope, folders, user } = target
  const path = win32.join(folders.postern, 'task.xml')
  const name = scope === 'user' ? `Postern (${user.name.replace(/[\\/:*?"<>|]/g, '_')})` : 'Postern'
  return {
    // schtasks reads what it writes itself: UTF-16 with a byte order mark.
    files: [{ kind: 'file', path, content: Buffer.from(BYTE_ORDER_MARK + task(target), 'utf16le') }],
    start: [
      { argv: ['schtasks.exe', '/Create', '/TN', name, '/XML', path, '/F'] },
      ...(scope === 'user' ? [{ argv: ['schtasks.exe', '/Run', '/TN', name] } as const] : []),
    ],
    stop: [{ argv: ['schtasks.exe', '/Delete', '/TN', name, '/F'], mayFail: true }],
    forget: [],
    remarks: [
      ...(scope === 'user' && target.chosenHome !== undefined
        ? [`A task takes no variables along: set yours for good, setx POSTERN_HOME "${target.chosenHome}"`]
        : []),
      scope === 'user'
        ? 'It starts when you sign in.'
        : 'It starts for each user who signs in from now on, with ports of their own.',
    ],
  }
}

/** The order of elements is the schema's (Task Scheduler Schema, taskType). */
function task({ scope, program, user }: InstallTarget): string {
  const who = scope === 'user' ? `<UserId>${xmlText(user.name)}</UserId>` : ''
  const principal =
    scope === 'user' ? `${who}\n      <LogonType>InteractiveToken</LogonType>` : `<GroupId>${USERS_GROUP}</GroupId>`
  return `<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="${NAMESPACE}">
  <RegistrationInfo>
    <Version>${xmlText(program.version)}</Version>
    <Description>Postern, a local sync daemon for Outlook</Description>
  </RegistrationInfo>
  <Triggers>
    <LogonTrigger>
      <Enabled>true</Enabled>${who === '' ? '' : `\n      ${who}`}
    </LogonTrigger>
  </Triggers>
  <Principals>
    <Principal id="Author">
      ${principal}
      <RunLevel>LeastPrivilege</RunLevel>
    </Principal>
  </Principals>
  <Settings>
    <MultipleInstancesPolicy>${scope === 'user' ? 'IgnoreNew' : 'Parallel'}</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <StartWhenAvailable>true</StartWhenAvailable>
    <Enabled>true</Enabled>
    <Hidden>false</Hidden>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
  </Settings>
  <Actions Context="Author">
    <Exec>
      <Command>${xmlText(program.node)}</Command>
      <Arguments>"${xmlText(program.launcher)}" start --detach</Arguments>
    </Exec>
  </Actions>
</Task>
`
}

import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { isProgram } from '../../src/config/user-folders.ts'
import type { InstallTarget } from '../../src/install/plan.ts'
import { planFor } from '../../src/install/plan-for.ts'
import { unitArgument, unitWord } from '../../src/install/systemd.ts'
import { xmlText } from '../../src/install/xml-text.ts'
import { AWKWARD, MAC, WINDOWS } from '../support/install-targets.ts'

const FIXTURES = join(import.meta.dirname, '../fixtures/install')

/** The files of a plan by their paths; a link as what it points to. */
function filesOf(target: InstallTarget): Record<string, string> {
  const text = (content: Buffer) => content.toString(target.platform === 'win32' ? 'utf16le' : 'utf8')
  return Object.fromEntries(
    planFor(target).files.map(file => [file.path, file.kind === 'link' ? `-> ${file.to}` : text(file.content)]),
  )
}

const golden = (name: string) => readFileSync(join(FIXTURES, name), 'utf8')

t.test('one user of Linux gets a unit, enabled by a link', async t => {
  const dir = '/home/ada/.config/systemd/user'
  t.same(filesOf(AWKWARD), {
    [`${dir}/postern.service`]: golden('user/postern.service'),
    [`${dir}/default.target.wants/postern.service`]: `-> ${dir}/postern.service`,
  })
})

t.test('all users of Linux get that unit for their sessions, and a system unit for who has none', async t => {
  t.same(filesOf({ ...AWKWARD, scope: 'all-users' }), {
    '/etc/systemd/user/postern.service': golden('all-users/postern.service'),
    '/etc/systemd/user/default.target.wants/postern.service': '-> /etc/systemd/user/postern.service',
    '/etc/systemd/system/postern@.service': golden('all-users/postern@.service'),
  })
})

t.test('without systemd-notify the unit asks for no signs of life', async t => {
  const unit = filesOf({ ...AWKWARD, canNotify: false })['/home/ada/.config/systemd/user/postern.service'] ?? ''
  t.match(unit, /^Type=exec$/m)
  t.notMatch(unit, /^(WatchdogSec|Type=notify)/m)
})

t.test('systemd finds nothing wrong with the units', { skip: noVerify() }, async t => {
  const dir = t.testdir()
  // It looks whether the program is there.
  const node = join(dir, 'a b/100%/$node')
  mkdirSync(join(dir, 'a b/100%'), { recursive: true })
  writeFileSync(node, '#!/bin/sh\n')
  chmodSync(node, 0o755)
  const target = { ...AWKWARD, program: { ...AWKWARD.program, node } }
  for (const scope of ['user', 'all-users'] as const) {
    for (const [path, content] of Object.entries(filesOf({ ...target, scope }))) {
      if (content.startsWith('->')) continue
      const file = join(dir, path.replace(/^.*\//, ''))
      writeFileSync(file, content)
      t.equal(verify(file), '', `${scope} ${path}`)
    }
  }
  const bad = join(dir, 'bad.service')
  writeFileSync(
    bad,
    filesOf(target)['/home/ada/.config/systemd/user/postern.service']?.replace('Restart=', 'Restrat=') ?? '',
  )
  t.match(verify(bad), /Restrat/, 'it would have said so')
})

t.test('a unit’s word means just that text', async t => {
  t.equal(unitWord('/usr/bin/node'), '/usr/bin/node')
  t.equal(unitWord('/a b/%h'), '"/a b/%%h"')
  t.equal(unitWord('$HOME'), '"$HOME"')
  t.equal(unitWord('/a\rUser=root\n'), '"/a\\x0dUser=root\\x0a"', 'both end a line of a unit')
  t.equal(unitArgument('$HOME'), '"$$HOME"')
  t.equal(unitWord('a"b\\c\nExecStart=/bin/evil'), '"a\\"b\\\\c\\x0aExecStart=/bin/evil"')
})

t.test('macOS gets an agent of the session', async t => {
  const path = 'Library/LaunchAgents/org.postern.daemon.plist'
  t.same(filesOf(MAC), { [`/home/ada/${path}`]: golden('user/org.postern.daemon.plist') })
  t.same(filesOf({ ...MAC, scope: 'all-users' }), { [`/${path}`]: golden('all-users/org.postern.daemon.plist') })
})

t.test('the agent is a property list that says what was meant', { skip: noPython() }, async t => {
  const read = 'import json, plistlib, sys; print(json.dumps(plistlib.load(sys.stdin.buffer, fmt=plistlib.FMT_XML)))'
  const [content = ''] = Object.values(filesOf(MAC))
  const agent = JSON.parse(execFileSync('python3', ['-c', read], { input: content, encoding: 'utf8' }))
  t.same(agent, {
    Label: 'org.postern.daemon',
    ProgramArguments: [AWKWARD.program.node, AWKWARD.program.launcher, 'start'],
    RunAtLoad: true,
    KeepAlive: { SuccessfulExit: false },
    ThrottleInterval: 10,
    Umask: 0o077,
    EnvironmentVariables: { POSTERN_HOME: AWKWARD.chosenHome },
  })
})

t.test('Windows gets a task in UTF-16, for one user or for the group of all', async t => {
  const own = 'C:\\Users\\ada\\AppData\\Local\\Postern\\task.xml'
  t.same(filesOf(WINDOWS), { [own]: `\ufeff${golden('user/task.xml')}` })
  t.same(filesOf({ ...WINDOWS, scope: 'all-users' }), { [own]: `\ufeff${golden('all-users/task.xml')}` })
  t.match(planFor(WINDOWS).start[0], { argv: ['schtasks.exe', '/Create', '/TN', 'Postern (ada)', '/XML', own, '/F'] })
})

t.test('the task has the elements of the schema, in its order', { skip: noPython() }, async t => {
  const [own = ''] = Object.values(filesOf(WINDOWS))
  const [all = ''] = Object.values(filesOf({ ...WINDOWS, scope: 'all-users' }))
  const task = outline(own)
  t.same(Object.keys(task), ['RegistrationInfo', 'Triggers', 'Principals', 'Settings', 'Actions'])
  // triggerBaseType before what a logonTriggerType adds.
  t.same(task.Triggers, { LogonTrigger: { Enabled: 'true', UserId: 'ada' } })
  t.same(outline(all).Triggers, { LogonTrigger: { Enabled: 'true' } })
  t.same(outline(all).Principals, { Principal: { GroupId: 'S-1-5-32-545', RunLevel: 'LeastPrivilege' } })
  t.same(task.Actions, {
    Exec: { Command: WINDOWS.program.node, Arguments: `"${WINDOWS.program.launcher}" start --detach` },
  })
})

t.test('after a command that failed, installing for all again does what does not disturb', async t => {
  const again = (target: InstallTarget) =>
    planFor({ ...target, scope: 'all-users' })
      .start.filter(({ onlyAfterChange }) => !onlyAfterChange)
      .map(({ argv }) => argv.slice(0, 2))
  t.same(again(AWKWARD), [['systemctl', 'daemon-reload']])
  t.same(again(WINDOWS), [['schtasks.exe', '/Create']])
})

t.test('no text can become markup', async t => {
  t.equal(xmlText('a<b>&"\u0000\ud800𝄞'), 'a&lt;b&gt;&amp;&quot;𝄞')
})

function outline(xml: string): Record<string, object> {
  const script = `import json, sys, xml.etree.ElementTree as tree
def of(node):
  assert node.tag.startswith('{http://schemas.microsoft.com/windows/2004/02/mit/task}')
  return {child.tag.split('}')[1]: of(child) for child in node} or node.text
print(json.dumps(of(tree.fromstring(sys.stdin.buffer.read()))))`
  return JSON.parse(execFileSync('python3', ['-c', script], { input: Buffer.from(xml, 'utf16le'), encoding: 'utf8' }))
}

/** What systemd complains of in a unit. */
function verify(file: string): string {
  try {
    const env = { ...process.env, SYSTEMD_LOG_LEVEL: 'warning', SYSTEMD_UNIT_PATH: join(file, '..') }
    execFileSync('systemd-analyze', ['verify', '--recursive-errors=no', '--man=no', file], { env, stdio: 'pipe' })
    return ''
  } catch (error) {
    return error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error)
  }
}

function noVerify(): string | false {
  return isProgram('systemd-analyze') ? false : 'NOT TRIED: systemd-analyze is not installed (apt package systemd)'
}

function noPython(): string | false {
  return isProgram('python3') ? false : 'NOT TRIED: python3 is not installed'
}

// Every example that the help of these commands shows, typed as it is printed.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import t, { type Test } from 'tap'
import type { Command } from '../../src/cli/command.ts'
import { COMMANDS } from '../../src/cli/commands.ts'
import { dovecotMissing } from '../support/dovecot.ts'
import { PosternHome } from '../support/postern.ts'
import { PASSWORD, ScriptedDomains } from '../support/scripted-domains.ts'
import { type Answer, type TypedRun, typedAtATerminal } from '../support/typed-at-a-terminal.ts'
import { until } from '../support/until.ts'

const SHOWN: readonly (readonly string[])[] = [['discover'], ['profile'], ['proxy'], ['start'], ['stop'], ['status']]
const WORK = 'email: ada@example.org, imap: "imaps://imap.example.org", smtp: "smtps://smtp.example.org"'
const FILES = {
  file: `${PASSWORD}\n`,
  'before.yaml': `version: 1\nprofiles: { work: { ${WORK} } }\n`,
  'profiles.yaml': `version: 1\nprofiles: { a: { ${WORK} }, b: { ${WORK} } }\n`,
  'work.yaml': `version: 1\nprofiles: { work: { ${WORK} } }\n`,
  '.mbsyncrc': 'IMAPAccount work\nHost imap.example.org\nUser ada\n',
  '.davmail.properties': 'davmail.imapPort=1143\n',
  '.thunderbird/prefs.js': '',
}
const PASSWORDS: readonly Answer[] = [[/[Pp]assword[^\n]*: $/, PASSWORD]]
const YES: Answer = [/\[y\/N\] $/, 'y']

/** How the examples of a command are typed. */
interface Scene {
  /** Whether the profile `work` is there before; it is unless said otherwise. */
  readonly hasWork?: boolean
  readonly before?: () => Promise<unknown>
  readonly answers?: readonly Answer[]
  readonly output?: RegExp
  /** Types an example in another way. */
  readonly play?: (t: Test, line: string) => Promise<void>
}

const SCENES: Readonly<Record<string, Scene>> = {
  discover: { hasWork: false, output: /imaps:\/\/imap\.example\.org/ },
  'profile add': { hasWork: false, output: /added (ada|work)/ },
  'profile list': { output: /ada@example\.org/ },
  'profile show': { output: /imaps:\/\/imap\.example\.org/ },
  'profile set': {},
  'profile test': { output: /imap\.example\.org/ },
  'profile password': {},
  'profile sign-in': { play: signIn },
  'profile outlook': { output: /127\.0\.0\.1|work\.prf|setup/ },
  'profile export': { before: async () => rmSync('work.yaml') },
  'profile import': { hasWork: false },
  'profile remove': { answers: [YES] },
  'proxy show': {},
  'proxy password': {
    before: () => home.json(['config', 'set', 'network.proxy', 'http://ada@proxy.example.org:3128']),
  },
  status: {},
}
/** Those that change what runs, which the tests below type. */
const OTHERS: ReadonlySet<string> = new Set(['start', 'stop'])

const skip = dovecotMissing() ?? false
if (skip) {
  t.test('the examples of the help', { skip }, async () => undefined)
  process.exit()
}

const world = await ScriptedDomains.start()
process.env.NODE_EXTRA_CA_CERTS = world.caFile
process.env.POSTERN_TEST_DNS = world.dns.address
process.env.NODE_OPTIONS = `--import=${join(import.meta.dirname, '../support/scripted-lookup.mjs')}`
const home = new PosternHome()
const folder = t.testdir()
process.chdir(folder)
t.teardown(async () => {
  await home[Symbol.asyncDispose]()
  await world[Symbol.asyncDispose]()
})
home.configure(`fronts:
  pop3: { port: 0 }
  smtp: { port: 0 }
  imap: { port: 0 }
discover: { dns: "${world.dns.address}" }
secrets: { store: file }
`)
await home.start()

interface Leaf {
  /** `profile add` */
  readonly name: string
  readonly command: Command<never>
}

function leavesOf(command: Command<never>, before: readonly string[] = []): Leaf[] {
  const words = [...before, command.command.split(' ')[0] ?? '']
  const children = command.children ?? []
  const own = command.run ? [{ name: words.join(' '), command }] : []
  return [...own, ...children.flatMap(child => leavesOf(child, words))]
}

const isShown = ({ name }: Leaf) => SHOWN.some(words => name.split(' ')[0] === words[0])

for (const { name, command } of COMMANDS.flatMap(command => leavesOf(command)).filter(isShown)) {
  if (OTHERS.has(name)) continue
  t.test(`the examples of ${name}`, async t => {
    const scene = SCENES[name]
    t.ok(scene, 'somebody types it here')
    if (!scene) return
    const examples = command.examples ?? []
    t.ok(examples.length > 0, 'there is one')
    const { stdout } = await home.runHere([...name.split(' '), '--help'])
    for (const [example] of examples) {
      const line = example.replace('$0 ', '')
      t.ok(stdout.includes(`postern ${line}`.slice(0, 30).trim()), `the help shows ${line}`)
      await setTheScene(scene)
      await (scene.play ?? play(scene))(t, line)
    }
  })
}

t.test('the examples of start and stop', async t => {
  await using other = new PosternHome()
  other.configure()
  const { child } = await other.start() // `start`
  t.match(await other.run(['stop']), { code: 0 })
  await until('it has ended', async () => child.exitCode ?? undefined)
  t.match(await other.run(['start', '--detach']), { code: 0, stdout: /ready/ })
  t.match(await other.run(['status']), { code: 0, stdout: /running/ })
  t.match(await other.run(['stop']), { code: 0 })
})

async function setTheScene({ hasWork = true, before }: Scene): Promise<void> {
  for (const [name, text] of Object.entries(FILES)) {
    mkdirSync(join(folder, name, '..'), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  for (const name of ['work.prf', 'setup', 'profiles.json'])
    rmSync(join(folder, name), { recursive: true, force: true })
  const profiles = (await home.json(['profile', 'list'])) as readonly { name: string }[] // as `profile list` gives it
  for (const { name } of profiles) await home.json(['profile', 'remove', name, '--yes'])
  if (hasWork) await home.json(['profile', 'import', 'before.yaml', '--password-stdin'], `${PASSWORD}\n`)
  await before?.()
}

function play({ answers = [], output = /(?:)/ }: Scene) {
  return async (t: Test, line: string) => {
    const { code, stdout, stderr } = await typed(line, answers)
    t.equal(code, 0, `${line}\n${stderr}`)
    t.match(stdout + stderr, output, line)
    t.notMatch(stdout + stderr, new RegExp(`\\b${PASSWORD}\\b`), 'no password is shown')
  }
}

/** The providers are somebody else's: what can be seen here is that the line is understood, and which page is shown. */
async function signIn(t: Test, line: string): Promise<void> {
  const [args = '', input] = line.split(' < ')
  const child = home.spawn(args.split(' '))
  child.stdin?.end(input === undefined ? '' : FILES.file)
  let told = ''
  child.stderr?.setEncoding('utf8').on('data', text => {
    told += text
  })
  const provider = /microsoft|google/.exec(line)?.[0]
  const expected = provider ? new RegExp(`https://[^ ]*${provider}[^ ]*client_id=ID`) : /postern: /
  await until('it has told something', async () => expected.exec(told) ?? undefined)
  t.match(told, provider ? expected : /login\.example\.org|--provider/, line)
  await home.killTree(child)
}

/** Types a line: what comes from a file is not typed by a person. */
async function typed(line: string, answers: readonly Answer[]): Promise<TypedRun> {
  const [command = '', input] = line.split(' < ')
  const words = [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '')
  const args = words.map(word => word.replace(/^~\//, `${folder}/`))
  if (input === undefined) return typedAtATerminal(args, home.dir, [...answers, ...PASSWORDS])
  const run = await home.runHere(args, FILES.file)
  return { ...run, code: run.code ?? -1 }
}
